/** Data that is no RDB, or ends before its end. `isShort`: what there is may be right, but more should follow. */
export class RdbError extends Error {
  override readonly name = 'RdbError'

  constructor(
    message: string,
    readonly isShort = false,
  ) {
    super(message)
  }
}

/** An error for data that contradicts itself. */
export const corrupt = (message: string): RdbError => new RdbError(message)
