/** An option that a benchmark does not have, or a value that it does not take; the message is all that is printed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Whether somebody called the program wrongly. */
export const isWrongUse = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_'))
