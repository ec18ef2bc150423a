import { encodeMessage } from '../../cluster/bus-encoder.js'
import { BUS_MESSAGE_TYPES, type BusBody, type BusHeader, type GossipEntry } from '../../cluster/bus-message.js'
import { chooseGossip } from '../../cluster/gossip-choice.js'
import type { KnownNode } from '../../cluster/known-node.js'
import type { NodeTable } from '../../cluster/node-table.js'
import type { Audience } from './announcement.js'
import type { BusHost } from './bus-host.js'
import type { BusLink } from './bus-link.js'
import type { BusLinks } from './bus-links.js'
import type { BusSettings } from './bus-settings.js'

/** What a sender looks at. */
export interface SenderParts {
  readonly table: NodeTable
  readonly host: BusHost
  readonly settings: BusSettings
  readonly links: BusLinks
  /** The port of this node's bus. */
  readonly busPort: number
  readonly isOk: boolean
  /** A failover by hand is under way. */
  readonly failsOverByHand: boolean
}

/** The ports that this node tells others. */
export const announcedPorts = ({
  settings,
  host,
  busPort,
}: Pick<SenderParts, 'settings' | 'host' | 'busPort'>): { readonly port: number; readonly busPort: number } => ({
  port: settings.announcedPort || host.port,
  busPort: settings.announcedBusPort || busPort,
})

const gossipOf = (node: KnownNode): GossipEntry => ({
  id: node.id,
  pingSentSeconds: Math.floor(node.pingSentMs / 1000),
  pongReceivedSeconds: Math.floor(node.pongReceivedMs / 1000),
  ip: node.ip,
  port: node.port,
  busPort: node.busPort,
  flags: node.flags,
  plainPort: node.plainPort,
})

/** Makes the messages of this node, and sends them. */
export class BusSender {
  readonly #parts: SenderParts
  readonly #sent: number[] = BUS_MESSAGE_TYPES.map(() => 0)
  #pings = 0

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** Number of messages sent, by the number of their type. */
  get sent(): readonly number[] {
    return this.#sent
  }

  /** Sends what this node claims and some of what it knows of others. A ping on a link of its own waits for an answer. */
  ping(link: BusLink, type: 'ping' | 'pong' | 'meet'): void {
    const { host } = this.#parts
    if (type === 'ping' && !link.isInbound && link.node !== null) link.node.pingSentMs = host.clock.nowMs()
    this.#heartbeat([link], type)
  }

  /** Sends a pong to all nodes or to some, so that they need not wait for a ping. */
  pongTo(audience: Audience): void {
    const { myself } = this.#parts.table
    const isOfShard = ({ isReplica, primary }: KnownNode): boolean =>
      isReplica && primary !== null && (primary === myself || primary === myself.primary)
    const links = this.#everybody((node) => audience === 'all' || isOfShard(node) === (audience === 'shardReplicas'))
    this.#heartbeat(links, 'pong')
  }

  failed(node: KnownNode): void {
    this.#send(this.#everybody(), { type: 'fail', failedId: node.id })
  }

  askForVotes(): void {
    this.#send(this.#everybody(), { type: 'authRequest' })
  }

  vote(replica: KnownNode): void {
    this.#send(this.#to(replica), { type: 'authAck' })
  }

  askForPause(primary: KnownNode): void {
    this.#send(this.#to(primary), { type: 'failoverStart' })
  }

  /** Tells a node of slots that another one owns. */
  update(receiver: KnownNode, owner: KnownNode): void {
    const { unclaimed } = this.#parts.table
    const slots = owner.slots.bytes.map((byte, index) => byte & ~(unclaimed.bytes[index] as number))
    this.#send(this.#to(receiver), { type: 'update', nodeId: owner.id, configEpoch: owner.configEpoch, slots })
  }

  publish(channel: string, message: string): void {
    this.#send(this.#everybody(), { type: 'publish', channel, message })
  }

  publishToShard(channel: string, message: string): void {
    const { myself } = this.#parts.table
    const primary = myself.shardPrimary
    if (primary === null) return
    const others = [primary, ...primary.replicas].filter((node) => !node.isMyself && !node.isInHandshake)
    this.#send(
      others.flatMap((node) => this.#to(node)),
      { type: 'publishShard', channel, message },
    )
  }

  #to(node: KnownNode): readonly BusLink[] {
    const link = this.#parts.links.to(node)
    return link === undefined ? [] : [link]
  }

  #everybody(isMeant: (node: KnownNode) => boolean = () => true): readonly BusLink[] {
    const { table } = this.#parts
    return [...table.nodes]
      .filter((node) => !node.isMyself && !node.isInHandshake && isMeant(node))
      .flatMap((node) => this.#to(node))
  }

  #heartbeat(links: readonly BusLink[], type: 'ping' | 'pong' | 'meet'): void {
    const { table, host, settings } = this.#parts
    const gossip = chooseGossip(table, host.random, ++this.#pings).map(gossipOf)
    this.#send(links, { type, gossip, hostname: settings.announcedHostname })
  }

  #send(links: readonly BusLink[], body: BusBody): void {
    if (links.length === 0) return
    const packet = encodeMessage({ header: this.#header(body.type), body })
    for (const link of links) link.send(packet)
    const number = BUS_MESSAGE_TYPES.indexOf(body.type)
    this.#sent[number] = (this.#sent[number] ?? 0) + links.length
  }

  #header(type: BusBody['type']): BusHeader {
    const { table, host, settings, isOk, failsOverByHand } = this.#parts
    const { myself } = table
    // A replica sends what its primary claims.
    const claimant = myself.isReplica && myself.primary !== null ? myself.primary : myself
    return {
      senderId: myself.id,
      flags: myself.flags,
      primaryId: myself.primary?.id ?? null,
      announcedIp: settings.announcedIp,
      ...announcedPorts(this.#parts),
      plainPort: 0,
      currentEpoch: table.currentEpoch,
      configEpoch: claimant.configEpoch,
      offset: host.replication.offset,
      slots: claimant.slots.bytes,
      isOk,
      isPaused: failsOverByHand && myself.isPrimary,
      forcesVote: failsOverByHand && type === 'authRequest',
    }
  }
}
