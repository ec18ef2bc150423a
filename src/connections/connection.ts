/** One command with its keys declared, so that it can be routed before it is sent. */
export interface CommandRequest {
  readonly type: 'command'
  /** Redis command name: `HGETALL`. */
  readonly name: string
  /** All keys of the command, without the connection's key prefix; they come first among the arguments. */
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/** One script call. All keys that the script touches carry the hash tag of `keys`. */
export interface ScriptRequest {
  readonly type: 'script'
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/** A Lua script and its SHA1, computed once. */
export interface Script {
  readonly name: string
  readonly source: string
  readonly sha1: string
  /**
   * True for a script that writes nothing, or only removes what has expired: it is asked again when a connection breaks before the answer. Any other
   * script is then a `ConnectionError`, because it may have run.
   */
  readonly isReadOnly?: boolean
}

export type Request = CommandRequest | ScriptRequest

/** The outcome of one request of a batch. */
export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error }

/** One primary, for what has to be asked of each (SCAN). */
export interface PrimaryNode {
  /** `host:port`. */
  readonly address: string
  /** Sends commands to this node and no other. */
  execute(requests: readonly Request[]): Promise<readonly Outcome[]>
}

/**
 * A server or a cluster as the repositories see it. Replies have ioredis' RESP2 shapes (maps are flat arrays, scores
 * are text) whatever protocol is spoken.
 */
export interface Connection {
  readonly name: string
  readonly kind: 'standalone' | 'cluster'
  /** Put before every key by the connection itself; '' for none. SCAN patterns and replies are handled by the caller. */
  readonly keyPrefix: string
  /** Sends one request. Throws `ConnectionError`, or `ServerError` with the server's own text. */
  send(request: Request): Promise<unknown>
  /**
   * Sends many, one pipeline for each node, and follows redirections request by request. Outcomes run beside the
   * requests. A script whose SHA1 a server does not know is sent again with its source.
   * Keys of one request in different slots are a `CrossSlotError` before anything is sent.
   */
  execute(requests: readonly Request[]): Promise<readonly Outcome[]>
  /** Every primary that owns slots; throws when one cannot be reached, rather than leave it out. */
  primaries(): Promise<readonly PrimaryNode[]>
  close(): Promise<void>
}

/** Gives connections by name; the default one for undefined. */
export interface ConnectionResolver {
  connection(name: string | undefined): Promise<Connection>
}
