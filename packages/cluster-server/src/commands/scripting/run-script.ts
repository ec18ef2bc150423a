import type { Reply } from '../../resp/reply.js'
import type { ScriptHost } from '../../scripting/engine.js'
import { type WireError, wireError } from '../../wire-errors.js'
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
const READ_ONLY_REPLICA = wireError('READONLY Can not run script with write flag on readonly replica.')
const NO_CLUSTER = wireError("ERR Can not run script on cluster, 'no-cluster' flag is set.")

/** What a script declares must fit the command that runs it, and the node that it runs on. */
const refusal = ({ declaration }: CachedScript, server: ServerState, readOnly: boolean): WireError | null => {
  const { flags, hasShebang } = declaration
  if (!hasShebang) return null
  if (flags.has('no-cluster') && server.cluster !== null) return NO_CLUSTER
  if (flags.has('no-writes')) return null
  if (readOnly) return WRITE_FLAG_MISSING
  const { replication } = server
  return replication.role === 'replica' && server.config.flag('replica-read-only') ? READ_ONLY_REPLICA : null
}

const hostOf = (run: ScriptRun, server: ServerState): ScriptHost => {
  const startedAtMs = server.clock.nowMs()
  return {
    call: (argv) => run.call(argv),
    // Redis writes these to its log file, and nothing to the client; this node has no log of its own to write to.
    log: () => {},
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
