import { EFFECT_TARGETS } from '../commands/replication-state.js'
import type { ScriptPermissions, ScriptRun } from '../commands/script-run.js'
import type { Reply } from '../resp/reply.js'
import { keySlot } from '../slot.js'
import { READ_ONLY_REPLICA, type WireError, wireError } from '../wire-errors.js'
import { scriptRefusal } from './access-control.js'
import { Client } from './client.js'
import type { CommandIndex } from './command-index.js'
import type { ExecutionContext } from './execution-context.js'
import type { Gates } from './gates.js'
import type { PreparedCommand } from './prepared-command.js'
import type { Propagation } from './propagation.js'
import type { ScriptWatch } from './script-watch.js'

/** What a script needs of the executor that runs it. */
export interface ScriptExecutionParts {
  readonly commands: CommandIndex
  readonly gates: Gates
  readonly propagation: Propagation
  readonly finished: () => void
  /** The time at the end of the last command that was not brief, in microseconds. */
  readonly microseconds: () => number
  readonly call: (client: Client, command: PreparedCommand, argv: readonly string[]) => Reply
}

// Texts: script.c of Redis 7.0.15.
const UNKNOWN = wireError('ERR Unknown Redis command called from script')
const WRONG_ARITY = wireError('ERR Wrong number of args calling Redis command from script')
const FORBIDDEN = wireError('ERR This Redis command is not allowed from script')
const READ_ONLY_SCRIPT = wireError('ERR Write commands are not allowed from read-only scripts.')
const OUT_OF_MEMORY = wireError("OOM command not allowed when used memory > 'maxmemory'.")
const NO_REPLICAS = wireError('NOREPLICAS Not enough good replicas to write.')
const NOT_LOCAL = wireError('ERR Script attempted to access a non local key in a cluster node')
const STALE = wireError('ERR Can not execute the command on a stale replica')
const DOWN = wireError('ERR Script attempted to execute a command while the cluster is down')
const DOWN_READS_ONLY = wireError(
  'ERR Script attempted to execute a write command while the cluster is down and readonly',
)
const CROSS_SLOT_SCRIPT = wireError('ERR Script attempted to access keys that do not hash to the same slot')

/** A script whose commands take longer than this is interrupted between two of them. */
const PATIENCE_MICROSECONDS = 1000

/** Runs the commands of one script, after the checks that Redis makes for scripts. */
export class ScriptExecution implements ScriptRun {
  protocol: 2 | 3 = 2
  targets: number = EFFECT_TARGETS.all
  readonly #client: Client
  readonly #caller: Client
  readonly #permissions: ScriptPermissions
  readonly #parts: ScriptExecutionParts
  readonly #watch: ScriptWatch
  readonly #isStream: boolean
  /** Nothing but the permissions of the script stands in the way of its commands. */
  readonly #isFree: boolean
  #interruptedAt: number
  /** The slot that the script is bound to, from its first key on. */
  #slot: number | null = null

  constructor(
    context: ExecutionContext,
    permissions: ScriptPermissions,
    watch: ScriptWatch,
    parts: ScriptExecutionParts,
  ) {
    const caller = context.client
    this.#caller = caller
    this.#permissions = permissions
    this.#parts = parts
    this.#watch = watch
    this.#isFree = caller.user.isUnrestricted && isFree(parts.gates)
    this.#isStream = caller.isReplicationStream
    this.#interruptedAt = parts.microseconds()
    this.#client = scriptClientOf(caller)
  }

  get wrote(): boolean {
    return this.#watch.wrote
  }

  get isDue(): boolean {
    return this.#parts.microseconds() - this.#interruptedAt > PATIENCE_MICROSECONDS
  }

  interrupted(): string | undefined {
    this.#interruptedAt = this.#parts.microseconds()
    return this.#watch.look()
  }

  finish(): void {
    this.#parts.finished()
  }

  call(argv: readonly string[]): Reply {
    const { commands, propagation } = this.#parts
    const command = commands.find(argv)
    if (command === undefined) return this.#refused(UNKNOWN)
    const refusal = commands.refusal(command, argv) === null ? this.#refusal(command, argv) : WRONG_ARITY
    if (refusal !== null) {
      command.statistics.rejected++
      return this.#refused(refusal)
    }
    if (command.isWrite) this.#watch.wrote = true
    this.#client.protocol = this.protocol
    if (this.targets === EFFECT_TARGETS.all) return this.#parts.call(this.#client, command, argv)
    propagation.targets = this.targets
    try {
      return this.#parts.call(this.#client, command, argv)
    } finally {
      propagation.targets = EFFECT_TARGETS.all
    }
  }

  mayRun(argv: readonly string[]): boolean | undefined {
    const { commands, gates } = this.#parts
    const command = commands.find(argv)
    const { user } = this.#client
    return command && (user.isUnrestricted || gates.access.denialOf(user, command, argv) === null)
  }

  #refused(error: WireError): WireError {
    this.#parts.gates.server.statistics.countError(error.code)
    return error
  }

  #refusal(command: PreparedCommand, argv: readonly string[]): WireError | null {
    const { gates } = this.#parts
    if (command.isNoScript && !gates.server.debugging.scriptsCallEverything) return FORBIDDEN
    if (this.#isStream) return null
    if (this.#isFree) return this.#permissions.readOnly && command.mayReplicate ? READ_ONLY_SCRIPT : null
    if (!command.isStale && gates.isStaleReplica()) return STALE
    if (!this.#caller.user.isUnrestricted) {
      const denied = gates.access.refusal(this.#caller, command, argv, 'lua', scriptRefusal)
      if (denied !== null) return denied
    }
    // Redis takes what may replicate, such as PUBLISH, for a write here.
    if (this.#permissions.readOnly && command.mayReplicate) return READ_ONLY_SCRIPT
    if (command.isWrite) {
      const refusal = this.#writeRefusal()
      if (refusal !== null) return refusal
    }
    // Once a script has written it is let through to its end: half of it must not be undone by a full memory.
    if (command.deniesOom && !this.#permissions.allowOom && !this.wrote && gates.isOutOfMemory()) return OUT_OF_MEMORY
    return this.#clusterRefusal(command, argv)
  }

  #writeRefusal(): WireError | null {
    const { gates } = this.#parts
    const isReplica = gates.server.replication.role === 'replica'
    if (isReplica && gates.settings.replicaIsReadOnly) return READ_ONLY_REPLICA
    const { unsavedRefusal } = gates
    if (unsavedRefusal !== null) return unsavedRefusal
    return !this.wrote && gates.lacksReplicas() ? NO_REPLICAS : null
  }

  #clusterRefusal(command: PreparedCommand, argv: readonly string[]): WireError | null {
    const { gates } = this.#parts
    if (gates.server.cluster === null || !command.hasKeys) return null
    const keys = command.keysOf(argv)
    const refusal = gates.redirectionOf(this.#client, command, keys, this.#client.isAsking)
    if (refusal !== null) return asScriptError(refusal)
    const { allowCrossSlot, firstKey } = this.#permissions
    if (allowCrossSlot) return null
    if (firstKey !== undefined) this.#slot ??= keySlot(firstKey)
    for (const key of keys) {
      const slot = keySlot(key)
      if (this.#slot !== null && this.#slot !== slot) return CROSS_SLOT_SCRIPT
      this.#slot = slot
    }
    return null
  }
}

/**
 * Whether a script on this node may do all that its user and its own flags allow. It stays so until the script has ended:
 * whoever is served meanwhile cannot change it.
 */
const isFree = ({ server, settings }: Gates): boolean =>
  server.cluster === null &&
  server.replication.role !== 'replica' &&
  !server.persistence.restricts &&
  settings.minReplicas === 0 &&
  settings.maxMemoryBytes === 0

/** The client through which the scripts of `caller` run commands, as it is at the beginning of a script. */
const scriptClientOf = (caller: Client): Client => {
  caller.scriptClient ??= new Client({
    id: caller.id,
    address: 'lua',
    localAddress: caller.localAddress,
    connectedAtMs: caller.connectedAtMs,
    authenticated: true,
    isReplicationStream: caller.isReplicationStream,
    scriptCaller: caller,
  })
  const client = caller.scriptClient
  client.user = caller.user
  client.databaseIndex = caller.databaseIndex
  client.readsReplicas = caller.readsReplicas
  client.isAsking = caller.isAsking
  return client
}

const asScriptError = (refusal: WireError): WireError => {
  if (refusal.code !== 'CLUSTERDOWN' || refusal.message.endsWith('not served')) return NOT_LOCAL
  return refusal.message.endsWith('read commands') ? DOWN_READS_ONLY : DOWN
}
