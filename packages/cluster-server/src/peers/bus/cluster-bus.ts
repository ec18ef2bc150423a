import { ClusterHealth } from '../../cluster/cluster-health.js'
import { KnownNode } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import { createNodeId } from '../../cluster/node-id.js'
import { NodeTable } from '../../cluster/node-table.js'
import type { NodesFile } from '../../cluster/nodes-file.js'
import { fillTable, nodesFileOf, tableOfFile } from '../../cluster/nodes-file-table.js'
import type {
  BusLinkStatus,
  BusStatistics,
  ClusterControl,
  ClusterTodo,
  FailoverKind,
} from '../../commands/cluster-control.js'
import { Announcement } from './announcement.js'
import type { BusHost } from './bus-host.js'
import type { BusLink, BusSocket } from './bus-link.js'
import { BusLinks } from './bus-links.js'
import type { BusParts } from './bus-parts.js'
import { BusSender } from './bus-sender.js'
import { BusSettings } from './bus-settings.js'
import { ClusterCron } from './cluster-cron.js'
import { FailureDetection } from './failure-detection.js'
import { GossipReceiver } from './gossip-receiver.js'
import { ManualFailover } from './manual-failover.js'
import { Membership } from './membership.js'
import { PacketReceiver } from './packet-receiver.js'
import { ReplicaElection } from './replica-election.js'
import { ReplicaMove } from './replica-move.js'
import { SlotClaims } from './slot-claims.js'
import { Todo } from './todo.js'

/** How soon a replica in a failover by hand looks again whether it has come up with its primary. */
const CATCH_UP_MS = 2

/** How a node comes to the bus. */
export interface BusStart {
  /** What it knew when it ended; null for a new node. */
  readonly file: NodesFile | null
  /** The id of a new node; default: random. */
  readonly id?: string
  /** The port on which its bus listens; asked for whenever it is needed. */
  readonly busPort: () => number
}

/**
 * A node's place in a cluster: it meets other nodes, agrees with them who owns which slot and who is dead, and takes the
 * place of a dead primary. It speaks the cluster bus of Redis 7.0.
 */
export class ClusterBus implements ClusterControl {
  readonly table: NodeTable
  readonly #host: BusHost
  readonly #settings: BusSettings
  readonly #links: BusLinks
  readonly #sender: BusSender
  readonly #todo = new Todo(() => this.settle())
  readonly #announcement = new Announcement((audience) => this.#sender.pongTo(audience))
  readonly #failures: FailureDetection
  readonly #membership: Membership
  readonly #manual: ManualFailover
  readonly #election: ReplicaElection
  readonly #move: ReplicaMove
  readonly #receiver: PacketReceiver
  readonly #cron: ClusterCron
  #health: ClusterHealth
  #isStarted = false
  #savesSoon = false
  #catchUpTimer: NodeJS.Timeout | null = null
  readonly #listeners = new Set<() => void>()

  constructor(host: BusHost, { file, id, busPort }: BusStart) {
    this.#host = host
    this.#settings = new BusSettings(host.config)
    const nowMs = host.clock.nowMs()
    this.table =
      file === null
        ? new NodeTable(new KnownNode(id ?? createNodeId(), NODE_FLAGS.myself | NODE_FLAGS.primary, nowMs))
        : tableOfFile(file, nowMs)
    this.table.onSlotLost = (slot) => host.slotLost(slot)
    this.#health = new ClusterHealth(file !== null)
    const bus = this
    this.#links = new BusLinks({
      settings: this.#settings,
      nowMs: () => host.clock.nowMs(),
      connect: (endpoint) => host.connect(endpoint),
      connected: (link, node) => this.#connected(link, node),
      received: (link, packet) => this.#receiver.receive(link, packet),
      drained: () => this.settle(),
      log: (level, message) => host.log(level, message),
    })
    this.#sender = new BusSender({
      host,
      settings: this.#settings,
      table: this.table,
      links: this.#links,
      get busPort() {
        return busPort()
      },
      get isOk() {
        return bus.#health.isOk
      },
      get failsOverByHand() {
        return bus.#manual.isUnderWay
      },
    })
    const parts: BusParts = {
      host,
      settings: this.#settings,
      table: this.table,
      links: this.#links,
      sender: this.#sender,
      todo: this.#todo,
      settle: () => this.settle(),
    }
    const manual = new ManualFailover(parts)
    const membership = new Membership({ ...parts, manual, busPort })
    const failures = new FailureDetection(parts)
    const election = new ReplicaElection(parts, manual, () => membership.promote())
    // Votes for the place of one primary are none for that of another one.
    const follow = (primary: KnownNode): void => {
      election.reset()
      membership.follow(primary)
    }
    this.#manual = manual
    this.#membership = membership
    this.#failures = failures
    this.#election = election
    this.#move = new ReplicaMove(parts, follow)
    this.#receiver = new PacketReceiver({
      ...parts,
      failures,
      membership,
      manual,
      election,
      gossip: new GossipReceiver(parts, failures),
      claims: new SlotClaims(parts, follow),
    })
    this.#cron = new ClusterCron({ ...parts, membership, manual })
    membership.readSettings()
    if (file === null) this.#todo.add('save', 'synced')
  }

  get health(): 'ok' | 'fail' {
    return this.#health.isOk ? 'ok' : 'fail'
  }

  get allowsReadsWhenDown(): boolean {
    return this.#settings.allowsReadsWhenDown
  }

  get allowsShardChannelsWhenDown(): boolean {
    return this.#settings.allowsShardChannelsWhenDown
  }

  get dropsMessageType(): number | null {
    return this.#receiver.dropsMessageType
  }

  set dropsMessageType(type: number | null) {
    this.#receiver.dropsMessageType = type
  }

  get statistics(): BusStatistics {
    return {
      sent: this.#sender.sent,
      received: this.#receiver.received,
      linksOverLimit: this.#links.overLimit,
      linkBytes: this.#links.bytes,
    }
  }

  /** Begins to connect to the nodes that are known, and to look after them. */
  start(): void {
    this.#isStarted = true
    this.#todo.add('state')
    this.runRound()
  }

  /** Takes over a whole cluster, as a new node in it. What the file says of this node holds for its id, role and slots. */
  adopt(file: NodesFile): void {
    fillTable(this.table, file, this.#host.clock.nowMs())
    this.readSettings()
    this.#todo.add('save')
    this.runRound()
  }

  /** Whoever started a node says that it is dead: the cluster need not find out by itself. */
  declareFailed(nodeId: string): void {
    const node = this.table.node(nodeId)
    if (node === undefined || node.isMyself || node.hasFailed) return
    this.#failures.declare(node)
    this.settle()
  }

  /**
   * Whether the cluster is able to work, as far as this node knows, every node has answered it, and every replica has said
   * that it has data: clients are not told of others. With a dead node in it the cluster may be down for good: then its
   * health does not count.
   */
  get isJoined(): boolean {
    let someFailed = false
    for (const node of this.table.nodes) {
      if (node.hasFailed) someFailed = true
      if (node.isMyself || node.hasFailed) continue
      if (node.pongReceivedMs === 0 || (node.isReplica && node.replicationOffset === 0)) return false
    }
    return someFailed || this.#health.isOk
  }

  /** What is done for each node ten times a second: connecting, pinging, suspecting, electing. Nothing before `start`. */
  runRound(): void {
    if (!this.#isStarted) return
    const { myself } = this.table
    this.#cron.run()
    const { replication } = this.#host
    if (myself.isReplica && !replication.isFollowing && myself.primary?.hasAddress && myself.primary.ip !== '') {
      replication.follow(myself.primary.ip, myself.primary.port)
    }
    this.#manual.checkTime()
    if (myself.isReplica) {
      this.#advanceManual()
      this.#move.consider(this.#health.isOk)
    }
    if (!this.#health.isOk) this.#todo.add('state')
    if (this.#savesSoon) this.#todo.add('save')
    this.settle()
  }

  /** Takes in a connection to the port of the bus. */
  accept(socket: BusSocket): void {
    // What others tell may change data that are still being loaded.
    if (this.#host.isLoading && !this.table.myself.isReplica) socket.destroy()
    else this.#links.accept(socket)
  }

  /** Calls back at the end of each turn in which anything was changed that others would want to know. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  links(): readonly BusLinkStatus[] {
    return this.#links.known.map((link) => ({
      direction: link.isInbound ? 'from' : 'to',
      nodeId: link.node?.id ?? '',
      createdAtMs: link.createdAtMs,
      events: link.pendingBytes > 0 ? 'rw' : 'r',
      sendBufferAllocatedBytes: link.pendingBytes,
      sendBufferUsedBytes: link.pendingBytes,
    }))
  }

  /** DEBUG CLUSTERLINK KILL. */
  closeLinks(node: KnownNode, which: 'to' | 'from' | 'all'): void {
    if (which !== 'from') this.#links.closeTo(node)
    if (which !== 'to') this.#links.closeFrom(node)
  }

  meet(ip: string, port: number, busPort: number): 'started' | 'invalid' {
    return this.#membership.meet(ip, port, busPort)
  }

  forget(node: KnownNode): void {
    this.#membership.forget(node)
  }

  follow(primary: KnownNode): void {
    this.#election.reset()
    this.#membership.follow(primary)
    this.#todo.add('save', 'state')
    // The primary sends what is published in its shard to the replicas that it knows of.
    this.#announcement.make()
  }

  reset(hard: boolean): void {
    this.#membership.reset(hard)
  }

  bumpEpoch(): boolean {
    return this.#membership.bumpEpoch()
  }

  startFailover(kind: FailoverKind): void {
    if (kind === 'takeover') {
      this.#host.log('notice', 'Taking over the master (user request).')
      this.#membership.bumpEpoch()
      this.#membership.promote()
      return
    }
    this.#manual.begin(kind)
    this.#todo.add('manualFailover', 'failover')
  }

  resetFailover(): void {
    this.#manual.reset()
  }

  saveConfig(): string | null {
    return this.#keep({ isSynced: true })
  }

  changed(...todo: readonly ClusterTodo[]): void {
    this.#todo.add(...todo)
  }

  announce(): void {
    this.settle()
    this.#announcement.make()
  }

  failureReports(node: KnownNode): number {
    return this.#failures.reports(node)
  }

  publish(channel: string, message: string): void {
    this.#sender.publish(channel, message)
  }

  publishToShard(channel: string, message: string): void {
    this.#sender.publishToShard(channel, message)
  }

  /** Takes over what the settings say of this node. */
  readSettings(): void {
    this.#membership.readSettings()
    this.#todo.add('state')
  }

  /** Does what this turn left to do: before anybody is answered that depends on it. */
  settle(): void {
    if (this.#todo.isEmpty) return
    const items = this.#todo.take()
    const { myself } = this.table
    if (items.has('manualFailover')) {
      if (myself.isReplica) this.#advanceManual()
    } else if (items.has('failover')) {
      this.#election.advance()
    }
    if (items.has('state')) this.#judge()
    if (items.has('save')) this.#save(items.has('synced'))
    else if (items.has('saveSoon')) this.#savesSoon = true
    for (const listener of this.#listeners) listener()
  }

  /** Ends all connections. */
  close(): void {
    if (this.#savesSoon || !this.#todo.isEmpty) this.saveConfig()
    this.#isStarted = false
    if (this.#catchUpTimer !== null) clearTimeout(this.#catchUpTimer)
    this.#announcement.close()
    this.#todo.close()
    this.#links.close()
  }

  #advanceManual(): void {
    if (this.#manual.advance()) {
      this.#catchUpTimer ??= setTimeout(() => {
        this.#catchUpTimer = null
        this.#advanceManual()
        this.settle()
      }, CATCH_UP_MS)
    }
    this.#election.advance()
  }

  /** A link of this node is there: a ping goes out at once, so that a node is not suspected for the time it took. */
  #connected(link: BusLink, node: KnownNode): void {
    const pingSentMs = node.pingSentMs
    this.#sender.ping(link, node.has(NODE_FLAGS.meet) ? 'meet' : 'ping')
    // An older ping is still not answered.
    if (pingSentMs !== 0) node.pingSentMs = pingSentMs
    node.mark(NODE_FLAGS.meet, false)
  }

  #judge(): void {
    const { requiresFullCoverage, nodeTimeoutMs } = this.#settings
    const rules = { requiresFullCoverage, nodeTimeoutMs }
    if (this.#health.judge(this.table, rules, this.#host.clock.nowMs())) {
      this.#host.log('notice', `Cluster state changed: ${this.health}`)
    }
    this.#host.routingChanged()
  }

  #keep({ isSynced }: { readonly isSynced: boolean }): string | null {
    this.#savesSoon = false
    try {
      this.#host.save(nodesFileOf(this.table), { isSynced })
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #save(isSynced: boolean): void {
    const failure = this.#keep({ isSynced })
    if (failure === null) return
    this.#host.log('warning', `Fatal: can't update cluster config file: ${failure}`)
    this.#host.fatal()
  }
}
