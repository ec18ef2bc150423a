import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'

/**
 * A query needs an index that does not hold all records yet: the attribute became searchable after they were stored. Complete
 * it with `Model.index.build()`, `Model.index.rebuild()` or `activeredis index build`.
 */
export class IndexNotReadyError extends ActiveRedisError {
  override readonly code = 'INDEX_NOT_READY' satisfies ErrorCode
  readonly model: string
  /** The attributes whose indexes are incomplete. */
  readonly attributes: readonly string[]

  constructor(model: string, attributes: readonly string[], options?: { cause?: unknown }) {
    super(
      `The index of [${attributes.join(', ')}] on the model [${model}] is not built for all records yet: run ${model}.index.rebuild().`,
      options,
    )
    this.model = model
    this.attributes = attributes
  }
}

/** Strict mode refuses a query that no index answers, or that asks every partition; nothing was sent. */
export class ScanRefusedError extends ActiveRedisError {
  override readonly code = 'SCAN_REFUSED' satisfies ErrorCode
  readonly model: string
  /** Why it was refused, and what to do; a whole sentence. */
  readonly reason: string

  constructor(model: string, reason: string) {
    super(`Strict mode refuses this query on the model [${model}]. ${reason}`)
    this.model = model
    this.reason = reason
  }
}
