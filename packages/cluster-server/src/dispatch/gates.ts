import { redirectionError } from '../cluster/redirection.js'
import { isServedAnyway, route, routeWaiting } from '../cluster/route.js'
import type { RoutingDecision } from '../cluster/routing.js'
import { isLocal, type ServerState } from '../commands/context.js'
import { NO_AUTH, READ_ONLY_REPLICA, type WireError, wireError } from '../wire-errors.js'
import type { AccessControl } from './access-control.js'
import type { Client } from './client.js'
import type { MemoryLevel } from './eviction.js'
import type { GateSettings } from './gate-settings.js'
import type { PreparedCommand } from './prepared-command.js'

/** Makes room before a command runs. */
export interface MemoryGuard {
  free(): MemoryLevel
}

const NOT_IN_TRANSACTION = wireError('ERR Command not allowed inside a transaction')
const OUT_OF_MEMORY = wireError("OOM command not allowed when used memory > 'maxmemory'.")
const NO_REPLICAS = wireError('NOREPLICAS Not enough good replicas to write.')
const PRIMARY_DOWN = wireError("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
const LOADING = wireError('LOADING Redis is loading the dataset in memory')
const FROM_REPLICA = wireError("ERR Replica can't interact with the keyspace")
const guardRefusal = (guard: string): WireError =>
  wireError(
    `ERR ${guard.toUpperCase()} command not allowed. If the enable-${guard}-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`,
  )
const GUARD_REFUSALS = { debug: guardRefusal('debug'), module: guardRefusal('module') } as const

const queuedCommands = (client: Client): readonly PreparedCommand[] =>
  client.transaction?.queue.map(({ command }) => command) ?? []

/**
 * What stands between a request and its handler, in the order of `processCommand` in Redis 7.0. Each gate looks at the
 * command's metadata, never at its name.
 */
export class Gates {
  #isFull = false

  constructor(
    readonly server: ServerState,
    readonly settings: GateSettings,
    readonly memory: MemoryGuard,
    readonly access: AccessControl,
  ) {}

  /** Null when the command may run; a redirection counts as an error. The client is not changed. */
  refusal(client: Client, command: PreparedCommand, argv: readonly string[], asking: boolean): WireError | null {
    if (command.guard !== null && !this.#isAllowed(client, command.guard)) return GUARD_REFUSALS[command.guard]
    if (!client.authenticated && !command.needsNoLogin && this.access.isLoginRequired) return NO_AUTH
    if (client.transaction !== null && command.isForbiddenInTransactions) return NOT_IN_TRANSACTION
    if (!client.user.isUnrestricted) {
      const context = client.transaction === null ? 'toplevel' : 'multi'
      const denied = this.access.refusal(client, command, argv, context)
      if (denied !== null) return denied
    }
    return (
      this.#redirection(client, command, argv, asking) ??
      this.#outOfMemory(client, command) ??
      this.#unsavedRefusal(client, command) ??
      this.#replicationRefusal(client, command) ??
      this.#wrongContext(client, command) ??
      this.#loadingRefusal(client, command) ??
      this.#replicaRefusal(client, command)
    )
  }

  /** Why writes are refused when the data cannot be kept, or null; for the commands of a script, too. */
  get unsavedRefusal(): WireError | null {
    const { persistence } = this.server
    return persistence.restricts ? (persistence.writeFault?.refusal ?? null) : null
  }

  /** Whether the redirection gate alone refuses the keys; for the commands of a script. */
  redirectionOf(client: Client, command: PreparedCommand, keys: readonly string[], asking: boolean): WireError | null {
    const state = this.server.cluster
    if (state === null || isServedAnyway(keys, state)) return null
    const db = this.server.databases[0]
    const decision = route(
      {
        keys,
        readOnly: !this.writes(client, command),
        isWrite: command.isWrite,
        clientReadsReplicas: client.readsReplicas,
        asking: asking || command.isAsking,
        shardChannels: command.namesShardChannels,
        movesKeys: command.movesKeys,
        countPresent: (candidates) => candidates.filter((key) => db?.peek(key) !== undefined).length,
      },
      state,
    )
    return this.#told(decision)
  }

  /** What a client is told that waits for keys which this node does not serve any more; null while it does. */
  waitingRefusal(client: Client, command: PreparedCommand, keys: readonly string[]): WireError | null {
    const state = this.server.cluster
    const [firstKey] = keys
    if (state === null || firstKey === undefined) return null
    const { isWrite } = command
    return this.#told(routeWaiting({ firstKey, isWrite, clientReadsReplicas: client.readsReplicas }, state))
  }

  #told(decision: RoutingDecision): WireError | null {
    if (decision.type === 'serve') return null
    return redirectionError(decision, this.server.config.text('cluster-preferred-endpoint-type')) ?? null
  }

  writes(client: Client, command: PreparedCommand): boolean {
    if (command.isWrite) return true
    return command.runsTransaction && (client.transaction?.queue.some((queued) => queued.command.isWrite) ?? false)
  }

  /** Whether memory was full when the last command of a client was judged: a script is held to that until it ends. */
  isOutOfMemory(): boolean {
    return this.#isFull
  }

  /** Whether this is a replica without its primary, and may not answer with what it has. */
  isStaleReplica(): boolean {
    const { replication } = this.server
    return !this.settings.serveStaleData && replication.role === 'replica' && replication.primary?.state !== 'connected'
  }

  lacksReplicas(): boolean {
    const { minReplicas, maxReplicaLagSeconds } = this.settings
    if (minReplicas === 0 || maxReplicaLagSeconds === 0) return false
    const good = this.server.replication.replicas.filter(
      ({ state, lagSeconds }) => state === 'online' && lagSeconds >= 0 && lagSeconds <= maxReplicaLagSeconds,
    )
    return good.length < minReplicas
  }

  #redirection(client: Client, command: PreparedCommand, argv: readonly string[], asking: boolean): WireError | null {
    if (this.server.cluster === null) return null
    if (command.runsTransaction) {
      const keys = client.transaction?.queue.flatMap((queued) => queued.command.keysOf(queued.argv)) ?? []
      return keys.length === 0 ? null : this.redirectionOf(client, command, keys, asking)
    }
    if (!command.hasKeys) return null
    return this.redirectionOf(client, command, command.keysOf(argv), asking)
  }

  #outOfMemory(client: Client, command: PreparedCommand): WireError | null {
    this.#isFull = this.settings.maxMemoryBytes !== 0 && this.memory.free() === 'full'
    if (!this.#isFull) return null
    const { transaction } = client
    const queuedDenies = transaction?.queue.some((queued) => queued.command.deniesOom) ?? false
    const denied =
      command.deniesOom ||
      (command.runsTransaction && queuedDenies) ||
      // What is queued cannot be judged by its own flags later, so nothing is queued any more.
      (transaction !== null && !command.runsAtOnce)
    return denied ? OUT_OF_MEMORY : null
  }

  /** While the data cannot be saved, they may not change. */
  #unsavedRefusal(client: Client, command: PreparedCommand): WireError | null {
    const refusal = this.unsavedRefusal
    if (refusal === null) return null
    return command.failsWithSaving || this.writes(client, command) ? refusal : null
  }

  #loadingRefusal(client: Client, command: PreparedCommand): WireError | null {
    const { persistence } = this.server
    if (!persistence.restricts || !(persistence.isLoading || persistence.isLoadingAsync)) return null
    const concerned = command.runsTransaction ? [command, ...queuedCommands(client)] : [command]
    const { isLoading } = persistence
    const isAllowed = concerned.every((each) => (isLoading ? each.isAllowedWhileLoading : !each.isDeniedByAsyncLoading))
    return isAllowed ? null : LOADING
  }

  #replicationRefusal(client: Client, command: PreparedCommand): WireError | null {
    const { replication } = this.server
    const isReplica = replication.role === 'replica'
    if (!isReplica && this.settings.minReplicas === 0) return null
    const writes = this.writes(client, command)
    if (writes && !isReplica && this.lacksReplicas()) return NO_REPLICAS
    if (writes && isReplica && this.settings.replicaIsReadOnly) return READ_ONLY_REPLICA
    if (!isReplica) return null
    if (replication.primary?.state === 'connected') return null
    const concerned = command.runsTransaction ? [command, ...queuedCommands(client)] : [command]
    return !this.settings.serveStaleData && !concerned.every(({ isStale }) => isStale) ? PRIMARY_DOWN : null
  }

  /** A replica must not get at the data past a pause, which does not hold for it. */
  #replicaRefusal(client: Client, command: PreparedCommand): WireError | null {
    return client.isReplica && (command.mayReplicate || command.isReadOnly) ? FROM_REPLICA : null
  }

  #wrongContext(client: Client, command: PreparedCommand): WireError | null {
    if (client.protocol === 3 || client.subscriptionCount === 0 || command.allowedInAnyContext) return null
    return wireError(
      `ERR Can't execute '${command.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    )
  }

  #isAllowed(client: Client, guard: 'debug' | 'module'): boolean {
    const allowed = this.settings.allowed[guard]
    return allowed === 'yes' || (allowed === 'local' && isLocal(client))
  }
}
