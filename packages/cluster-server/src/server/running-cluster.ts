import { isIPv6 } from 'node:net'
import { NODE_FLAGS } from '../cluster/node-flags.js'
import { type NodesFile, type NodesFileEntry, parseNodesFile } from '../cluster/nodes-file.js'
import type { ClusterPlan } from './cluster-options.js'
import type { Member, MemberAddress } from './member.js'
import { nodesFileFor } from './nodes-file-for.js'

/** One node of an embedded cluster. */
export interface EmbeddedNode {
  /** 40 hexadecimal digits, as in CLUSTER NODES. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** As the cluster has agreed; a replica that takes its primary's place becomes one. */
  readonly role: 'primary' | 'replica'
  /** The node that a replica follows; null for a primary. */
  readonly primaryId: string | null
  readonly state: 'running' | 'failed'
}

/** What a running cluster is made of. */
export interface ClusterParts {
  readonly plan: ClusterPlan
  /** The cluster as it began. */
  readonly file: NodesFile
  /** In the order of the file's nodes. */
  readonly addresses: readonly MemberAddress[]
  readonly members: readonly Member[]
  readonly createMember: () => Member
}

interface Seat {
  readonly id: string
  readonly address: MemberAddress
  member: Member
  isRunning: boolean
  /** It is being ended or started on purpose. */
  isBusy: boolean
  /** A slot that it owned when it died, which says who took its place. */
  formerSlot: number | undefined
}

/** How long a node that comes back waits for its replica to take its place, and how often it looks. */
const SUCCESSION_LIMIT_MS = 10_000
const LOOK_MS = 20

/** A cluster in this process, or below it. */
export class RunningCluster {
  readonly #plan: ClusterPlan
  readonly #seats: readonly Seat[]
  readonly #createMember: () => Member
  /** The newest view of the cluster that a node has given. */
  #file: NodesFile
  #closing: Promise<void> | null = null

  /** Clusters are made by `startCluster`. */
  constructor(parts: ClusterParts) {
    this.#plan = parts.plan
    this.#createMember = parts.createMember
    this.#file = parts.file
    this.#seats = parts.file.nodes.map(({ id }, index) => ({
      id,
      address: parts.addresses[index] as MemberAddress,
      member: parts.members[index] as Member,
      isRunning: true,
      isBusy: false,
      formerSlot: undefined,
    }))
    for (const seat of this.#seats) this.#watch(seat)
  }

  /** The primaries of the beginning in the order of their slots, then the replicas. */
  get nodes(): readonly EmbeddedNode[] {
    return this.#seats.map(({ id, address, isRunning }) => {
      const entry = this.#entry(id)
      const isPrimary = entry === undefined || (entry.flags & NODE_FLAGS.primary) !== 0
      return {
        id,
        host: address.host,
        port: address.port,
        role: isPrimary ? 'primary' : 'replica',
        primaryId: isPrimary ? null : entry.primaryId,
        state: isRunning ? 'running' : 'failed',
      }
    })
  }

  /** `redis+cluster://host:port,…` with every node. */
  get url(): string {
    const seeds = this.#seats.map(({ address: { host, port } }) => `${isIPv6(host) ? `[${host}]` : host}:${port}`)
    return `redis+cluster://${seeds.join(',')}`
  }

  /**
   * Ends a node at once, as a crash would; its data is lost. The others are told that it is dead, and do what they would
   * have done after `cluster-node-timeout`: a replica takes its place within about a second, or the cluster is down
   * while slots are uncovered.
   * @param index position in `nodes`
   * @throws RangeError for an index without a node
   */
  async kill(index: number): Promise<void> {
    const seat = this.#require(index)
    seat.isBusy = true
    await seat.member.kill()
    await this.#bury(seat)
  }

  /**
   * Starts a node anew with its id and ports, after ending it if it runs. It comes back without data, and takes the place
   * that the cluster has for it: one that was replaced follows its successor, and a replica copies its primary's data.
   * A primary without a replica that lives stays one, and is empty.
   * @param index position in `nodes`
   * @throws RangeError for an index without a node; Error when a port was taken meanwhile
   */
  async restart(index: number): Promise<void> {
    const seat = this.#require(index)
    if (seat.isRunning) await this.kill(index)
    const next = this.#createMember()
    const { host, port, busPort } = seat.address
    const settings = { ...this.#plan.settings, bind: host, port, 'cluster-port': busPort }
    try {
      await next.start({ id: seat.id, settings })
      await this.#awaitSuccessor(seat)
      await next.join(nodesFileFor(this.#fileWithPlaceOf(seat), seat.id))
    } catch (error) {
      await next.kill()
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`Node ${index} (port ${port}) could not be started again: ${why}`, { cause: error })
    }
    seat.member = next
    seat.isRunning = true
    seat.isBusy = false
    this.#watch(seat)
    const primary = this.#seats.find(({ id }) => id === this.#entry(seat.id)?.primaryId)
    // While others are dead, the cluster may have to stay as it is; a replica of a dead primary has nobody to wait for.
    if (this.#seats.every(({ isRunning }) => isRunning) || primary?.isRunning) await next.awaitJoined()
  }

  /** Ends every node; may be called again. Resolves when all ports are free and no thread or process is left. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** `await using cluster = await startCluster()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all(this.#seats.map(({ member }) => member.close()))
  }

  #entry(id: string): NodesFileEntry | undefined {
    return this.#file.nodes.find((node) => node.id === id)
  }

  #require(index: number): Seat {
    const seat = this.#seats[index]
    if (seat === undefined) {
      throw new RangeError(`There is no node ${index}; the cluster has nodes 0 to ${this.#seats.length - 1}.`)
    }
    if (this.#closing !== null) throw new Error('The cluster has been closed.')
    return seat
  }

  #watch(seat: Seat): void {
    const { member } = seat
    member.onView((text) => {
      const file = parseNodesFile(text)
      if (seat.member === member && file.currentEpoch >= this.#file.currentEpoch) this.#file = file
    })
    member.onExit((reason) => {
      if (this.#closing !== null || seat.isBusy || seat.member !== member) return
      const { host, port } = seat.address
      process.stderr.write(`Node ${this.#seats.indexOf(seat)} of the cluster (${host}:${port}) is gone: ${reason}\n`)
      void this.#bury(seat)
    })
  }

  /** One node that runs tells all others. */
  async #bury(dead: Seat): Promise<void> {
    dead.isRunning = false
    dead.formerSlot = this.#entry(dead.id)?.slots[0]?.start
    for (const { member, isRunning } of this.#seats) {
      if (!isRunning) continue
      try {
        await member.reportFailure(dead.id)
        return
      } catch {
        // It dies in this moment, which its own exit reports; the next one tells.
      }
    }
  }

  /** The cluster as it is, with a node that was replaced as the replica of its successor. */
  #fileWithPlaceOf({ id, formerSlot }: Seat): NodesFile {
    const entry = this.#entry(id)
    const isReplaced = entry !== undefined && entry.primaryId === null && entry.slots.length === 0
    if (!isReplaced || formerSlot === undefined) return this.#file
    const successor = this.#file.nodes.find(({ slots }) =>
      slots.some(({ start, end }) => start <= formerSlot && formerSlot <= end),
    )
    if (successor === undefined) return this.#file
    const place = { ...entry, flags: NODE_FLAGS.replica, primaryId: successor.id, configEpoch: successor.configEpoch }
    return { ...this.#file, nodes: this.#file.nodes.map((node) => (node.id === id ? place : node)) }
  }

  /** A primary that came back at once would have its replicas copy that it has nothing. */
  async #awaitSuccessor(seat: Seat): Promise<void> {
    const untilMs = Date.now() + SUCCESSION_LIMIT_MS
    const isAwaited = (): boolean => {
      const entry = this.#entry(seat.id)
      if (entry === undefined || (entry.flags & NODE_FLAGS.primary) === 0 || entry.slots.length === 0) return false
      const replicas = this.#file.nodes.filter(({ primaryId }) => primaryId === seat.id)
      const canElect = this.#seats.filter(({ isRunning }) => isRunning).length > this.#seats.length / 2
      return canElect && replicas.some(({ id }) => this.#seats.find((other) => other.id === id)?.isRunning)
    }
    while (isAwaited() && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
