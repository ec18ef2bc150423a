import type { Clock } from '../clock.js'
import type { ClusterState } from '../cluster/topology.js'
import type { Database } from '../keyspace/database.js'
import type { Command } from './command.js'

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
