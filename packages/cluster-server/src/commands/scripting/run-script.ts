import type { Reply } from '../../resp/reply.js'
import type { ScriptHost } from '../../scripting/engine.js'
import { READ_ONLY_REPLICA, type WireError, wireError } from '../../wire-errors.js'
import type { CommandContext, ServerState } from '../context.js'
import type { ScriptRun } from '../script-run.js'
import type { CachedScript } from './script-cache.js'

/**
 * While a script runs nobody can send SCRIPT KILL, so that one which never ends is stopped by the node itself, after
 * so many times `busy-reply-threshold`. What it wrote until then stays written.
 */
const STOP_AFTER_THRESHOLDS = 10
const BOTH_LOG_AND_REPLICAS = 3

const STOPPED = 'Script killed by the server: it ran far beyond busy-reply-threshold.'
const WRITE_FLAG_MISSING = wireError('ERR Can not execute a script with write flag using *_ro command.')
const NO_CLUSTER = wireError("ERR Can not run script on cluster, 'no-cluster' flag is set.")

const NO_REPLICAS = wireError('NOREPLICAS Not enough good replicas to write.')
const OUT_OF_MEMORY = wireError("OOM command not allowed when used memory > 'maxmemory'.")
const PRIMARY_DOWN = wireError("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
const LOG_LEVELS = ['debug', 'verbose', 'notice', 'warning'] as const

const isStale = ({ replication, config }: ServerState): boolean =>
  replication.role === 'replica' &&
  replication.primary?.state !== 'connected' &&
  !config.flag('replica-serve-stale-data')

/**
 * What a script declares must fit the node that it runs on, and the command that runs it. A script without a shebang
 * line declares nothing: its commands are judged one by one. The order is that of `processCommand`, which judges EVAL
 * by the flags of its script, and then of `scriptPrepareForRun` in Redis 7.0.
 */
const refusal = ({ declaration }: CachedScript, server: ServerState, readOnly: boolean): WireError | null => {
  const { flags, hasShebang } = declaration
  if (!hasShebang) return isStale(server) ? PRIMARY_DOWN : null
  const writes = !flags.has('no-writes')
  if (writes) {
    const isReplica = server.replication.role === 'replica'
    if (!flags.has('allow-oom') && server.isOutOfMemory()) return OUT_OF_MEMORY
    if (!isReplica && server.lacksReplicas()) return NO_REPLICAS
    if (isReplica && server.config.flag('replica-read-only')) return READ_ONLY_REPLICA
  }
  if (!flags.has('allow-stale') && isStale(server)) return PRIMARY_DOWN
  if (flags.has('no-cluster') && server.cluster !== null) return NO_CLUSTER
  return writes && readOnly ? WRITE_FLAG_MISSING : null
}

const hostOf = (run: ScriptRun, server: ServerState): ScriptHost => {
  const startedAtMs = server.clock.nowMs()
  return {
    call: (argv) => run.call(argv),
    log: (level, message) => server.log(LOG_LEVELS[level] ?? 'warning', Buffer.from(message, 'latin1').toString()),
    mayRun: (argv) => run.mayRun(argv),
    setProtocol: (protocol) => {
      run.protocol = protocol
    },
    setReplication: (mask) => {
      run.replicates = (mask & BOTH_LOG_AND_REPLICAS) !== 0
    },
    interrupted: () => {
      const limitMs = server.config.number('busy-reply-threshold') * STOP_AFTER_THRESHOLDS
      return limitMs > 0 && server.clock.nowMs() - startedAtMs > limitMs ? STOPPED : undefined
    },
  }
}

/** Runs a script for EVAL and its relatives. Its commands propagate themselves, as one unit. */
export const runScript = (
  context: CommandContext,
  cached: CachedScript,
  keys: readonly string[],
  argv: readonly string[],
  readOnly: boolean,
): Reply => {
  const { server } = context
  context.propagateNothing()
  const refused = refusal(cached, server, readOnly)
  if (refused !== null) return refused
  const { flags, hasShebang } = cached.declaration
  const run = server.startScript(context, {
    readOnly: readOnly || flags.has('no-writes'),
    allowOom: flags.has('allow-oom'),
    allowCrossSlot: !hasShebang || flags.has('allow-cross-slot-keys'),
  })
  return cached.script.run(hostOf(run, server), keys, argv)
}
