import { decodeMessage } from '../../cluster/bus-decoder.js'
import { BUS_MESSAGE_TYPES, type BusBody, type BusHeader, type BusMessage } from '../../cluster/bus-message.js'
import { KnownNode, type NodeAddress } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import { createNodeId } from '../../cluster/node-id.js'
import { SlotSet } from '../../cluster/slot-set.js'
import { decideVote } from '../../cluster/vote.js'
import type { BusLink } from './bus-link.js'
import type { BusParts } from './bus-parts.js'
import type { FailureDetection } from './failure-detection.js'
import type { GossipReceiver } from './gossip-receiver.js'
import type { ManualFailover } from './manual-failover.js'
import type { Membership } from './membership.js'
import type { ReplicaElection } from './replica-election.js'
import type { SlotClaims } from './slot-claims.js'

/** The parts of a bus that act on messages. */
export interface ReceiverParts extends BusParts {
  readonly failures: FailureDetection
  readonly gossip: GossipReceiver
  readonly membership: Membership
  readonly manual: ManualFailover
  readonly election: ReplicaElection
  readonly claims: SlotClaims
}

type Heartbeat = BusBody & { readonly type: 'ping' | 'pong' | 'meet' }

/** Acts on each message of the bus. Source of the rules and of their order: `clusterProcessPacket` of Redis 7.0. */
export class PacketReceiver {
  readonly #parts: ReceiverParts
  readonly #received: number[] = BUS_MESSAGE_TYPES.map(() => 0)
  /** Messages of this type are passed over, for tests. */
  dropsMessageType: number | null = null

  constructor(parts: ReceiverParts) {
    this.#parts = parts
  }

  /** Number of messages received, by the number of their type. */
  get received(): readonly number[] {
    return this.#received
  }

  /** May close the link. */
  receive(link: BusLink, packet: Buffer): void {
    const { host } = this.#parts
    const decoded = decodeMessage(packet)
    const type = decoded.type === 'message' ? decoded.message.body.type : decoded.messageType
    const number = type === null ? -1 : BUS_MESSAGE_TYPES.indexOf(type)
    if (number !== -1) this.#received[number] = (this.#received[number] ?? 0) + 1
    if (decoded.type === 'ignored') {
      host.log('warning', decoded.reason)
      return
    }
    if (number === this.dropsMessageType) {
      host.log('notice', 'Dropping packet that matches debug drop filter')
      return
    }
    this.#act(link, decoded.message)
  }

  #act(link: BusLink, { header, body }: BusMessage): void {
    const sender = this.#senderOf(link, header)
    if (sender !== null) this.#hear(sender, header)
    switch (body.type) {
      case 'ping':
      case 'pong':
      case 'meet':
        this.#heartbeat(link, header, body, sender)
        return
      case 'fail':
        this.#failed(header, body.failedId, sender)
        return
      case 'publish':
        if (sender !== null) this.#parts.host.deliver(body.channel, body.message)
        return
      case 'publishShard':
        if (sender !== null) this.#parts.host.deliverToShard(body.channel, body.message)
        return
      case 'authRequest':
        if (sender !== null) this.#voteFor(sender, header)
        return
      case 'authAck':
        if (sender?.isPrimary && sender.slots.size > 0) this.#parts.election.countVote(header.currentEpoch)
        return
      case 'failoverStart':
        if (sender === null || sender.primary !== this.#parts.table.myself) return
        this.#parts.manual.yieldTo(sender)
        // It tells the replica how far the stream goes.
        this.#parts.sender.ping(link, 'ping')
        return
      case 'update':
        if (sender !== null) this.#update(body)
        return
      case 'module':
        return
      default:
        body satisfies never
    }
  }

  /** The node that sent a message; null when it is not known. */
  #senderOf(link: BusLink, header: BusHeader): KnownNode | null {
    if (link.node !== null && !link.node.isInHandshake) return link.node
    const sender = this.#parts.table.node(header.senderId) ?? null
    if (sender !== null && link.node === null) this.#parts.links.identify(link, sender)
    return sender
  }

  /** What every message tells of its sender. */
  #hear(sender: KnownNode, header: BusHeader): void {
    const { host, table, todo, manual } = this.#parts
    sender.dataReceivedMs = host.clock.nowMs()
    if (sender.isInHandshake) return
    table.currentEpoch = Math.max(table.currentEpoch, header.currentEpoch)
    if (header.configEpoch > sender.configEpoch) {
      sender.configEpoch = header.configEpoch
      todo.add('save', 'synced')
    }
    sender.replicationOffset = header.offset
    if (header.isPaused && table.myself.isReplica && table.myself.primary === sender) manual.heardOffset(header.offset)
  }

  #heartbeat(link: BusLink, header: BusHeader, body: Heartbeat, sender: KnownNode | null): void {
    const { sender: messages, membership, gossip, todo } = this.#parts
    if (body.type !== 'pong') {
      membership.learnOwnAddress(link, body.type === 'meet')
      if (sender === null && body.type === 'meet') {
        const node = new KnownNode(createNodeId(), NODE_FLAGS.handshake, this.#parts.host.clock.nowMs())
        node.moveTo(this.#addressOf(link, header))
        this.#parts.table.add(node)
        todo.add('saveSoon')
        gossip.learn(body.gossip, null)
      }
      messages.ping(link, 'pong')
    }
    const { node } = link
    if (!link.isInbound && node !== null && !this.#isExpected(link, node, header, sender)) return
    if (sender !== null) {
      if (sender.mark(NODE_FLAGS.noFailover, (header.flags & NODE_FLAGS.noFailover) !== 0)) todo.add('saveSoon')
      if (body.type === 'ping' && !sender.isInHandshake) this.#updateAddress(sender, link, header)
    }
    if (!link.isInbound && node !== null && body.type === 'pong') this.#answered(node)
    if (sender === null) return
    this.#updateRole(sender, header)
    this.#updateSlots(sender, header)
    membership.resolveCollision(sender, header.configEpoch)
    gossip.learn(body.gossip, sender)
    if (sender.hostname !== body.hostname) {
      sender.hostname = body.hostname
      todo.add('saveSoon')
    }
  }

  /**
   * Whether the node at the other end of a link that this node made is the one that was looked for.
   * @returns false when the link is closed: it is another one, or one that is known already
   */
  #isExpected(link: BusLink, node: KnownNode, header: BusHeader, sender: KnownNode | null): boolean {
    const { host, links, membership, table, todo } = this.#parts
    if (node.isInHandshake) {
      if (sender !== null) {
        host.log('verbose', `Handshake: we already know node ${sender.id}, updating the address if needed.`)
        this.#updateAddress(sender, link, header)
        membership.remove(node)
        return false
      }
      // Whoever gives no id cannot become known.
      if (header.senderId === '') {
        membership.remove(node)
        return false
      }
      table.rename(node, header.senderId)
      host.log('debug', `Handshake with node ${node.id} completed.`)
      node.mark(NODE_FLAGS.handshake, false)
      node.mark(header.flags & (NODE_FLAGS.primary | NODE_FLAGS.replica), true)
      todo.add('saveSoon')
      return true
    }
    if (node.id === header.senderId) return true
    host.log('debug', `PONG contains mismatching sender ID. About node ${node.id}, which has no known address now.`)
    node.mark(NODE_FLAGS.noAddress, true)
    node.moveTo({ ip: '', port: 0, plainPort: 0, busPort: 0 })
    links.closeTo(node)
    todo.add('saveSoon')
    return false
  }

  #addressOf(link: BusLink, { announcedIp, port, plainPort, busPort }: BusHeader): NodeAddress {
    return { ip: announcedIp || link.peerAddress, port, plainPort, busPort }
  }

  /** A node that pings from elsewhere has moved. */
  #updateAddress(node: KnownNode, link: BusLink, header: BusHeader): void {
    const { host, links, table, todo } = this.#parts
    if (links.to(node) === link) return
    const address = this.#addressOf(link, header)
    if (address.ip === '' || node.isAt(address)) return
    node.moveTo(address)
    node.mark(NODE_FLAGS.noAddress, false)
    links.closeTo(node)
    host.log('notice', `Address updated for node ${node.id}, now ${node.ip}:${node.port}`)
    const { myself } = table
    if (myself.isReplica && myself.primary === node) host.replication.follow(node.ip, node.port)
    todo.add('saveSoon', 'state')
  }

  #answered(node: KnownNode): void {
    const { host, todo, failures } = this.#parts
    node.pongReceivedMs = host.clock.nowMs()
    node.pingSentMs = 0
    if (node.mark(NODE_FLAGS.suspected, false)) todo.add('saveSoon', 'state')
    else if (node.hasFailed) failures.answered(node)
  }

  #updateRole(sender: KnownNode, { primaryId }: BusHeader): void {
    const { table, todo } = this.#parts
    if (primaryId === null) {
      if (table.makePrimary(sender)) todo.add('saveSoon', 'state')
      return
    }
    if (sender.isPrimary) {
      table.makeReplica(sender)
      todo.add('saveSoon', 'state')
    }
    const primary = table.node(primaryId)
    if (primary === undefined || sender.primary === primary) return
    table.follow(sender, primary)
    todo.add('saveSoon')
  }

  #updateSlots(sender: KnownNode, { slots, configEpoch }: BusHeader): void {
    const { claims } = this.#parts
    const claimant = sender.shardPrimary
    if (claimant === null || claimant.slots.equals(slots)) return
    const claimed = SlotSet.copyOf(slots)
    if (sender.isPrimary) claims.take(sender, configEpoch, claimed)
    claims.correct(sender, configEpoch, claimed)
  }

  #failed(header: BusHeader, failedId: string, sender: KnownNode | null): void {
    const { host, table, failures } = this.#parts
    if (sender === null) {
      host.log('notice', `Ignoring FAIL message from unknown node ${header.senderId} about ${failedId}`)
      return
    }
    const failed = table.node(failedId)
    if (failed !== undefined) failures.announced(failed, sender)
  }

  #voteFor(candidate: KnownNode, { currentEpoch, configEpoch, slots, forcesVote }: BusHeader): void {
    const { host, settings, table, sender, todo } = this.#parts
    const nowMs = host.clock.nowMs()
    const request = { candidate, currentEpoch, configEpoch, slots: SlotSet.copyOf(slots), isForced: forcesVote }
    const decision = decideVote(table, request, settings.nodeTimeoutMs, nowMs)
    if (decision.type === 'silent') return
    if (decision.type === 'denied') {
      host.log('notice', `Failover auth denied to ${candidate.id}: ${decision.reason}`)
      return
    }
    table.lastVoteEpoch = table.currentEpoch
    decision.primary.votedAtMs = nowMs
    todo.add('save', 'synced')
    // Before anybody hears of the vote: a node that forgot it would give another one.
    this.#parts.settle()
    sender.vote(candidate)
    host.log('notice', `Failover auth granted to ${candidate.id} for epoch ${table.currentEpoch}`)
  }

  #update({ nodeId, configEpoch, slots }: BusBody & { readonly type: 'update' }): void {
    const { table, claims, todo } = this.#parts
    const owner = table.node(nodeId)
    if (owner === undefined || owner.configEpoch >= configEpoch) return
    if (owner.isReplica && table.makePrimary(owner)) todo.add('state')
    owner.configEpoch = configEpoch
    todo.add('save', 'synced')
    claims.take(owner, configEpoch, SlotSet.copyOf(slots))
  }
}
