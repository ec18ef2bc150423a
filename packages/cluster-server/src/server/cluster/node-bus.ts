import { connect, type Socket } from 'node:net'
import { resolve } from 'node:path'
import type { BusHost } from '../../peers/bus/bus-host.js'
import { ClusterBus } from '../../peers/bus/cluster-bus.js'
import { SLOT_COUNT } from '../../slot.js'
import type { Engine } from '../engine.js'
import { Listeners } from '../listeners.js'
import type { LogLevel } from '../node-options.js'
import { LoadError } from '../persistence/load-error.js'
import { NodesFileStore } from './nodes-file-store.js'

/** Redis' distance between the two ports of a node. */
const PORT_DISTANCE = 10_000
const GREATEST_PORT = 65_535
const ACCEPT_BACKLOG = 511

/** The parts of a node that its bus is tied to. */
export interface NodeBusOwner {
  readonly engine: Engine
  /** The id of a new node. */
  readonly nodeId: string | undefined
  /** Whether it keeps what it knows in the file that `cluster-config-file` names. */
  readonly keepsFile: boolean
  log(level: LogLevel, message: string): void
  /** Drops all data, with nobody told. */
  clearData(): void
  fatal(): void
}

/** The cluster bus of a node, with its port, its file and all that ties it to the rest of the node. */
export class NodeBus {
  readonly #owner: NodeBusOwner
  readonly #store: NodesFileStore | null
  readonly #listeners: Listeners
  #bus: ClusterBus | null = null
  #busPort = 0

  /** @throws LoadError when the file is used by another node, or cannot be read; the log says why */
  constructor(owner: NodeBusOwner) {
    this.#owner = owner
    const { config } = owner.engine
    this.#store = owner.keepsFile
      ? openStore(resolve(config.text('dir'), config.text('cluster-config-file')), owner)
      : null
    this.#listeners = new Listeners({
      accept: (socket) => this.#accept(socket),
      warn: (message) => owner.log('warning', message),
    })
  }

  /** The bus; null before `open`. */
  get bus(): ClusterBus | null {
    return this.#bus
  }

  /**
   * Opens the port of the bus. From here on the node is in a cluster.
   * @param port that of the clients
   * @param isPortFree whether that one was chosen by the system, so that another one may do for the bus, too
   * @throws the system's error when the port cannot be used
   */
  async open(port: number, isPortFree: boolean): Promise<void> {
    const { engine, log, nodeId } = this.#owner
    const { config } = engine
    this.#busPort = config.number('cluster-port') || port + PORT_DISTANCE
    const loaded = this.#store?.loaded ?? null
    this.#bus = new ClusterBus(this.#host(), {
      file: loaded,
      busPort: () => this.#busPort,
      ...(nodeId !== undefined && { id: nodeId }),
    })
    const { id } = this.#bus.table.myself
    log(
      'notice',
      loaded === null ? `No cluster configuration found, I'm ${id}` : `Node configuration loaded, I'm ${id}`,
    )
    engine.joinCluster(this.#bus)
    config.onChange((names) => {
      if (names.some((name) => name.startsWith('cluster-') || name === 'port')) this.#bus?.readSettings()
    })
    await this.#listen(isPortFree)
    this.#bus.readSettings()
  }

  /** Begins to talk to other nodes: all data are there. @throws Error when they are not those of a node of a cluster */
  start(): void {
    this.#checkData()
    this.#bus?.start()
  }

  /** To be called ten times a second. */
  runRound(): void {
    this.#bus?.runRound()
  }

  /** Does what a turn left to do, before anybody is answered. */
  settle(): void {
    this.#bus?.settle()
  }

  async close(): Promise<void> {
    this.#bus?.close()
    await this.#listeners.close()
    this.#store?.close()
  }

  #accept(socket: Socket): void {
    if (this.#bus === null) socket.destroy()
    else this.#bus.accept(socket)
  }

  async #listen(isPortFree: boolean): Promise<void> {
    const { config } = this.#owner.engine
    const bind = config.text('bind')
    const mayBeAny = isPortFree && config.number('cluster-port') === 0
    if (this.#busPort > GREATEST_PORT && !mayBeAny) {
      throw new Error(
        'Redis port number too high. Cluster communication port is 10,000 port numbers higher than your Redis port. Your Redis port number must be 55535 or less.',
      )
    }
    if (this.#busPort <= GREATEST_PORT) {
      try {
        await this.#listeners.open(bind, this.#busPort, ACCEPT_BACKLOG)
        return
      } catch (error) {
        if (!mayBeAny) {
          this.#owner.log('warning', `Failed listening on port ${this.#busPort} (cluster), aborting.`)
          throw error
        }
      }
    }
    this.#busPort = (await this.#listeners.open(bind, 0, ACCEPT_BACKLOG)).port
  }

  /** What is in the slots decides what this primary claims: keys are never left where nobody finds them. */
  #checkData(): void {
    const { engine, log } = this.#owner
    const table = this.#bus?.table
    if (table === undefined || table.myself.isReplica) return
    const [first, ...others] = engine.server.databases
    if (others.some(({ size }) => size > 0)) {
      throw new Error("You can't have keys in a DB different than DB 0 when in Cluster mode. Exiting.")
    }
    let hasChanged = false
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if ((first?.slots?.count(slot) ?? 0) === 0) continue
      const owner = table.ownerOf(slot)
      if (owner === table.myself || table.importing.has(slot)) continue
      hasChanged = true
      if (owner === undefined) {
        log('warning', `I have keys for unassigned slot ${slot}. Taking responsibility for it.`)
        table.addSlot(table.myself, slot)
      } else {
        log(
          'warning',
          `I have keys for slot ${slot}, but the slot is assigned to another node. Setting it to importing state.`,
        )
        table.importing.set(slot, owner)
      }
    }
    if (hasChanged) this.#bus?.changed('save', 'state')
  }

  #host(): BusHost {
    const { engine } = this.#owner
    const owner = this.#owner
    const { server, config } = engine
    return {
      clock: server.clock,
      random: server.random,
      config,
      get port() {
        return server.identity.port
      },
      get isLoading() {
        return server.persistence.isLoading || server.persistence.isLoadingAsync
      },
      replication: {
        get offset() {
          const { primary, offset } = server.replication
          return primary?.copyOffset ?? offset
        },
        get dataAgeMs() {
          return server.replication.dataAgeMs
        },
        get isFollowing() {
          return server.replication.role === 'replica'
        },
        follow: (host, port) => server.replication.follow(host, port),
        becomePrimary: () => server.replication.becomePrimary(),
      },
      data: {
        count: (slot) => server.databases[0]?.slots?.count(slot) ?? 0,
        remove: (slot) => engine.departedKeys.removeSlot(slot),
        clear: () => owner.clearData(),
      },
      connect: (endpoint) => connect(endpoint),
      pauseWrites: (untilMs) => engine.pauses.beginFailover(untilMs),
      resumeWrites: () => engine.pauses.endFailover(),
      deliver: (channel, message) => void server.pubsub.publish(channel, message),
      deliverToShard: (channel, message) => void server.pubsub.publishToShard(channel, message),
      slotLost: (slot) => server.pubsub.leaveSlot(slot),
      routingChanged: () => engine.executor.redirectWaiting(),
      save: (file, { isSynced }) => this.#store?.save(file, isSynced),
      fatal: () => owner.fatal(),
      log: (level, message) => owner.log(level, message),
    }
  }
}

const openStore = (path: string, { log }: NodeBusOwner): NodesFileStore => {
  try {
    return NodesFileStore.open(path, (message) => log('warning', message))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    for (const line of reason.split('\n')) log('warning', line)
    throw new LoadError(reason, { cause: error })
  }
}
