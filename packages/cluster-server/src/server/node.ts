import type { Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../clock.js'
import type { ServerState, ShutdownRequest } from '../commands/context.js'
import { EFFECT_TARGETS, type Effect } from '../commands/replication-state.js'
import { Client } from '../dispatch/client.js'
import type { EffectListener } from '../dispatch/propagation.js'
import type { ClusterBus } from '../peers/bus/cluster-bus.js'
import { LEAST_BACKLOG_BYTES } from '../peers/outgoing-stream.js'
import type { Replication } from '../peers/replication.js'
import type { Reply } from '../resp/reply.js'
import { admissionRefusal, endpointText } from './admission.js'
import { Acceptor } from './busy/acceptor.js'
import type { AcceptedSocket } from './busy/relayed-socket.js'
import { ClientLimits } from './client-limits.js'
import { NodeBus } from './cluster/node-bus.js'
import { Connection, type ConnectionHost } from './connection.js'
import { Engine } from './engine.js'
import { FlushQueue } from './flush-queue.js'
import { InputLimits } from './input-limits.js'
import { Listeners } from './listeners.js'
import { type MetricsServer, openMetrics } from './metrics/metrics-server.js'
import {
  EMBEDDED_SETTINGS,
  keepsNodesFile,
  type ListeningAddress,
  type LogLevel,
  loadsFileOf,
  type NodeOptions,
} from './node-options.js'
import { openProcessSink } from './persistence/process-sink.js'
import { openFileSink } from './persistence/save-sink.js'
import { createReplication, restoreOf } from './replication-of-node.js'
import { settledWithin } from './settled-within.js'
import { SharedInputSocket } from './shared-input.js'
import { listenOnUnixSocket } from './unix-socket.js'
import type { Watchdog } from './watchdog/watchdog.js'
import { createWatchdog } from './watchdog-of-node.js'

const CRON_MS = 100
/** While a script runs, other connections are looked at after this pause, and for so small a share of the time. */
const SERVICE_PAUSE_MS = 1
const SERVICE_SHARE = 4
/** How long a client that does not read its answers is waited for. */
const CLOSE_PATIENCE_MS = 500

/**
 * One server: its data, its connections, its timers. It runs in any thread or process.
 *
 * What builds on it: `onEffects` for replicas and logs, `applyEffects` for what a primary sent, `cluster` for its
 * place in a cluster, and `options.replication` for its role.
 */
export class Node {
  readonly #options: NodeOptions
  readonly #engine: Engine
  readonly #connections = new Set<Connection>()
  readonly #listeners: Listeners
  #unixListener: Server | null = null
  readonly #limits: ClientLimits
  readonly #host: ConnectionHost
  /** Runs what a primary sends; a client of its own for each link. */
  #stream: Client
  readonly #inner: Client
  readonly #replication = createReplication(this, {
    engine: () => this.#engine,
    hasFile: () => loadsFileOf(this.#options),
    usesProcess: () => this.#options.savesInProcess ?? false,
    useStream: (client) => {
      this.#stream = client
    },
    exceedsOutputLimit: (client, bytes) => this.#limits.exceedsOutput(client, bytes),
  })
  readonly #watchdog: Watchdog
  #bus: NodeBus | null = null
  #metrics: MetricsServer | null = null
  #cronTimer: NodeJS.Timeout | null = null
  #closing: Promise<void> | null = null
  #nextServiceAt = 0
  readonly #acceptor = this.#makeAcceptor()

  /** @throws SettingError when a setting is not known or refuses its value. */
  constructor(options: NodeOptions = {}) {
    this.#options = options
    this.#engine = new Engine({
      ...options,
      settings: { ...EMBEDDED_SETTINGS, ...options.settings },
      clock: options.clock ?? systemClock,
      openSink: options.savesInProcess ? openProcessSink : openFileSink,
      log: (level, message) => this.log(level, message),
      replication: () => options.replication?.(this) ?? this.#replication,
      restore: restoreOf(
        () => this.#replication,
        () => this.#engine,
      ),
      fatal: () => this.#fail(),
      crash: (signal) => {
        options.onCrash?.(signal)
        this.#fail()
      },
      shutdown: () => void this.#shutdown(),
      serveOthers: () => this.#serveOthers(),
    })
    this.#limits = new ClientLimits(this.#engine, (level, message) => this.log(level, message))
    this.#watchdog = createWatchdog(this.#engine, options.logFile, (level, message) => this.log(level, message))
    this.#stream = this.#innerClient(true)
    this.#inner = this.#innerClient(false)
    this.#host = this.#makeHost()
    this.#listeners = new Listeners({
      accept: (socket) => this.#accept(socket),
      warn: (message) => this.log('warning', message),
    })
    const { config } = this.#engine
    this.#engine.setConfigFile(options.configFile ?? '')
    config.provide('replicaof', () => {
      const { primary } = this.#engine.server.replication
      return primary === null ? '' : `${primary.host} ${primary.port}`
    })
    config.onApply(['port'], () => this.#moveListener('Unable to listen on this port. Check server logs.'))
    config.onApply(['bind'], () => this.#moveListener('Failed to bind to specified addresses.'))
    config.onChange((names) => {
      if (!names.includes('repl-backlog-size')) return
      // As in Redis, a smaller one is none.
      if (config.number('repl-backlog-size') < LEAST_BACKLOG_BYTES)
        config.assign('repl-backlog-size', String(LEAST_BACKLOG_BYTES))
      this.#replication.resizeBacklog()
    })
  }

  /** What handlers see of the node. */
  get server(): ServerState {
    return this.#engine.server
  }

  /** Where the node listens; the port is 0 before `listen`. */
  get address(): ListeningAddress {
    const { host, port } = this.#engine.server.identity
    return { host, port }
  }

  /** Whether the node listens for TCP connections; it may do so on a path only. */
  get isReachableByAddress(): boolean {
    return this.#listeners.first !== null
  }

  /**
   * Opens the port, and loads the file of the node, if it has one; until that is done clients are told to wait.
   * @returns the address, with the port that was chosen for `port 0`.
   * @throws the system's error when an address cannot be used, such as `EADDRINUSE`; an Error when there is none to listen
   * on, or the file cannot be loaded.
   */
  async listen(): Promise<ListeningAddress> {
    const { config } = this.#engine
    const wantedPort = config.number('port')
    this.#bus = this.#makeBus()
    const { host, port } = await this.#listeners.open(config.text('bind'), wantedPort, config.number('tcp-backlog'))
    config.assign('port', String(port))
    this.#engine.setAddress(host, port)
    try {
      await this.#bus?.open(port, wantedPort === 0)
      await this.#listenOnPath()
      this.#metrics = await openMetrics(config.number('metrics-port'), this.server)
      if (this.#listeners.first === null && this.#unixListener === null) {
        throw new Error('Configured to not listen anywhere.')
      }
      this.#cronTimer = setInterval(() => this.#cron(), CRON_MS)
      this.#watchdog.open()
      this.#options.onListening?.({ host, port })
      this.#engine.pauses.beginLoading()
      await this.#loadFile()
      this.#bus?.start()
      this.#engine.pauses.endLoading()
    } catch (error) {
      // What was loaded so far must not replace the file.
      await this.abandon()
      throw error
    }
    return { host, port }
  }

  /**
   * Stops taking connections, sends what is answered so far, and closes every connection. With rules for saving
   * (`save`) the file is written at the end. Leaves no timer and no socket behind. May be called again; resolves when
   * the port is free.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#engine.persistence.savesOnItsOwn && !this.#engine.persistence.isLoading)
    return this.#closing
  }

  /** As a signal does to redis-server: begins to end soon, and calls `options.onShutdown`, or `onFailure` and goes on. */
  scheduleShutdown(request: ShutdownRequest, onFailure: () => void): void {
    this.#engine.shutdown.schedule(request, onFailure)
  }

  /** As `close`, without writing the file. */
  abandon(): Promise<void> {
    this.#closing ??= this.#close(false)
    return this.#closing
  }

  /** Removes what a save that is under way has written so far: the process is about to end. */
  abandonSaves(): void {
    this.#engine.persistence.removeTemporaryFiles()
  }

  /**
   * Calls back with the effects of each unit: a command, a transaction, a script, an expiry. Synchronously and in order of execution,
   * before the client is answered. Not called for what `applyEffects` runs.
   * @returns a function that removes the listener.
   */
  onEffects(listener: EffectListener): () => void {
    return this.#engine.propagation.listen(listener, EFFECT_TARGETS.replicas)
  }

  /**
   * Runs what a primary sent, as one unit and past all gates. Keys do not expire by themselves meanwhile.
   * @returns the answers in order; an error among them means that the copies differ.
   */
  applyEffects(unit: readonly Effect[]): Reply[] {
    return this.#engine.executor.applyEffects(this.#stream, unit)
  }

  /** The bus of the node; null without `cluster-enabled yes`, and before `listen`. */
  get cluster(): ClusterBus | null {
    return this.#bus?.bus ?? null
  }

  /** The links to other nodes; without effect when `options.replication` made another one. */
  get replication(): Replication {
    return this.#replication
  }

  /** Whether CLIENT PAUSE is in force. */
  get isPaused(): boolean {
    return this.#engine.pauses.isActive
  }

  /** Writes a line to the log that the node was given. */
  log(level: LogLevel, message: string): void {
    if (this.#options.log !== undefined) this.#options.log(level, message)
    else if (level === 'warning') process.stderr.write(`${message}\n`)
  }

  async #loadFile(): Promise<void> {
    const { persistence, appendLog, config } = this.#engine
    if (config.flag('appendonly')) await persistence.loadLog()
    else if (loadsFileOf(this.#options)) {
      appendLog.readManifest()
      await persistence.load()
    }
  }

  async #close(saves: boolean): Promise<void> {
    if (this.#cronTimer !== null) clearInterval(this.#cronTimer)
    this.#watchdog.close()
    this.#replication.close()
    this.#engine.close(saves)
    const closed = Promise.all([this.#listeners.close(), this.#bus?.close(), this.#metrics?.close()])
    this.#unixListener?.close()
    const connections = [...this.#connections]
    const gone = Promise.all(connections.map((each) => new Promise<void>((resolve) => each.onClose(resolve))))
    for (const connection of connections) connection.closeAfterFlush()
    await settledWithin(gone, CLOSE_PATIENCE_MS)
    for (const connection of [...this.#connections]) connection.close()
    await closed
    this.#acceptor.close()
    if (saves) await this.#engine.persistence.saveFinally()
    else await this.#engine.persistence.abortSave()
    await this.#engine.appendLog.close()
  }

  /** `unixsocket`: a second way in, for the programs of this machine. */
  async #listenOnPath(): Promise<void> {
    const { config } = this.#engine
    const path = config.text('unixsocket')
    if (path === '') return
    const mode = Number.parseInt(config.text('unixsocketperm'), 8)
    this.#unixListener = await listenOnUnixSocket(path, mode, (socket) => this.#accept(socket, path))
  }

  /** Listens where the settings say now; who is connected stays. @returns `refusal` when that is not possible. */
  #moveListener(refusal: string): string | null {
    // Before the node listens, the settings are all that there is.
    if (this.#cronTimer === null) return null
    const { config } = this.#engine
    const moved = this.#listeners.move(config.text('bind'), config.number('port'), config.number('tcp-backlog'))
    if (moved === null) return refusal
    this.#engine.setAddress(moved.host, moved.port)
    return null
  }

  /** Ends without an answer to anybody: what was to be answered is not in the log. */
  #fail(): void {
    for (const connection of [...this.#connections]) connection.close()
    void this.abandon()
    this.#options.onFatal?.()
  }

  async #shutdown(): Promise<void> {
    // Whether to save was decided by who asked for it.
    await this.abandon()
    this.#options.onShutdown?.()
  }

  /** @param path of the Unix socket that it came by */
  #accept(accepted: AcceptedSocket, path?: string): void {
    const socket = SharedInputSocket.takeOver(accepted)
    const { config, server, clients } = this.#engine
    const statistics = server.statistics
    // A client that is gone before it is told anything is no error of this process.
    socket.on('error', () => socket.destroy())
    if (this.#closing !== null) return void socket.destroy()
    const refusal = admissionRefusal(config, clients.size, {
      remoteAddress: socket.remoteAddress,
      isLocal: path !== undefined,
      needsNoPassword: server.access.users.defaultUser.needsNoPassword,
    })
    if (refusal !== null) {
      statistics.rejectedConnections++
      return void socket.end(refusal, 'latin1', () => socket.destroy())
    }
    statistics.connections++
    const keepAliveSeconds = config.number('tcp-keepalive')
    if (keepAliveSeconds > 0) socket.setKeepAlive(true, keepAliveSeconds * 1000)
    const client = new Client({
      id: clients.nextId(),
      address: endpointText(path ?? socket.remoteAddress, socket.remotePort),
      localAddress: endpointText(path ?? socket.localAddress, socket.localPort),
      connectedAtMs: server.clock.nowMs(),
      authenticated: server.access.users.defaultUser.admitsEverybody,
      user: server.access.users.defaultUser,
    })
    clients.add(client)
    const connection = new Connection(
      socket,
      client,
      new InputLimits(config, client, () => server.access.isLoginRequired),
      this.#host,
    )
    this.#connections.add(connection)
    connection.onClose(() => this.#connections.delete(connection))
  }

  #makeHost(): ConnectionHost {
    const { server, executor, clients, config, memory, appendLog } = this.#engine
    const { statistics } = server
    const limits = this.#limits
    const steps: Omit<ConnectionHost, 'limitsMemory' | 'maxInputBytes'> = {
      flushQueue: new FlushQueue({
        before: () => {
          this.#bus?.settle()
          appendLog.flush()
        },
        after: () => limits.enforceMemory(),
      }),
      execute: (client, argv, isFirst) => executor.execute(client, argv, isFirst),
      endTurn: () => executor.endTurn(),
      closed: (client) => {
        server.transactions.unwatch(client)
        server.pubsub.remove(client)
        clients.remove(client)
        limits.forget(client)
        memory.buffers.forget(client)
      },
      countInput: (bytes) => {
        statistics.inputBytes += bytes
        statistics.reads++
      },
      countOutput: (client, bytes) => statistics.countOutput(bytes, client.isReplica),
      noteBuffers: (client, bytes) => {
        memory.buffers.note(client, bytes)
        client.queryBuffer.note(client.reservedInputBytes)
      },
      exceedsOutputLimit: (client, bytes) => limits.exceedsOutput(client, bytes),
      limitsOutput: (client) => limits.limitsOutput(client),
      exceedsHardLimit: (client, bytes) => limits.exceedsHardLimit(client, bytes),
      failed: (client, error) => this.#logFailure(`client ${client.id}`, error),
      touched: (client) => limits.note(client),
      enforceMemory: () => limits.enforceMemory(),
    }
    // V8 makes a literal with accessors a hash table, which every command would look into; not so when it begins with a copy.
    return {
      ...steps,
      get limitsMemory() {
        return limits.limitsMemory
      },
      get maxInputBytes() {
        return config.number('client-query-buffer-limit')
      },
    }
  }

  #makeBus(): NodeBus | null {
    if (!this.#engine.config.flag('cluster-enabled')) return null
    return new NodeBus({
      engine: this.#engine,
      nodeId: this.#options.nodeId,
      keepsFile: keepsNodesFile(this.#options),
      log: (level, message) => this.log(level, message),
      clearData: () => void this.applyEffects([{ databaseIndex: 0, argv: ['FLUSHALL'] }]),
      fatal: () => this.#fail(),
    })
  }

  #makeAcceptor(): Acceptor {
    const node = this
    return new Acceptor({
      program: fileURLToPath(new URL('./accept-process.js', import.meta.url)),
      get port() {
        return node.address.port
      },
      get listener() {
        return node.#listeners.first
      },
      accept: (socket) => this.#accept(socket),
    })
  }

  /** A script runs for long: what has arrived on other connections is answered within this call. */
  #serveOthers(): void {
    const startedAt = performance.now()
    if (startedAt < this.#nextServiceAt) return
    const callerId = this.server.runningScript?.callerId
    for (const connection of this.#connections) if (connection.clientId !== callerId) connection.serveNow()
    this.#acceptor.serveNow()
    this.#host.flushQueue.flushAll()
    const now = performance.now()
    this.#nextServiceAt = now + Math.max(SERVICE_PAUSE_MS, (now - startedAt) * SERVICE_SHARE)
  }

  #cron(): void {
    try {
      this.#engine.cron(this.#inner)
      this.#limits.cron()
      this.#bus?.runRound()
    } catch (error) {
      this.#logFailure('the periodic work', error)
    }
  }

  #logFailure(where: string, error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.log('warning', `Internal error in ${where}: ${detail}`)
  }

  #innerClient(isReplicationStream: boolean): Client {
    const connectedAtMs = this.#engine.server.clock.nowMs()
    return new Client({ id: 0, address: '', localAddress: '', connectedAtMs, authenticated: true, isReplicationStream })
  }
}
