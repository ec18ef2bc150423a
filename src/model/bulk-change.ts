import { StaleModelError } from '../errors/conflict-errors.js'
import { ConnectionError } from '../errors/connection-errors.js'
import { ModelNotFoundError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criterion } from '../repositories/criteria.js'
import { matches } from '../repositories/evaluate.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import { toStoredText } from '../schema/attribute-value.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { requireValuesByName } from '../schema/require-values.js'
import type { BulkTally, RowOutcome } from './bulk-report.js'
import { assignable } from './mass-assignment.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { reload, save, storedId } from './persistence.js'
import { requireAttribute } from './require-attribute.js'

/**
 * Writes many records at the same time, and counts what became of them: their requests share pipelines. Throws `ConnectionError`,
 * when all have their answer.
 */
export async function changeEach<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | null,
  change: (item: Item) => Promise<RowOutcome>,
  tally: BulkTally,
): Promise<void> {
  const broken: ConnectionError[] = []
  await Promise.all(
    items.map(async (item) => {
      try {
        const outcome = await change(item)
        tally.add(keyOf(item), outcome)
      } catch (error) {
        if (error instanceof ConnectionError) broken.push(error)
        else tally.add(keyOf(item), 'failed', error)
      }
    }),
  )
  tally.progress()
  if (broken[0] !== undefined) throw broken[0]
}

/**
 * Whether the write of this record failed because somebody else removed or changed it meanwhile. A handler may throw the same
 * errors about another record, and those are no such thing.
 */
export function isOvertaken(error: unknown, model: string, key: string | null): boolean {
  if (error instanceof ModelNotFoundError) return error.model === model && error.keys.some((one) => one === key)
  return error instanceof StaleModelError && error.model === model && error.key === key
}

/** Throws for values that many records cannot get: what is wrong with them is so for every row. */
export function requireAssignable(definition: ModelDefinition, attributes: object): void {
  const { schema } = definition
  const { keyName, modelName } = schema
  requireValuesByName('Attributes', modelName, attributes)
  if (Object.hasOwn(attributes, keyName)) {
    throw new InvalidArgumentError(`Many records of model [${modelName}] cannot get the same key '${keyName}'.`)
  }
  for (const name of assignable(definition, attributes)) {
    const value: unknown = Reflect.get(attributes, name)
    if (value === undefined) continue
    const attribute = requireAttribute(schema, name)
    if (value !== null) toStoredText(modelName, attribute, value)
  }
}

/** How often a versioned record may be written by others while it is to be written here. */
const MOST_ATTEMPTS = 10

/**
 * Gives a record values if it fulfils a condition; skips it if it does not any more, or is gone. One that others have written
 * meanwhile, so that its version is another, is read again: it is meant as long as it fulfils the condition. Throws
 * `StaleModelError` when it still does, and others keep writing it.
 */
export async function updateIf<T extends ModelRecord>(
  record: T,
  attributes: AttributeValues<T>,
  condition: Criterion,
): Promise<'updated' | 'unchanged' | 'cancelled' | 'skipped'> {
  const state = stateOf(record)
  const { schema, version } = state.definition
  const id = storedId(state)
  for (let attempt = 1; ; attempt++) {
    state.fill(attributes)
    const { isChanged } = state.store
    try {
      const isWritten = await save(record, { condition })
      return isWritten ? 'updated' : isChanged ? 'cancelled' : 'unchanged'
    } catch (error) {
      if (!isOvertaken(error, schema.modelName, id)) throw error
      if (error instanceof ModelNotFoundError || version === null || !(await reload(record))) return 'skipped'
      if (!matches(schema, condition, { id, fields: state.store.fields() })) return 'skipped'
      if (attempt >= MOST_ATTEMPTS) throw error
    }
  }
}
