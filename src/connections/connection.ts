import type { ReplicationError } from '../errors/connection-errors.js'

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

/** How replicas answer reads. */
export interface ReplicaReadOptions {
  /** True: answers reflect every write that this connection had acknowledged before. Default false: they may be older. */
  readonly readYourWrites?: boolean
  /** How long in milliseconds a replica that is behind is waited for before the primary is asked; default 25. */
  readonly maxWaitMs?: number
}

/** Which server answered, and why the primary did although a replica was wanted. */
export interface ReadSource {
  /** `host:port`; null where the connection chose among its primaries. */
  readonly address: string | null
  readonly role: 'primary' | 'replica'
  /** Null for a replica. */
  readonly reason: string | null
}

/** A view of a connection whose reads go to replicas. Everything else goes where it goes anyway. Closing it does nothing. */
export interface ReplicaReads extends Connection {
  /** Who answered the reads so far, each once. */
  served(): readonly ReadSource[]
}

/** How many replicas confirm a write, and how long they are waited for. */
export interface ReplicaWait {
  /** 1 or more. */
  readonly replicas: number
  /** Milliseconds, 1 or more; at most the connection's `requestTimeoutMs`. */
  readonly timeoutMs: number
}

/**
 * A view of a connection whose writes wait until replicas have them. Outcomes are those of the writes; whether all of
 * them were confirmed is told apart. Closing it does nothing.
 */
export interface ConfirmedWrites extends Connection {
  /** The first write so far that too few replicas confirmed; null: all are confirmed. */
  shortfall(): ReplicationError | null
}

/** One node, as a health check found it. */
export interface NodeHealth {
  /** `host:port` as dialled. */
  readonly address: string
  readonly role: 'primary' | 'replica'
  /** Milliseconds to the answer; null where none came. */
  readonly latencyMs: number | null
  /** What is wrong with it; null: nothing. */
  readonly problem: string | null
}

/** What a health check found. */
export interface ConnectionHealth {
  /** Every primary answers and every slot has an owner. A replica that is away leaves this true. */
  readonly ok: boolean
  readonly nodes: readonly NodeHealth[]
  /** Slots without an owner; always 0 for one server. */
  readonly unownedSlots: number
  /** Why no node could be asked at all; null: they were. */
  readonly problem: string | null
}

/**
 * A server or a cluster as the repositories see it. Replies have ioredis' RESP2 shapes (maps are flat arrays, scores
 * are text) whatever protocol is spoken.
 */
export interface Connection {
  readonly name: string
  /** The connection of which this one is a view; absent for a connection of its own. What was learned of one holds for both. */
  readonly origin?: Connection
  readonly kind: 'standalone' | 'cluster'
  /** Put before every key by the connection itself; '' for none. SCAN patterns and replies are handled by the caller. */
  readonly keyPrefix: string
  /** Sends one request. Throws `ConnectionError`, or `ServerError` with the server's own text. */
  send(request: Request): Promise<unknown>
  /**
   * Sends many, together for each node, and follows redirections request by request. Outcomes run beside the
   * requests. A script whose SHA1 a server does not know is sent again with its source.
   * Keys of one request in different slots are a `CrossSlotError` before anything is sent.
   */
  execute(requests: readonly Request[]): Promise<readonly Outcome[]>
  /** Every primary that owns slots; throws when one cannot be reached, rather than leave it out. */
  primaries(): Promise<readonly PrimaryNode[]>
  /** Reads of this view are answered by replicas where that is possible and sound, else by the primary. */
  replicaReads(options: ReplicaReadOptions): ReplicaReads
  /** Writes of this view also wait for replicas. Throws `InvalidArgumentError` for numbers out of range. */
  confirmedWrites(wait: ReplicaWait): ConfirmedWrites
  /** Asks every node whether it serves. Never throws: what cannot be reached is part of the answer. */
  health(): Promise<ConnectionHealth>
  close(): Promise<void>
}

/** Gives connections by name; the default one for undefined. */
export interface ConnectionResolver {
  connection(name: string | undefined): Promise<Connection>
}
