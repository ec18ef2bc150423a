import { detach } from '../../keyspace/detach.js'
import type { Reply } from '../../resp/reply.js'
import type { ScriptHost } from '../../scripting/engine.js'
import type { ScriptDeclaration } from '../../scripting/shebang.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import type { CommandContext, ServerState } from '../context.js'
import { EFFECT_TARGETS } from '../replication-state.js'
import type { ScriptIdentity, ScriptRun } from '../script-run.js'

const WRITE_FLAG_MISSING = wireError('ERR Can not execute a script with write flag using *_ro command.')
const NO_CLUSTER = wireError("ERR Can not run script on cluster, 'no-cluster' flag is set.")

const NO_REPLICAS = wireError('NOREPLICAS Not enough good replicas to write.')
const READ_ONLY = wireError('READONLY Can not run script with write flag on readonly replica')
const STALE = wireError(
  "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag is not set on the script.",
)
const OUT_OF_MEMORY = wireError(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
)
const PRIMARY_DOWN = wireError("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
const LOG_LEVELS = ['debug', 'verbose', 'notice', 'warning'] as const

const isStale = ({ replication, config }: ServerState): boolean =>
  replication.role === 'replica' &&
  replication.primary?.state !== 'connected' &&
  !config.flag('replica-serve-stale-data')

/**
 * What a script declares must fit the node that it runs on, and the command that runs it. A script without a shebang
 * line declares nothing: its commands are judged one by one. The order is that of `scriptPrepareForRun` in Redis 7.0.
 */
const refusal = (
  { declaration }: Runnable,
  { server, client }: CommandContext,
  readOnly: boolean,
): WireError | null => {
  const { flags, hasShebang } = declaration
  if (!hasShebang) return isStale(server) ? PRIMARY_DOWN : null
  if (flags.has('no-cluster') && server.cluster !== null) return NO_CLUSTER
  if (!flags.has('allow-stale') && isStale(server)) return STALE
  const writes = !flags.has('no-writes')
  if (writes) {
    const isReplica = server.replication.role === 'replica'
    if (isReplica && server.config.flag('replica-read-only') && !client.isReplicationStream) return READ_ONLY
    const { writeFault } = server.persistence
    if (writeFault !== null) return writeFault.scriptRefusal
    if (readOnly) return WRITE_FLAG_MISSING
    if (!isReplica && server.lacksReplicas()) return NO_REPLICAS
  }
  return writes && !flags.has('allow-oom') && server.isOutOfMemory() ? OUT_OF_MEMORY : null
}

/** `redis.log`. */
export const logOf =
  (server: ServerState): ScriptHost['log'] =>
  (level, message) =>
    server.log(LOG_LEVELS[level] ?? 'warning', Buffer.from(message, 'latin1').toString())

/** The node, as a script sees it. */
class RunHost implements ScriptHost {
  readonly #run: ScriptRun
  readonly #server: ServerState

  constructor(run: ScriptRun, server: ServerState) {
    this.#run = run
    this.#server = server
  }

  call(argv: string[]): Reply {
    return this.#run.call(argv)
  }

  log(level: number, message: string): void {
    logOf(this.#server)(level, message)
  }

  mayRun(argv: string[]): boolean | undefined {
    return this.#run.mayRun(argv)
  }

  setProtocol(protocol: 2 | 3): void {
    this.#run.protocol = protocol
  }

  setReplication(mask: number): void {
    this.#run.targets = mask & EFFECT_TARGETS.all
  }

  get isDue(): boolean {
    return this.#run.isDue
  }

  interrupted(): string | undefined {
    return this.#run.interrupted()
  }
}

/** A script or a function that a command can start. */
export interface Runnable extends ScriptIdentity {
  readonly declaration: ScriptDeclaration
  /** Takes both arrays over. */
  run(host: ScriptHost, keys: string[], argv: string[]): Reply
}

/**
 * The keys among the words of a command, for a script. It will use each of them several times: copies are found faster than
 * views of what was received.
 */
export const scriptKeys = (argv: readonly string[], from: number, to: number): string[] => {
  const keys: string[] = []
  for (let i = from; i < to; i++) keys.push(detach(argument(argv, i)))
  return keys
}

/**
 * Runs a script for EVAL, FCALL and their relatives. Its commands propagate themselves, as one unit. `keys` and `argv` are
 * taken over.
 */
export const runScript = (
  context: CommandContext,
  script: Runnable,
  keys: string[],
  argv: string[],
  readOnly: boolean,
): Reply => {
  const { server } = context
  context.propagateNothing()
  const refused = refusal(script, context, readOnly)
  if (refused !== null) return refused
  const { flags, hasShebang } = script.declaration
  const permissions = {
    readOnly: readOnly || flags.has('no-writes'),
    allowOom: flags.has('allow-oom'),
    firstKey: keys[0],
    allowCrossSlot: !hasShebang || flags.has('allow-cross-slot-keys'),
  }
  const run = server.startScript(context, permissions, script)
  try {
    return script.run(new RunHost(run, server), keys, argv)
  } finally {
    run.finish()
  }
}
