/**
 * An error reply. `message` is the whole line after the `-`, code first: `ERR syntax error`.
 * Handlers may return or throw one; both answer the client and leave the data as it was.
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** Whether the statistics have this error already: a script answers the error of a command that it called. */
  isCounted = false

  /** The first word of the line: `ERR`, `WRONGTYPE`, `MOVED` … */
  get code(): string {
    const end = this.message.indexOf(' ')
    return end === -1 ? this.message : this.message.slice(0, end)
  }
}

const constant = (message: string): WireError => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new WireError(message)
  Error.stackTraceLimit = limit
  return error
}

/** The fixed error replies, byte for byte those of Redis 7.0.15. Source: `createSharedObjects` in its `server.c`. */
export const WRONG_TYPE = constant('WRONGTYPE Operation against a key holding the wrong kind of value')
export const NO_SUCH_KEY = constant('ERR no such key')
export const SYNTAX_ERROR = constant('ERR syntax error')
export const NOT_AN_INTEGER = constant('ERR value is not an integer or out of range')
export const NOT_A_FLOAT = constant('ERR value is not a valid float')
export const OUT_OF_RANGE = constant('ERR index out of range')
export const NO_SCRIPT = constant('NOSCRIPT No matching script. Please use EVAL.')
export const CROSS_SLOT = constant("CROSSSLOT Keys in request don't hash to the same slot")
export const EXEC_ABORT = constant('EXECABORT Transaction discarded because of previous errors.')
export const BUSY_KEY = constant('BUSYKEY Target key name already exists.')
export const READ_ONLY_REPLICA = constant("READONLY You can't write against a read only replica.")
export const CANNOT_SAVE = constant(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.",
)
export const NO_AUTH = constant('NOAUTH Authentication required.')

/** What clients get while a script of EVAL, or a function, runs beyond `busy-reply-threshold`. */
export const BUSY_SCRIPT = constant(
  'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
)
export const BUSY_FUNCTION = constant(
  'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.',
)

/** In place of an answer that no string can hold; the connection is closed after it. */
export const REPLY_TOO_LONG = constant('ERR the reply is longer than the 512 MB that this server can send at once')

/** An error with a text of its own; use a constant where the text is fixed. */
export const wireError = (message: string): WireError => constant(message)

/** `ERR wrong number of arguments for 'name' command`; a subcommand is named `container|sub`. */
export const wrongArity = (name: string): WireError => constant(`ERR wrong number of arguments for '${name}' command`)
