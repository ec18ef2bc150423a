import type { Connection } from '../../../connections/connection.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { valueOfOutcome } from '../../replies.js'
import { readDefinitions } from '../guarded-calls.js'
import { formName, formsOf, isSameForm, parseDefinition } from '../index-definition.js'
import { partitionsOf } from '../layout.js'
import { titleOf } from './form-arguments.js'

/** How one index of a model is. */
export interface IndexState {
  /** As in `IndexFindings`: `ip`, `userId (range)`. */
  readonly index: string
  readonly attributes: readonly string[]
  /**
   * `ready`: it answers queries. `building`: it lacks records in some partition; `build` completes it. `unknown`: it is stored
   * and this release does not declare it; `prune` drops it.
   */
  readonly state: 'ready' | 'building' | 'unknown'
  /** Partitions in which it is ready, of those that have records or know it. */
  readonly readyPartitions: number
  readonly knownPartitions: number
}

/** How the indexes of a model are. */
export interface IndexStatus {
  readonly model: string
  readonly partitions: number
  /** Records, those included that have expired and were not reaped yet. */
  readonly records: number
  readonly indexes: readonly IndexState[]
  /** True when every declared index answers queries. */
  readonly isReady: boolean
}

/** Reads what the partitions store about their indexes, and how many records they have: two small calls for each. */
export async function readIndexStatus(connection: Connection, schema: ModelSchema): Promise<IndexStatus> {
  const partitions = partitionsOf(schema)
  const definitions = await readDefinitions(connection, schema, partitions)
  const sizes = await connection.execute(
    partitions.map(({ keys }) => ({ type: 'command', name: 'ZCARD', keys: [keys[0]], args: [] })),
  )
  const stored = definitions
    .filter((text) => text !== null)
    .map((text) => (text === '' ? new Map() : parseDefinition(text).indexes))
  const own = formsOf(schema)
  const indexes: IndexState[] = own.map((form) => {
    const readyPartitions = stored.filter((of) => {
      const index = of.get(formName(form))
      return index?.state === 'ready' && isSameForm(index.form, form)
    }).length
    return {
      index: titleOf(form),
      attributes: form.attributes,
      state: readyPartitions === stored.length ? 'ready' : 'building',
      readyPartitions,
      knownPartitions: stored.length,
    }
  })
  const names = new Set(own.map(formName))
  const others = new Map(stored.flatMap((of) => [...of].filter(([name]) => !names.has(name))))
  for (const [name, { form }] of others) {
    const knowing = stored.filter((of) => of.has(name))
    indexes.push({
      index: titleOf(form),
      attributes: form.attributes,
      state: 'unknown',
      readyPartitions: knowing.filter((of) => of.get(name)?.state === 'ready').length,
      knownPartitions: knowing.length,
    })
  }
  return {
    model: schema.modelName,
    partitions: partitions.length,
    records: sizes.reduce((sum, size) => sum + Number(valueOfOutcome(size)), 0),
    indexes,
    isReady: indexes.every(({ state }) => state !== 'building'),
  }
}
