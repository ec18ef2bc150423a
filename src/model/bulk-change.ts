import { StaleModelError } from '../errors/conflict-errors.js'
import { ConnectionError } from '../errors/connection-errors.js'
import { ModelNotFoundError } from '../errors/record-errors.js'
import type { BulkTally, RowOutcome } from './bulk-report.js'
import type { ModelRecord } from './model-record.js'

/**
 * Writes many records at the same time, and counts what became of them: their requests share pipelines. Throws `ConnectionError`,
 * when all have their answer.
 */
export async function changeEach<T extends ModelRecord>(
  records: readonly T[],
  change: (record: T) => Promise<RowOutcome>,
  tally: BulkTally,
): Promise<void> {
  const broken: ConnectionError[] = []
  await Promise.all(
    records.map(async (record) => {
      try {
        const outcome = await change(record)
        tally.add(record.getKey(), outcome)
      } catch (error) {
        if (error instanceof ConnectionError) broken.push(error)
        else if (isOvertaken(error)) tally.add(record.getKey(), 'skipped')
        else tally.add(record.getKey(), 'failed', error)
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
