/** The command line was called in a way that it does not understand; nothing was done. */
export class CliUsageError extends Error {
  override readonly name = 'CliUsageError'
}
