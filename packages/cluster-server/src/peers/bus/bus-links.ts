import type { KnownNode } from '../../cluster/known-node.js'
import { type BusEndpoint, BusLink, type BusSocket, type LinkEvents } from './bus-link.js'
import type { BusSettings } from './bus-settings.js'

/** What becomes of the links of a node. */
export interface LinksOwner extends Pick<LinkEvents, 'received' | 'drained' | 'log'> {
  readonly settings: BusSettings
  nowMs(): number
  connect(endpoint: BusEndpoint): BusSocket
  /** A connection that this node makes is there. */
  connected(link: BusLink, node: KnownNode): void
}

/**
 * The connections of the bus: to each known node one that this node made, and from each one that it made. Only the first
 * kind carries pings of this node, so that each side finds out by itself whether it reaches the other one.
 */
export class BusLinks {
  readonly #owner: LinksOwner
  readonly #outbound = new Map<KnownNode, BusLink>()
  readonly #inbound = new Map<KnownNode, BusLink>()
  /** From nodes that have not said yet who they are. */
  readonly #strangers = new Set<BusLink>()
  readonly #events: LinkEvents
  #overLimit = 0

  constructor(owner: LinksOwner) {
    this.#owner = owner
    this.#events = {
      received: (link, packet) => owner.received(link, packet),
      drained: () => owner.drained(),
      closed: (link) => this.#forget(link),
      log: (level, message) => owner.log(level, message),
    }
  }

  /** Connections that were closed as they did not take what was to be sent. */
  get overLimit(): number {
    return this.#overLimit
  }

  /** Memory of all links. */
  get bytes(): number {
    let sum = 0
    for (const link of this.#all()) sum += link.bytes
    return sum
  }

  /** The link to a node, which may still be under way. */
  to(node: KnownNode): BusLink | undefined {
    return this.#outbound.get(node)
  }

  from(node: KnownNode): BusLink | undefined {
    return this.#inbound.get(node)
  }

  /** Takes in a connection that another node made. */
  accept(socket: BusSocket): void {
    this.#strangers.add(new BusLink(socket, true, null, this.#owner.nowMs(), this.#events))
  }

  /** A stranger has said who it is; an older connection of the same node is closed. */
  identify(link: BusLink, node: KnownNode): void {
    this.#inbound.get(node)?.close()
    this.#strangers.delete(link)
    link.node = node
    this.#inbound.set(node, link)
  }

  /** Begins to connect to a node. */
  open(node: KnownNode): void {
    const { sourceAddress } = this.#owner.settings
    const socket = this.#owner.connect({
      host: node.ip,
      port: node.busPort,
      ...(sourceAddress !== '' && { localAddress: sourceAddress }),
    })
    const link = new BusLink(socket, false, node, this.#owner.nowMs(), this.#events)
    this.#outbound.set(node, link)
    node.isConnected = true
    socket.on('connect', () => this.#owner.connected(link, node))
  }

  closeTo(node: KnownNode): void {
    this.#outbound.get(node)?.close()
  }

  closeFrom(node: KnownNode): void {
    this.#inbound.get(node)?.close()
  }

  /** Closes what does not take what is sent: more than `cluster-link-sendbuf-limit` waits. */
  enforceLimit(): void {
    const limit = this.#owner.settings.linkBufferLimit
    if (limit === 0) return
    for (const link of this.#all()) {
      if (link.pendingBytes <= limit) continue
      const name = `${link.isInbound ? 'from' : 'to'} node ${link.node?.id ?? ''}`
      this.#owner.log(
        'warning',
        `Freeing cluster link(${name}, used memory: ${link.pendingBytes}) due to exceeding send buffer memory limit.`,
      )
      link.close()
      this.#overLimit++
    }
  }

  /** The links to and from known nodes. */
  get known(): readonly BusLink[] {
    return [...this.#outbound.values(), ...this.#inbound.values()]
  }

  close(): void {
    for (const link of this.#all()) link.close()
  }

  #all(): readonly BusLink[] {
    return [...this.known, ...this.#strangers]
  }

  #forget(link: BusLink): void {
    this.#strangers.delete(link)
    const { node } = link
    if (node === null) return
    if (this.#outbound.get(node) === link) {
      this.#outbound.delete(node)
      node.isConnected = false
    }
    if (this.#inbound.get(node) === link) this.#inbound.delete(node)
  }
}
