/** The base of every error that this package throws. `code` is stable; messages may be improved. */
export abstract class ActiveRedisError extends Error {
  abstract readonly code: string

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
  }
}
