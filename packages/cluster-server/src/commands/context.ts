import type { User } from '../acl/user.js'
import type { Clock } from '../clock.js'
import type { Database } from '../keyspace/database.js'
import type { PubSub, Subscriber } from '../pubsub/pubsub.js'
import type { Dialogue } from '../scripting/debugger/dialogue.js'
import type { AccessState } from './access-state.js'
import type { ClientRegistry } from './client-registry.js'
import type { ClusterControl } from './cluster-control.js'
import type { Command } from './command.js'
import type { DebugSwitches } from './debug-switches.js'
import type { MemoryState } from './memory-state.js'
import type { MigrationState } from './migration-state.js'
import type { PersistenceState } from './persistence-state.js'
import type { ReplicationState } from './replication-state.js'
import type { RunningScript, ScriptIdentity, ScriptPermissions, ScriptRun } from './script-run.js'
import type { ConfigReader, Settings } from './settings.js'
import type { Statistics } from './statistics.js'
import type { ClientTracking, TrackingState } from './tracking-state.js'
import type { TransactionsState } from './transactions-state.js'

export type { ConfigReader }

/** The socket below a client, for what is not an answer: messages, and the stream to a replica. */
export interface ClientLink {
  /** Sends latin1 text after everything that was sent before. */
  write(text: string): void
  /** Bytes that were written and not yet taken by the socket. */
  readonly bufferedBytes: number
  close(): void
  /** Talks to the other side without the event loop, until the command ends; null where that is not possible. */
  openDialogue(): Dialogue | null
  /** Calls back once when the connection is gone, at once if it already is. */
  onClose(listener: () => void): void
}

/** Which answers a client gets: CLIENT REPLY. `skipNext` leaves out the one of the next command. */
export type ReplyMode = 'on' | 'off' | 'skipNext'

/** What a handler sees of the connection that sent the command. */
export interface ClientState extends Subscriber {
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
  /** Logged in, or connected while no login was required. */
  authenticated: boolean
  /** Whose rules hold for the client. */
  user: User
  /** Sent ASKING: holds for the next command. */
  asking: boolean
  /** Between MULTI and EXEC. */
  readonly inTransaction: boolean
  readonly queuedCount: number
  /** Bytes of the words of what is queued, and of what points to them. */
  readonly queuedBytes: number
  readonly watchedCount: number
  readonly replyBuffer: { readonly sizeBytes: number; readonly peakBytes: number }
  /** Beyond the usual one; 0 without. */
  readonly queryBuffer: { readonly allocatedBytes: number; readonly roomBytes: number }
  replyMode: ReplyMode
  noEvict: boolean
  /** Null unless CLIENT TRACKING is on. */
  readonly tracking: ClientTracking | null
  readonly isBlocked: boolean
  /** A key that it watches was changed: EXEC will not run. */
  readonly watchFailed: boolean
  /** Gets what was answered, and is closed then. */
  readonly isClosing: boolean
  readonly isMonitor: boolean
  /** How far the stream to replicas reached behind the client's last command; for WAIT. */
  readonly writtenOffset: number
  /** Follows this node: set when it sent PSYNC. */
  isReplica: boolean
  libraryName: string
  libraryVersion: string
  /** Unix times in milliseconds. */
  readonly connectedAtMs: number
  readonly lastActiveMs: number
  /** Full name of the last command, `client|list`. */
  readonly lastCommand: string
  /** Bytes received and held, the command under way among them, and bytes to send. */
  readonly inputBytes: number
  /** `inputBytes`, and the rest of a bulk string that was announced. */
  readonly reservedInputBytes: number
  /** What has come of a command that is not complete. */
  readonly unfinishedWords: WordSizes
  readonly outputBytes: number
  /** Closes the connection once what was answered so far, and the answer to this command, has been sent. */
  closeAfterReply(): void
  /** RESET: everything as on a new connection, apart from the id and the socket. */
  reset(): void
}

/** How many words, and how long all of them are. */
export interface WordSizes {
  readonly count: number
  readonly bytes: number
}

/** What a handler sees of the node that it runs in. */
export interface ServerState {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly config: ConfigReader
  readonly settings: Settings
  readonly statistics: Statistics
  readonly debugging: DebugSwitches
  readonly clients: ClientRegistry
  readonly pubsub: PubSub
  readonly access: AccessState
  readonly tracking: TrackingState
  readonly transactions: TransactionsState
  /** Facts that do not change while the node runs. */
  readonly identity: NodeIdentity
  readonly databases: readonly Database[]
  /** The command table by lower-case name; subcommands hang below their container. */
  readonly commands: ReadonlyMap<string, Command>
  /** Null unless `cluster-enabled yes`. */
  readonly cluster: ClusterControl | null
  readonly replication: ReplicationState
  /** Tries again every client that waits with `Blocked` on no key, such as one in WAIT. */
  retryWaiting(): void
  /** Begins a script on behalf of the command that `context` belongs to. */
  startScript(context: CommandContext, permissions: ScriptPermissions, identity: ScriptIdentity): ScriptRun
  /** The script on whose behalf commands run, or that is interrupted for this one; null while none is under way. */
  readonly runningScript: RunningScript | null
  /** What is counted of the node's memory. */
  readonly memory: MemoryState
  /** Whether memory was full, with nothing left to evict, when the command that runs was let through. */
  isOutOfMemory(): boolean
  /** Whether fewer replicas follow than `min-replicas-to-write` asks for. */
  lacksReplicas(): boolean
  /** Writes a line to the log of the node, if `loglevel` lets it through. */
  log(level: 'debug' | 'verbose' | 'notice' | 'warning', message: string): void
  /** Turns the removal of expired keys in the background on or off; DEBUG SET-ACTIVE-EXPIRE. */
  setActiveExpiry(enabled: boolean): void
  readonly persistence: PersistenceState
  readonly migrations: MigrationState
  /** Unix time in milliseconds until which a shutdown waits for replicas; null when none waits. */
  readonly shutdownDueAtMs: number | null
  /** SHUTDOWN: closes the node, unless it fails; then those who wait are tried again. */
  shutdown(request: ShutdownRequest): ShutdownAttempt
  /** @returns false when no shutdown is in progress */
  abortShutdown(): boolean
  /** Ends the node as this signal would, without saving or answering; DEBUG SEGFAULT. */
  crash(signal: CrashSignal): void
}

/** What a crash is told apart by. */
export type CrashSignal = 'SIGSEGV' | 'SIGABRT'

/** How a node is asked to end. */
export interface ShutdownRequest {
  /** Whether the file is written first; `null`: if there are rules for saving. */
  readonly saves: boolean | null
  /** Does not wait for replicas. */
  readonly now: boolean
  /** Ends even if saving fails. */
  readonly force: boolean
}

/** A shutdown that was begun. */
export interface ShutdownAttempt {
  /** It failed or was aborted; the node goes on. */
  readonly hasFailed: boolean
}

/** Facts about a node. */
export interface NodeIdentity {
  /** 40 hexadecimal digits, new at each start. */
  readonly runId: string
  /** Unix time in milliseconds. */
  readonly startedAtMs: number
  readonly host: string
  readonly port: number
  /** The file that the settings come from; empty without one. */
  readonly configFile: string
}

/** All that a handler may touch. One is made for each command, script call and queued command. */
export interface CommandContext {
  readonly db: Database
  readonly client: ClientState
  readonly server: ServerState
  /** Unix time in milliseconds, frozen for the length of the command, transaction or script. */
  readonly nowMs: number
  /** EXEC runs the command. */
  readonly isInTransaction: boolean
  /**
   * Replaces what replicas and the append-only file receive for this command (by default `argv` as it was sent, when
   * it changed data): the effect, without relative times or randomness. Call it once for each command of the effect;
   * calling `propagateNothing` sends nothing.
   */
  propagate(...argv: string[]): void
  propagateNothing(): void
  /** Keeps words of the command out of MONITOR and SLOWLOG: they show `(redacted)` in their place. */
  redact(...indexes: number[]): void
}

/** Whether a client connects from this machine. */
export const isLocal = (client: ClientState): boolean => /^(127\.|\[?::1|\/)/.test(client.address)
