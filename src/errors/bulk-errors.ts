import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'

/** Some records of a bulk write failed; the others were written. */
export class BulkWriteError<Report extends object = object> extends ActiveRedisError {
  override readonly code = 'BULK_WRITE' satisfies ErrorCode
  readonly model: string
  /** What became of the records: counts, and the failures with their errors. `cause` is the first of these. */
  readonly report: Report

  constructor(model: string, operation: string, failed: number, report: Report, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      `${operation} failed for ${failed} ${failed === 1 ? 'record' : 'records'} of model [${model}]; the first: ${reason}`,
      {
        cause,
      },
    )
    this.model = model
    this.report = report
  }
}
