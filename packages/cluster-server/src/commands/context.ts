import type { Clock } from '../clock.js'
import type { ClusterState } from '../cluster/topology.js'
import type { Database } from '../keyspace/database.js'
import type { Command } from './command.js'
import type { ReplicationState } from './replication-state.js'

/** The socket below a client, for what is not an answer: messages, and the stream to a replica. */
export interface ClientLink {
  /** Sends latin1 text after everything that was sent before. */
  write(text: string): void
  /** Bytes that were written and not yet taken by the socket. */
  readonly bufferedBytes: number
  close(): void
  /** Calls back once when the connection is gone, at once if it already is. */
  onClose(listener: () => void): void
}

/** What a handler sees of the connection that sent the command. */
export interface ClientState {
  readonly id: number
  readonly address: string
  readonly localAddress: string
  name: string
  protocol: 2 | 3
  /** Selected database. */
  databaseIndex: number
  /** Sent READONLY: a replica may answer its reads. */
  readsReplicas: boolean
  /** The stream of a primary, whose writes a replica applies without any gate. */
  readonly isReplicationStream: boolean
  /** Null for a client without a connection of its own: a script, the stream of a primary. */
  readonly link: ClientLink | null
}

/** Settings by the names of redis.conf. */
export interface ConfigReader {
  number(name: string): number
  text(name: string): string
  flag(name: string): boolean
}

/** What a handler sees of the node that it runs in. */
export interface ServerState {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly config: ConfigReader
  readonly databases: readonly Database[]
  /** The command table by lower-case name; subcommands hang below their container. */
  readonly commands: ReadonlyMap<string, Command>
  /** Null unless `cluster-enabled yes`. Read it anew for each command: it is replaced, never changed. */
  readonly cluster: ClusterState | null
  /** Replaces `cluster` whole, for CLUSTER ADDSLOTS and the like. Only on a node with `cluster-enabled yes`. */
  changeCluster(next: ClusterState): void
  readonly replication: ReplicationState
  /** Tries again every client that waits with `Blocked` on no key, such as one in WAIT. */
  retryWaiting(): void
}

/** All that a handler may touch. One is made for each command, script call and queued command. */
export interface CommandContext {
  readonly db: Database
  readonly client: ClientState
  readonly server: ServerState
  /** Unix time in milliseconds, frozen for the length of the command, transaction or script. */
  readonly nowMs: number
  /**
   * Replaces what replicas and the append-only file receive for this command (by default `argv` as it was sent, when
   * it changed data): the effect, without relative times or randomness. Call it once for each command of the effect;
   * calling `propagateNothing` sends nothing.
   */
  propagate(...argv: string[]): void
  propagateNothing(): void
}
