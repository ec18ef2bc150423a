import type { Connection } from '../../../connections/connection.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { list, text } from '../../replies.js'
import { changeDefinition, isOtherDefinition, readDefinitions } from '../guarded-calls.js'
import {
  formatDefinition,
  formName,
  formsOf,
  type IndexForm,
  parseDefinition,
  type StoredDefinition,
} from '../index-definition.js'
import type { Partition } from '../layout.js'
import { pruneScript } from '../scripts/prune-script.js'
import { formArguments } from './form-arguments.js'

/** One step: how many records were looked at. */
export interface PruneStep {
  readonly records: number
}

/** How pruning of a partition ended; `inUse`: another release writes the indexes that were to be dropped. */
export type PruneOutcome = 'pruned' | 'nothing' | 'inUse'

/**
 * Drops the indexes of a partition that the model does not declare (any more): first they are marked as retired, then the
 * entries of every record are removed, then they leave the definition. A release that still declares one takes it back by its
 * next write; then this ends with `inUse`, and the index is incomplete until it is built again.
 */
export async function* prunePartition(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  batchSize: number,
): AsyncGenerator<PruneStep, PruneOutcome> {
  const retired = await retire(connection, schema, partition)
  if (retired === null) return 'nothing'
  const { definition, forms } = retired
  const of = formArguments(forms)
  let place = ['', '']
  try {
    for (;;) {
      const args = [definition, schema.indexTtlMs, ...of.args, ...place, batchSize]
      const request = { type: 'script', script: pruneScript, keys: partition.keys, args } as const
      const [count, ...last] = list(await connection.send(request)).map(text)
      yield { records: Number(count) }
      if (Number(count) < batchSize) break
      place = last
    }
  } catch (error) {
    if (isOtherDefinition(error)) return 'inUse'
    throw error
  }
  const names = new Set(forms.map(formName))
  const left = without(parseDefinition(definition), names)
  const emptied = forms.filter(({ kind }) => kind === 's' || kind === 't').map((form) => formName(form).slice(1))
  const isDone = await changeDefinition(connection, partition, definition, left, { build: 'keep', emptied })
  if (!isDone) return 'inUse'
  await readDefinitions(connection, schema, [partition])
  return 'pruned'
}

async function retire(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
): Promise<{ readonly definition: string; readonly forms: readonly IndexForm[] } | null> {
  const own = new Set(formsOf(schema).map(formName))
  for (;;) {
    const [stored] = await readDefinitions(connection, schema, [partition])
    if (stored === null || stored === undefined || stored === '') return null
    const parsed = parseDefinition(stored)
    const forms = [...parsed.indexes].filter(([name]) => !own.has(name)).map(([, { form }]) => form)
    if (forms.length === 0) return null
    const indexes = new Map(
      [...parsed.indexes].map(([name, index]) => [
        name,
        own.has(name) ? index : { form: index.form, state: 'retired' as const },
      ]),
    )
    const definition = formatDefinition({ ...parsed, indexes })
    const options = { build: 'keep', emptied: [] } as const
    if (definition === stored || (await changeDefinition(connection, partition, stored, definition, options))) {
      await readDefinitions(connection, schema, [partition])
      return { definition, forms }
    }
  }
}

function without(definition: StoredDefinition, names: ReadonlySet<string>): string {
  const indexes = new Map([...definition.indexes].filter(([name]) => !names.has(name)))
  return formatDefinition({ ...definition, indexes })
}
