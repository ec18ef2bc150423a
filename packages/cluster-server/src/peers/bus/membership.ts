import { isIP } from 'node:net'
import { KnownNode } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import { createNodeId } from '../../cluster/node-id.js'
import type { BusLink } from './bus-link.js'
import type { BusParts } from './bus-parts.js'
import { announcedPorts } from './bus-sender.js'
import type { ManualFailover } from './manual-failover.js'

/** A node that was forgotten on purpose is not learned of from others for so long. */
const FORGOTTEN_MS = 60_000

/** The parts of a bus that membership acts on. */
export interface MembershipParts extends BusParts {
  readonly manual: ManualFailover
  /** The port of this node's bus. */
  readonly busPort: () => number
}

/** Who belongs to the cluster, and as what this node does. */
export class Membership {
  readonly #parts: MembershipParts
  /** The address that `cluster-announce-ip` gave this node last. */
  #announcedIp = ''

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  /** Begins a handshake with whoever listens at an address. */
  meet(ip: string, port: number, busPort: number): 'started' | 'invalid' {
    const { host, table } = this.#parts
    const isPort = (value: number): boolean => value > 0 && value <= 65_535
    if (isIP(ip) === 0 || !isPort(port) || !isPort(busPort)) return 'invalid'
    const address = { ip: normalised(ip), port, plainPort: 0, busPort }
    for (const node of table.nodes) if (node.isInHandshake && node.isAt(address)) return 'started'
    const node = new KnownNode(createNodeId(), NODE_FLAGS.handshake | NODE_FLAGS.meet, host.clock.nowMs())
    node.moveTo(address)
    table.add(node)
    return 'started'
  }

  /** Removes a node, without keeping it from being learned of again. */
  remove(node: KnownNode): void {
    const { links, table } = this.#parts
    links.closeTo(node)
    links.closeFrom(node)
    table.remove(node)
  }

  forget(node: KnownNode): void {
    const { host, table, todo } = this.#parts
    table.banUntil(node.id, host.clock.nowMs() + FORGOTTEN_MS)
    this.remove(node)
    todo.add('save', 'state')
  }

  /** Makes this node, which has no slots, a replica of `primary`. */
  follow(primary: KnownNode): void {
    const { host, table, manual } = this.#parts
    const { myself } = table
    if (myself.isPrimary) {
      table.makeReplica(myself)
      table.closeSlots()
    }
    table.follow(myself, primary)
    host.replication.follow(primary.ip, primary.port)
    manual.reset()
  }

  /** Takes the primary's place with all of its slots. */
  promote(): void {
    const { host, table, manual, sender } = this.#parts
    const { myself } = table
    const { primary } = myself
    if (myself.isPrimary || primary === null) return
    const slots = [...primary.slots]
    table.makePrimary(myself)
    host.replication.becomePrimary()
    for (const slot of slots) {
      table.removeSlot(slot)
      table.addSlot(myself, slot)
    }
    manual.reset()
    this.#parts.todo.add('state', 'save', 'synced')
    this.#parts.settle()
    sender.pongTo('all')
  }

  /** Forgets all other nodes; `hard` also who this one was. */
  reset(hard: boolean): void {
    const { host, table, manual, todo } = this.#parts
    const { myself } = table
    if (myself.isReplica) {
      table.makePrimary(myself)
      host.replication.becomePrimary()
      host.data.clear()
    }
    table.closeSlots()
    manual.reset()
    for (const node of [...table.nodes]) {
      for (const slot of [...node.slots]) table.removeSlot(slot)
      if (node !== myself) this.remove(node)
    }
    if (hard) {
      table.currentEpoch = 0
      table.lastVoteEpoch = 0
      myself.configEpoch = 0
      host.log('notice', 'configEpoch set to 0 via CLUSTER RESET HARD')
      table.rename(myself, createNodeId())
      host.log('notice', `Node hard reset, now I'm ${myself.id}`)
    }
    todo.add('save', 'synced', 'state')
  }

  /** Takes the next epoch without a vote. @returns false when this node has the greatest one already */
  bumpEpoch(): boolean {
    const { host, table, todo } = this.#parts
    const { myself } = table
    if (myself.configEpoch !== 0 && myself.configEpoch === table.greatestEpoch) return false
    myself.configEpoch = ++table.currentEpoch
    todo.add('save', 'synced')
    host.log('notice', `New configEpoch set to ${myself.configEpoch}`)
    return true
  }

  /** Of two primaries with the same epoch the one with the smaller id takes a new one, so that in the end all differ. */
  resolveCollision(other: KnownNode, epoch: number): void {
    const { host, table, todo } = this.#parts
    const { myself } = table
    const collides = myself.isPrimary && other.isPrimary && other.configEpoch === myself.configEpoch
    if (!collides || epoch !== myself.configEpoch || other.id <= myself.id) return
    myself.configEpoch = ++table.currentEpoch
    todo.add('save', 'synced')
    host.log(
      'verbose',
      `WARNING: configEpoch collision with node ${other.id}. configEpoch set to ${myself.configEpoch}`,
    )
  }

  /** Another node reached this one here: where this node does not know its own address, or is being introduced. */
  learnOwnAddress(link: BusLink, isIntroduction: boolean): void {
    const { host, settings, table, todo } = this.#parts
    const { myself } = table
    if (settings.announcedIp !== '' || (myself.ip !== '' && !isIntroduction)) return
    const ip = link.localAddress
    if (ip === '' || ip === myself.ip) return
    myself.ip = ip
    host.log('notice', `IP address for this node updated to ${ip}`)
    todo.add('saveSoon')
  }

  /** Takes over what the settings say of this node. */
  readSettings(): void {
    const { settings, table, todo } = this.#parts
    const { myself } = table
    const { port, busPort } = announcedPorts({ ...this.#parts, busPort: this.#parts.busPort() })
    myself.port = port
    myself.busPort = busPort
    myself.hostname = settings.announcedHostname
    if (settings.announcedIp !== this.#announcedIp) {
      this.#announcedIp = settings.announcedIp
      // Empty again: others are asked anew.
      myself.ip = settings.announcedIp
    }
    if (myself.mark(NODE_FLAGS.noFailover, settings.neverFailsOver)) todo.add('save', 'state')
  }
}

/** As the system prints an address. */
const normalised = (ip: string): string => {
  if (isIP(ip) !== 6) return ip
  const { hostname } = new URL(`http://[${ip}]`)
  return hostname.slice(1, -1)
}
