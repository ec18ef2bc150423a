import type { Clock } from '../clock.js'
import type { Command } from '../commands/command.js'
import type { CrashSignal } from '../commands/context.js'
import type { ReplicationState } from '../commands/replication-state.js'
import type { Timer } from '../dispatch/blocked-clients.js'
import type { Node } from './node.js'

/** How important a line of the log is; the names of the setting `loglevel`. */
export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning'

/** What a node is made of. Everything has a default that makes a lone server. */
export interface NodeOptions {
  /** Settings by the names of redis.conf, such as `{ port: 0, 'maxmemory-policy': 'noeviction' }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Default: the machine's clock. */
  readonly clock?: Clock
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number
  /** Default: Node's timers, which do not keep the process alive. */
  readonly timer?: Timer
  /** Default: every command of this package. */
  readonly commands?: readonly Command[]
  /** `rename-command`: pairs of names, in this order; the empty name removes a command. */
  readonly renamedCommands?: readonly (readonly [from: string, to: string])[]
  /** `user` directives: the name and the rules of each user. */
  readonly users?: readonly (readonly string[])[]
  /** The file that the settings come from, which CONFIG REWRITE writes; default: none. */
  readonly configFile?: string
  /** 40 lower-case hexadecimal digits; the id in a cluster. Default: random. */
  readonly nodeId?: string
  /** Makes the replication of the node, which it may reach through its public methods. Default: a lone primary. */
  readonly replication?: (node: Node) => ReplicationState
  /** Default: warnings to standard error. */
  readonly log?: (level: LogLevel, message: string) => void
  /**
   * The file that `log` adds to, empty for standard output: other threads add to it what cannot wait for this one, as the report
   * of `watchdog-period` that it does not go on. Default: `log` is called with that when it does.
   */
  readonly logFile?: string
  /**
   * Whether `listen` loads the file that `dir` and `dbfilename` name, if it is there. Default: when one of the two or
   * `save` is among the settings; without them a node keeps its data in memory only.
   */
  readonly loadsFile?: boolean
  /**
   * Whether a node of a cluster keeps what it knows of the others in the file that `cluster-config-file` names. Default: when
   * that is among the settings, or the node has a file for its data.
   */
  readonly keepsNodesFile?: boolean
  /**
   * Called when the node ends at once as the disk refuses what was to be kept (`appendfsync always`), or what is on it
   * cannot be loaded. Default: nothing; the node is closed by then.
   */
  readonly onFatal?: () => void
  /** Whether a process of its own writes a save in the background. Default: false. */
  readonly savesInProcess?: boolean
  /** Called when a client has the node crash (DEBUG SEGFAULT), before it ends at once. Default: it only ends. */
  readonly onCrash?: (signal: CrashSignal) => void
  /** Called when the port is open, before the file is loaded. */
  readonly onListening?: (address: ListeningAddress) => void
  /** Called by SHUTDOWN, after the node has closed. */
  readonly onShutdown?: () => void
}

/** Where a node listens. */
export interface ListeningAddress {
  readonly host: string
  readonly port: number
}

/**
 * Where a node listens that is not told where: unlike redis-server, it is part of another program. Its replicas, which
 * are too, need not wait for each other.
 */
export const EMBEDDED_SETTINGS = { bind: '127.0.0.1', 'repl-diskless-sync-delay': 0 }

/** Settings that say that a node has a file. */
const FILE_SETTINGS: ReadonlySet<string> = new Set(['dir', 'dbfilename', 'save'])

/** Whether the node loads its file. */
export const loadsFileOf = ({ loadsFile, settings = {} }: NodeOptions): boolean =>
  loadsFile ?? Object.entries(settings).some(([name, value]) => FILE_SETTINGS.has(name.toLowerCase()) && value !== '')

/** Whether the node keeps what it knows of its cluster. */
export const keepsNodesFile = (options: NodeOptions): boolean =>
  options.keepsNodesFile ??
  (loadsFileOf(options) ||
    Object.keys(options.settings ?? {}).some((name) => name.toLowerCase() === 'cluster-config-file'))
