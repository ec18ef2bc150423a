import { randomBytes } from 'node:crypto'
import type { CommandCatalogue } from '../acl/command-catalogue.js'
import { UserTable } from '../acl/user-table.js'
import type { Clock } from '../clock.js'
import type { ClusterControl } from '../commands/cluster-control.js'
import type { Command } from '../commands/command.js'
import { describeClient } from '../commands/connection/client-line.js'
import { hasQueryBuffer } from '../commands/connection/client-memory.js'
import type { CrashSignal, NodeIdentity, ServerState } from '../commands/context.js'
import { DebugSwitches } from '../commands/debug-switches.js'
import { isolatedReplication, type ReplicationState } from '../commands/replication-state.js'
import { Statistics } from '../commands/statistics.js'
import { allCommands } from '../commands/table.js'
import { AccessControl } from '../dispatch/access-control.js'
import { BlockedClients, type Timer } from '../dispatch/blocked-clients.js'
import { Client } from '../dispatch/client.js'
import { catalogueOf } from '../dispatch/command-catalogue.js'
import { CommandIndex } from '../dispatch/command-index.js'
import { ExecutionContext } from '../dispatch/execution-context.js'
import { Executor } from '../dispatch/executor.js'
import { GateSettings } from '../dispatch/gate-settings.js'
import { Gates } from '../dispatch/gates.js'
import { KeyspaceEvents } from '../dispatch/keyspace-events.js'
import { KeyspaceNotifications } from '../dispatch/keyspace-notifications.js'
import { MonitorFeed } from '../dispatch/monitor-feed.js'
import { PauseControl } from '../dispatch/pause-control.js'
import { Propagation } from '../dispatch/propagation.js'
import { CommandNames, RENAMING_TEXTS, type Renaming } from '../dispatch/renamed-commands.js'
import { Tracking } from '../dispatch/tracking.js'
import { Transactions } from '../dispatch/transactions.js'
import { Database } from '../keyspace/database.js'
import { DatasetSnapshot } from '../persistence/dataset-snapshot.js'
import type { LogBaseKind } from '../persistence/log-manifest.js'
import { PubSub } from '../pubsub/pubsub.js'
import { ClientList } from './client-list.js'
import { Config, SettingError } from './config.js'
import { loadUsers, type UserDirective } from './configured-users.js'
import { DepartedKeys } from './departed-keys.js'
import { runExpiryCycle } from './expiry-cycle.js'
import { MemoryControl } from './memory-control.js'
import { MigrationControl } from './migration/migration-control.js'
import type { LogLevel } from './node-options.js'
import { NodePauses } from './node-pauses.js'
import { countedSnapshot } from './persistence/counted-snapshot.js'
import { addLibrary, clearLibraries, datasetHeader, logBaseForm } from './persistence/dataset-settings.js'
import { AppendLog } from './persistence/log/append-log.js'
import { Persistence } from './persistence/persistence.js'
import type { HistoryRestore } from './persistence/persistence-host.js'
import { type OpenSink, openFileSink } from './persistence/save-sink.js'
import { ShutdownSequence } from './shutdown-sequence.js'

/** What an engine is made of. */
export interface EngineOptions {
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  readonly clock: Clock
  readonly random?: () => number
  readonly timer?: Timer
  readonly commands?: readonly Command[]
  /** `rename-command`, in this order; the empty name removes a command. */
  readonly renamedCommands?: readonly Renaming[]
  /** `user` directives. */
  readonly users?: readonly UserDirective[]
  readonly log: (level: LogLevel, message: string) => void
  /** Hears of what the file says of the history of the data. */
  readonly restore: HistoryRestore
  /** Asked for once, when the engine is complete. */
  readonly replication: () => ReplicationState | undefined
  /** Ends the node at once and answers nobody: what was answered could not be kept. */
  readonly fatal: () => void
  /** Ends the node as a crash would. */
  readonly crash: (signal: CrashSignal) => void
  /** Closes the node for good, at the end of a shutdown. */
  readonly shutdown: () => void
  /** Who writes a save in the background; default: this process. */
  readonly openSink?: OpenSink
  /** Serves the connections within the call, while a script runs. */
  readonly serveOthers?: () => void
}

/** Node's timers; a client that waits does not keep the process alive by itself, its socket does. */
const systemTimer: Timer = (delayMs, callback) => {
  const timeout = setTimeout(callback, delayMs)
  timeout.unref()
  return () => clearTimeout(timeout)
}

/** All of a node but its sockets: data, settings, and the parts that run commands, put together. */
export class Engine {
  readonly config: Config
  readonly propagation = new Propagation()
  readonly blocked: BlockedClients
  readonly clients: ClientList
  readonly executor: Executor
  readonly memory: MemoryControl
  readonly server: ServerState
  readonly appendLog: AppendLog
  readonly persistence: Persistence
  readonly shutdown: ShutdownSequence
  readonly migrations: MigrationControl
  readonly departedKeys: DepartedKeys
  readonly #access: AccessControl
  readonly #gates: Gates
  readonly pauses: NodePauses
  readonly #pause: PauseControl
  readonly #tracking = new Tracking({
    client: (id) => this.clients.get(id),
    clients: () => this.clients.all(),
    maxKeys: () => this.config.number('tracking-table-max-keys'),
    defer: (callback) => setImmediate(callback),
  })
  readonly #clock: Clock
  /** Runs the commands of a log. */
  readonly #replayClient: Client
  readonly #options: EngineOptions
  #cluster: ClusterControl | null = null
  #replication: ReplicationState | null = null
  #identity: NodeIdentity
  #expiresActively = true
  #commands: CommandIndex | null = null

  constructor(options: EngineOptions) {
    this.#options = options
    this.#clock = options.clock
    this.config = new Config(options.settings)
    const startedAtMs = this.#clock.nowMs()
    this.#identity = {
      runId: randomBytes(20).toString('hex'),
      startedAtMs,
      host: this.config.text('bind'),
      port: 0,
      configFile: '',
    }
    const timer = options.timer ?? systemTimer
    const nowMs = (): number => this.#clock.nowMs()
    const pubsub = new PubSub()
    const notifications = new KeyspaceNotifications(pubsub)
    const events = new KeyspaceEvents(this.propagation, notifications, this.#tracking)
    const readEventSettings = (): void => {
      notifications.configure(this.config.text('notify-keyspace-events'))
      events.expiresLazily = this.config.flag('lazyfree-lazy-expire')
    }
    readEventSettings()
    this.config.onChange(readEventSettings)
    const monitors = new MonitorFeed()
    this.blocked = new BlockedClients(events, timer, nowMs)
    this.#pause = new PauseControl(timer, nowMs, (client, argv) => {
      this.executor.execute(client, argv)
      this.executor.endTurn()
    })
    this.pauses = new NodePauses(this.#pause, nowMs)
    this.clients = new ClientList(this.blocked, this.#pause, monitors, this.#tracking)
    const inner = new Client({ id: 0, address: '', localAddress: '', connectedAtMs: startedAtMs, authenticated: true })
    this.#replayClient = new Client({
      id: 0,
      address: '',
      localAddress: '',
      connectedAtMs: startedAtMs,
      authenticated: true,
      isReplicationStream: true,
    })
    this.memory = new MemoryControl({
      config: this.config,
      clock: this.#clock,
      timer,
      random: options.random ?? Math.random,
      events,
      clients: this.clients,
      isFrozen: () => this.#pause.isActive(this.#clock.nowMs()),
      runUnit: (work) => this.executor.runUnit(inner, work),
    })
    const transactions = new Transactions(events, (client, queued) => this.executor.runQueued(client, queued))
    const commands = options.commands ?? allCommands
    this.#access = this.#makeAccess(catalogueOf(commands))
    this.server = this.#makeServer(options, commands, events, transactions, pubsub)
    this.appendLog = this.#makeLog(options)
    this.persistence = new Persistence({
      config: this.config,
      clock: this.#clock,
      databases: this.server.databases,
      appendLog: this.appendLog,
      replay: (unit) => this.executor.replay(this.#replayClient, unit),
      knows: (argv) => this.#commands?.find(argv) !== undefined,
      fatal: options.fatal,
      isReplica: () => this.isReplica,
      restore: options.restore,
      header: () => datasetHeader(this.server, 'snapshot', this.server.replication.savedPoint),
      openSink: options.openSink ?? openFileSink,
      counted: (begin) => countedSnapshot(this.server, begin),
      addLibrary: (source, replaces) => addLibrary(this.server, source, replaces),
      clearLibraries: () => clearLibraries(this.server),
      log: options.log,
    })
    this.departedKeys = new DepartedKeys({
      server: this.server,
      propagation: this.propagation,
      runUnit: (work) => this.executor.runUnit(inner, work),
    })
    this.migrations = new MigrationControl({
      nowMs,
      program: new URL('./migration-program.js', import.meta.url),
      holdKeys: (keys) => this.#pause.holdKeys(keys, this.server.cluster !== null),
      removeKeys: (databaseIndex, keys) => this.departedKeys.remove(databaseIndex, keys),
      ended: () => this.executor.retryWaiting(),
    })
    this.shutdown = new ShutdownSequence({
      server: this.server,
      persistence: this.persistence,
      close: () => {
        options.shutdown()
      },
    })
    const commandIndex = new CommandIndex(this.server.commands, this.server.statistics)
    this.#commands = commandIndex
    this.#gates = new Gates(this.server, new GateSettings(this.config), this.memory, this.#access)
    this.executor = new Executor({
      server: this.server,
      commands: commandIndex,
      gates: this.#gates,
      events,
      propagation: this.propagation,
      blocked: this.blocked,
      transactions,
      pause: this.#pause,
      monitors,
      tracking: this.#tracking,
      serveOthers: () => options.serveOthers?.(),
      onInternalError: (error, command) => this.#logInternalError(error, command),
    })
    this.#replication = options.replication() ?? isolatedReplication
  }

  /** Makes the node part of a cluster. */
  joinCluster(control: ClusterControl): void {
    this.#cluster = control
  }

  setConfigFile(path: string): void {
    this.config.file = path
    this.#identity = { ...this.#identity, configFile: path }
  }

  setAddress(host: string, port: number): void {
    this.#identity = { ...this.#identity, host, port }
  }

  /** What has to be done ten times a second: expired keys, samples. */
  cron(client: Client): void {
    const { statistics, databases, random, debugging } = this.server
    if (this.persistence.loadedBytes > this.config.number('loading-process-events-interval-bytes')) {
      this.pauses.endLoading()
    }
    if (debugging.cronPaused) return
    const nowMs = this.#clock.nowMs()
    for (const client of this.clients.all()) {
      const { queryBuffer } = client
      if (queryBuffer.allocatedBytes > 0) queryBuffer.resize(client.reservedInputBytes, !hasQueryBuffer(client, nowMs))
      const change = client.replyBuffer.resize(nowMs, debugging)
      if (change > 0) statistics.replyBufferExpands++
      else if (change < 0) statistics.replyBufferShrinks++
    }
    statistics.sampleRates(nowMs)
    void this.server.memory.peakBytes
    if (this.#tracking.isActive) this.#tracking.limitKeys()
    this.shutdown.cron()
    this.persistence.cron()
    this.executor.redirectWaiting()
    this.migrations.cron((slot) => this.server.cluster?.table.migrating.has(slot) ?? false)
    if (
      this.persistence.isLoading ||
      !this.#expiresActively ||
      !databases.some((database) => database.deadlineCount > 0)
    )
      return
    const startedAt = performance.now()
    this.executor.runUnit(client, () => runExpiryCycle(databases, random, () => performance.now() - startedAt))
    const elapsedMs = performance.now() - startedAt
    statistics.expiryCycleMs += elapsedMs
    const thresholdMs = this.config.number('latency-monitor-threshold')
    if (thresholdMs > 0 && elapsedMs >= thresholdMs)
      statistics.latency.add('expire-cycle', Math.floor(elapsedMs), nowMs)
  }

  /** Stops every timer, and a save that is under way unless the file is about to be written. */
  close(saves: boolean): void {
    if (!saves) void this.persistence.abortSave()
    this.#pause.close()
    this.migrations.close()
    this.memory.close()
    for (const client of this.clients.all()) this.blocked.forget(client)
  }

  #makeServer(
    options: EngineOptions,
    commands: readonly Command[],
    events: KeyspaceEvents,
    transactions: Transactions,
    pubsub: PubSub,
  ): ServerState {
    const engine = this
    const { config, clients } = this
    const slotIndex = config.flag('cluster-enabled')
    const databases = Array.from(
      { length: config.number('databases') },
      (_, index) => new Database({ index, slotIndex, listener: events, access: this.memory.access }),
    )
    const memory = this.memory.control(databases, () => this.server)
    const fixed: Omit<ServerState, ServerAccessor> = {
      clock: this.#clock,
      random: options.random ?? Math.random,
      config,
      settings: config,
      statistics: new Statistics(),
      debugging: new DebugSwitches(),
      clients,
      pubsub,
      access: this.#access,
      tracking: this.#tracking,
      transactions,
      databases,
      memory,
      commands: renamed(commands, options.renamedCommands ?? []),
      retryWaiting: () => this.executor.retryWaiting(),
      startScript: (context, permissions, identity) => {
        if (!(context instanceof ExecutionContext))
          throw new TypeError('A script needs the context of a running command.')
        return this.executor.startScript(context, permissions, identity)
      },
      isOutOfMemory: () => this.#gates.isOutOfMemory(),
      lacksReplicas: () => this.#gates.lacksReplicas(),
      log: (level, message) => options.log(level, message),
      setActiveExpiry: (enabled) => {
        this.#expiresActively = enabled
      },
      shutdown: (request) => {
        this.executor.abandonScript()
        return this.shutdown.begin(request)
      },
      abortShutdown: () => this.shutdown.abort(),
      crash: options.crash,
    }
    // V8 makes a literal with accessors a hash table, which every command would look into; not so when it begins with a copy.
    return {
      ...fixed,
      get identity() {
        return engine.#identity
      },
      get cluster() {
        return engine.#cluster
      },
      get replication() {
        return engine.#replication ?? isolatedReplication
      },
      get runningScript() {
        return engine.executor.runningScript
      },
      get persistence() {
        return engine.persistence
      },
      get migrations() {
        return engine.migrations
      },
      get shutdownDueAtMs() {
        return engine.shutdown.dueAtMs
      },
    }
  }

  #makeLog({ log, fatal }: EngineOptions): AppendLog {
    const { config, propagation, server } = this
    const snapshot = (kind: LogBaseKind): DatasetSnapshot =>
      new DatasetSnapshot(server.databases, logBaseForm(server, kind))
    const appendLog = new AppendLog({
      config,
      databases: server.databases,
      propagation,
      nowSeconds: () => Math.floor(this.#clock.nowMs() / 1000),
      openSink: this.#options.openSink ?? openFileSink,
      snapshot,
      backgroundSnapshot: (kind) => countedSnapshot(server, () => snapshot(kind)),
      isSaving: () => this.persistence.isSaving,
      isInTransaction: () => this.executor.isInTransaction,
      log,
      fatal,
      onFaultChange: () => this.persistence.updateRestricts(),
      latency: (event, milliseconds) => {
        const thresholdMs = config.number('latency-monitor-threshold')
        if (thresholdMs === 0 || milliseconds < thresholdMs) return
        server.statistics.latency.add(event, Math.floor(milliseconds), this.#clock.nowMs())
      },
    })
    config.onApply(['appendonly'], () => appendLog.applySetting())
    config.onChange((names) => {
      if (names.includes('aof-disable-auto-gc')) appendLog.removeHistory()
    })
    return appendLog
  }

  #makeAccess(catalogue: CommandCatalogue): AccessControl {
    const { config } = this
    const users = new UserTable({
      commands: catalogue,
      get opensChannels() {
        return config.text('acl-pubsub-default') === 'allchannels'
      },
      warn: (message) => this.#options.log('warning', message),
    })
    const readPassword = (): void => users.setDefaultPassword(config.text('requirepass'))
    if (config.text('requirepass') !== '') readPassword()
    config.onChange((names) => {
      if (names.includes('requirepass')) readPassword()
    })
    const { users: directives = [], log } = this.#options
    const failure = loadUsers(users, { directives, file: config.text('aclfile') }, log)
    if (failure !== null) {
      log('warning', failure)
      throw new SettingError(failure)
    }
    config.provideUsers(() => (config.text('aclfile') === '' ? users.describe() : []))
    return new AccessControl({
      catalogue,
      users,
      nowMs: () => this.#clock.nowMs(),
      logLimit: () => config.number('acllog-max-len'),
      describe: (client, argv) => describeClient(client, this.server, { client, argv }),
      find: (argv) => this.#commands?.find(argv),
    })
  }

  /** By its links, or by what it knows of its cluster. */
  get isReplica(): boolean {
    const { replication, cluster } = this.server
    if (replication.role === 'replica') return true
    return cluster?.table.myself.isReplica ?? false
  }

  #logInternalError(error: unknown, command: string): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#options.log('warning', `Internal error while running '${command}': ${detail}`)
  }
}

/** What the engine looks up anew each time. */
type ServerAccessor =
  | 'identity'
  | 'cluster'
  | 'replication'
  | 'runningScript'
  | 'persistence'
  | 'migrations'
  | 'shutdownDueAtMs'

const renamed = (commands: readonly Command[], renamings: readonly Renaming[]): ReadonlyMap<string, Command> => {
  const names = new CommandNames(commands)
  for (const renaming of renamings) {
    const fault = names.rename(renaming)
    if (fault !== null) throw new SettingError(`rename-command ${renaming.join(' ')}: ${RENAMING_TEXTS[fault]}`)
  }
  return names.all
}
