/**
 * Data that is no RDB, or ends before its end. `isShort`: what there is may be right, but more should follow; `report`:
 * lines for the log that say where in a file it is.
 */
export class RdbError extends Error {
  override readonly name = 'RdbError'

  constructor(
    message: string,
    readonly isShort = false,
    readonly report: readonly string[] = [],
  ) {
    super(message)
  }
}

/** An error for data that contradicts itself. */
export const corrupt = (message: string): RdbError => new RdbError(message)
