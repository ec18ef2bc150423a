import { NODE_FLAGS } from './node-flags.js'
import { SlotSet } from './slot-set.js'

/** Where a node is reached. */
export interface NodeAddress {
  /** Empty while it is not known. */
  readonly ip: string
  readonly port: number
  /** The port without TLS, where `port` is one with TLS; else 0. */
  readonly plainPort: number
  readonly busPort: number
}

/** A node as this one knows it. Only `NodeTable` changes what others are tied to: id, slots, primary and replicas. */
export class KnownNode implements NodeAddress {
  configEpoch = 0
  readonly slots = new SlotSet()
  primary: KnownNode | null = null
  readonly replicas: KnownNode[] = []
  ip = ''
  port = 0
  plainPort = 0
  busPort = 0
  hostname = ''
  /** There is a connection to its bus port, or one is being made. */
  isConnected = false
  /** When the ping was sent that it has not answered yet; 0 without one. Unix time in milliseconds, as all times here. */
  pingSentMs = 0
  pongReceivedMs = 0
  dataReceivedMs = 0
  failedAtMs = 0
  /** When this node voted for one of its replicas. */
  votedAtMs = 0
  /** Since when it is a primary without a replica that works; 0 when it is not. */
  orphanedSinceMs = 0
  /** How far it is in its stream, as it said last. */
  replicationOffset = 0
  /** The number of the ping in which it was told of last. */
  gossipNumber = 0
  /** The primaries that hold it for dead, and when they said so last. */
  readonly failureReports = new Map<KnownNode, number>()

  constructor(
    public id: string,
    public flags: number,
    readonly createdAtMs: number,
  ) {}

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  /** Sets or removes flags. @returns whether that changed anything */
  mark(flag: number, isSet: boolean): boolean {
    const before = this.flags
    this.flags = isSet ? before | flag : before & ~flag
    return this.flags !== before
  }

  get isPrimary(): boolean {
    return this.has(NODE_FLAGS.primary)
  }

  get isReplica(): boolean {
    return this.has(NODE_FLAGS.replica)
  }

  get isMyself(): boolean {
    return this.has(NODE_FLAGS.myself)
  }

  get isSuspected(): boolean {
    return this.has(NODE_FLAGS.suspected)
  }

  get hasFailed(): boolean {
    return this.has(NODE_FLAGS.failed)
  }

  get isInHandshake(): boolean {
    return this.has(NODE_FLAGS.handshake)
  }

  get hasAddress(): boolean {
    return !this.has(NODE_FLAGS.noAddress)
  }

  /** The replicas that nobody holds for dead. */
  get workingReplicas(): number {
    let count = 0
    for (const replica of this.replicas) if (!replica.hasFailed) count++
    return count
  }

  /** The epoch under which it claims slots; a replica's is its primary's. */
  get claimEpoch(): number {
    return this.isReplica && this.primary !== null ? this.primary.configEpoch : this.configEpoch
  }

  /** The node whose slots it serves: itself, or its primary; null for a replica whose primary is not known. */
  get shardPrimary(): KnownNode | null {
    return this.isPrimary ? this : this.primary
  }

  moveTo({ ip, port, plainPort, busPort }: NodeAddress): void {
    this.ip = ip
    this.port = port
    this.plainPort = plainPort
    this.busPort = busPort
  }

  isAt({ ip, port, plainPort, busPort }: NodeAddress): boolean {
    return this.ip === ip && this.port === port && this.plainPort === plainPort && this.busPort === busPort
  }
}
