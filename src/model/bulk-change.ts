import { StaleModelError } from '../errors/conflict-errors.js'
import { ConnectionError } from '../errors/connection-errors.js'
import { ModelNotFoundError } from '../errors/record-errors.js'
import type { Criterion } from '../repositories/criteria.js'
import { matches } from '../repositories/evaluate.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import type { BulkTally, RowOutcome } from './bulk-report.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { reload, save, storedId } from './persistence.js'

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
        else if (isOvertaken(error)) tally.add(keyOf(item), 'skipped')
        else tally.add(keyOf(item), 'failed', error)
      }
    }),
  )
  tally.progress()
  if (broken[0] !== undefined) throw broken[0]
}

/** Whether somebody else removed the record meanwhile, or changed it so that it is not meant any more. */
function isOvertaken(error: unknown): boolean {
  return error instanceof ModelNotFoundError || error instanceof StaleModelError
}

/** How often a versioned record may be written by others while it is to be written here. */
const MOST_ATTEMPTS = 10

/**
 * Gives a record values if it fulfils a condition. One that others have written meanwhile, so that its version is another, is read
 * again: it is meant as long as it fulfils the condition.
 */
export async function updateIf<T extends ModelRecord>(
  record: T,
  attributes: AttributeValues<T>,
  condition: Criterion,
): Promise<'updated' | 'unchanged' | 'cancelled'> {
  const state = stateOf(record)
  const { schema, version } = state.definition
  for (let attempt = 1; ; attempt++) {
    state.fill(attributes)
    const { isChanged } = state.store
    try {
      const isWritten = await save(record, { condition })
      return isWritten ? 'updated' : isChanged ? 'cancelled' : 'unchanged'
    } catch (error) {
      if (!(error instanceof StaleModelError) || version === null || attempt >= MOST_ATTEMPTS) throw error
      const isThere = await reload(record)
      if (!isThere || !matches(schema, condition, { id: storedId(state), fields: state.store.fields() })) throw error
    }
  }
}
