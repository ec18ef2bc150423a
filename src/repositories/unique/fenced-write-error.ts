import { ServerError } from '../../errors/connection-errors.js'

/** A write came too late: its claim was judged by somebody else, and nothing was written. The claim is to be taken anew. */
export class FencedWriteError extends Error {
  override readonly name = 'FencedWriteError'

  constructor() {
    super('The claim of a write was judged before the write came.')
  }
}

/** True for a `FencedWriteError`, and for the answer of a script that found its token fenced. */
export function isFenced(error: unknown): boolean {
  return error instanceof FencedWriteError || (error instanceof ServerError && error.replyCode === 'FENCED')
}
