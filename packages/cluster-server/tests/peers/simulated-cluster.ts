import { EventEmitter } from 'node:events'
import { jest } from '@jest/globals'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import type { NodesFile, NodesFileEntry } from '../../src/cluster/nodes-file.js'
import { splitSlots } from '../../src/cluster/slot-split.js'
import type { BusHost } from '../../src/peers/bus/bus-host.js'
import type { BusEndpoint, BusSocket } from '../../src/peers/bus/bus-link.js'
import { ClusterBus } from '../../src/peers/bus/cluster-bus.js'
import { Config } from '../../src/server/config.js'
import { idOf } from '../cluster/node-ids.js'

const LATENCY_MS = 1
const STEP_MS = 100
const BASE_PORT = 1000

/** One end of a connection in memory. What is written arrives a little later, in order, or never while the way is cut. */
class SimulatedSocket extends EventEmitter implements BusSocket {
  readonly localAddress = '127.0.0.1'
  readonly remoteAddress = '127.0.0.1'
  readonly writableLength = 0
  peer: SimulatedSocket | null = null
  #isGone = false

  constructor(readonly canPass: () => boolean) {
    super()
  }

  write(packet: Buffer): void {
    const copy = Buffer.from(packet)
    setTimeout(() => {
      if (this.canPass() && this.peer !== null && !this.peer.#isGone) this.peer.emit('data', copy)
    }, LATENCY_MS)
  }

  destroy(): void {
    if (this.#isGone) return
    this.#isGone = true
    setTimeout(() => this.emit('close'), 0)
    setTimeout(() => {
      if (this.canPass()) this.peer?.destroy()
    }, LATENCY_MS)
  }

  setNoDelay(): void {}
}

/** One node: its bus, and the little of a server that the bus steers. */
export class SimulatedNode {
  readonly #cluster: SimulatedCluster
  readonly #config: Config
  #timer: NodeJS.Timeout | undefined
  #isCrashing = false
  bus: ClusterBus | null = null
  /** What it kept when it ended. */
  file: NodesFile
  offset = 0
  followedPort: number | null = null
  heardAtMs = 0
  isPaused = false
  isLoading = false
  /** Nothing can be kept any more. */
  isDiskFull = false
  readonly published: string[] = []
  readonly log: string[] = []

  constructor(
    cluster: SimulatedCluster,
    readonly index: number,
    file: NodesFile,
    settings: Record<string, string>,
  ) {
    this.#cluster = cluster
    this.#config = new Config(settings)
    this.file = file
  }

  get port(): number {
    return BASE_PORT + this.index
  }

  get isRunning(): boolean {
    return this.bus !== null
  }

  start(): void {
    this.followedPort = null
    this.bus = new ClusterBus(this.#host(), { file: this.file, busPort: () => this.port })
    this.bus.start()
    this.#timer = setInterval(() => this.bus?.runRound(), STEP_MS)
  }

  /** Ends without a word, as by SIGKILL: the other side of its connections notices when it sends the next time. */
  crash(): void {
    clearInterval(this.#timer)
    this.#isCrashing = true
    this.bus?.close()
    this.#isCrashing = false
    this.bus = null
  }

  /** A part of a second of the data's life: a primary that may be written to is, a replica follows. */
  live(nowMs: number): void {
    if (this.bus === null) return
    if (this.followedPort === null) {
      const { myself } = this.bus.table
      if (this.bus.health === 'ok' && myself.slots.size > 0 && !this.isPaused) this.offset += 10 + this.index
      return
    }
    const primary = this.#cluster.nodes.find(({ port }) => port === this.followedPort)
    if (primary === undefined || !primary.isRunning || !this.#cluster.canPass(this.index, primary.index)) return
    this.heardAtMs = nowMs
    this.offset = primary.offset
  }

  #host(): BusHost {
    const node = this
    const cluster = this.#cluster
    return {
      clock: { nowMs: () => Date.now(), nowMicroseconds: () => Date.now() * 1000 },
      random: cluster.random,
      config: this.#config,
      port: this.port,
      replication: {
        get offset() {
          return node.offset
        },
        get dataAgeMs() {
          return node.followedPort === null ? 0 : Date.now() - node.heardAtMs
        },
        get isFollowing() {
          return node.followedPort !== null
        },
        follow: (_host, port) => {
          node.followedPort = port
        },
        becomePrimary: () => {
          node.followedPort = null
        },
      },
      data: { count: () => 0, remove: () => {}, clear: () => {} },
      connect: (endpoint) => cluster.connect(this, endpoint),
      get isLoading() {
        return node.isLoading
      },
      pauseWrites: () => {
        node.isPaused = true
      },
      resumeWrites: () => {
        node.isPaused = false
      },
      deliver: (channel, message) => node.published.push(`${channel} ${message}`),
      deliverToShard: (channel, message) => node.published.push(`shard ${channel} ${message}`),
      slotLost: () => {},
      routingChanged: () => {},
      save: (file) => {
        if (node.isDiskFull) throw new Error('no space left on device')
        if (!node.#isCrashing) node.file = file
      },
      fatal: () => node.crash(),
      log: (_level, message) => node.log.push(message),
    }
  }
}

/** A cluster of buses in one process, with a network and a time of its own. To be used with Jest's fake timers. */
export class SimulatedCluster {
  readonly nodes: readonly SimulatedNode[]
  readonly random: () => number
  /** Who listens on a port and is no node: is given the other end of each connection. */
  readonly listeners = new Map<number, (socket: BusSocket) => void>()
  /** The nodes with the same number reach each other. */
  #sides: readonly number[]

  /** @param replicas for each primary */
  constructor(primaries: number, replicas: number, random: () => number, settings: Record<string, string> = {}) {
    this.random = random
    const count = primaries * (1 + replicas)
    const ranges = splitSlots(primaries)
    const entries = Array.from({ length: count }, (_, index): NodesFileEntry => {
      const isPrimary = index < primaries
      return {
        id: idOf(index + 1),
        ip: '127.0.0.1',
        port: BASE_PORT + index,
        busPort: BASE_PORT + index,
        hostname: '',
        flags: isPrimary ? NODE_FLAGS.primary : NODE_FLAGS.replica,
        primaryId: isPrimary ? null : idOf((index % primaries) + 1),
        pingSentMs: 0,
        pongReceivedMs: 0,
        configEpoch: isPrimary ? index + 1 : 0,
        isConnected: true,
        slots: isPrimary ? [ranges[index]!] : [],
        migrating: new Map(),
        importing: new Map(),
      }
    })
    this.#sides = entries.map(() => 0)
    this.nodes = entries.map((own, index) => {
      const nodes = entries.map((entry) =>
        entry === own ? { ...entry, flags: entry.flags | NODE_FLAGS.myself } : entry,
      )
      const file = { currentEpoch: primaries, lastVoteEpoch: 0, nodes }
      return new SimulatedNode(this, index, file, { 'cluster-node-timeout': '1000', ...settings })
    })
    for (const node of this.nodes) node.start()
  }

  get running(): readonly SimulatedNode[] {
    return this.nodes.filter(({ isRunning }) => isRunning)
  }

  /** Cuts the network between nodes of different numbers, one number for each node. */
  divide(sides: readonly number[]): void {
    this.#sides = sides
  }

  heal(): void {
    this.#sides = this.nodes.map(() => 0)
  }

  canPass(from: number, to: number): boolean {
    return this.#sides[from] === this.#sides[to]
  }

  connect(from: SimulatedNode, { port }: BusEndpoint): BusSocket {
    const listener = this.listeners.get(port)
    if (listener !== undefined) return this.#connectTo(listener)
    const target = this.nodes.find((node) => node.port === port)
    const near = new SimulatedSocket(() => target !== undefined && this.canPass(from.index, target.index))
    setTimeout(() => {
      // A way that is cut answers nothing at all.
      if (target === undefined || !this.canPass(from.index, target.index)) return
      if (target.bus === null) {
        near.emit('error', new Error('connection refused'))
        near.destroy()
        return
      }
      const far = new SimulatedSocket(() => this.canPass(target.index, from.index))
      near.peer = far
      far.peer = near
      target.bus.accept(far)
      near.emit('connect')
    }, LATENCY_MS)
    return near
  }

  #connectTo(listener: (socket: BusSocket) => void): BusSocket {
    const [near, far] = [new SimulatedSocket(() => true), new SimulatedSocket(() => true)]
    near.peer = far
    far.peer = near
    setTimeout(() => {
      listener(far)
      near.emit('connect')
    }, LATENCY_MS)
    return near
  }

  /** Lets time pass. @param check called after each tenth of a second */
  run(milliseconds: number, check: () => void = () => {}): void {
    for (let passed = 0; passed < milliseconds; passed += STEP_MS) {
      jest.advanceTimersByTime(STEP_MS)
      for (const node of this.nodes) node.live(Date.now())
      check()
    }
  }

  close(): void {
    for (const node of this.nodes) node.crash()
  }
}
