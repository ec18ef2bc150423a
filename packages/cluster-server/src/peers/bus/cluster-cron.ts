import type { KnownNode } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import type { BusParts } from './bus-parts.js'
import type { ManualFailover } from './manual-failover.js'
import type { Membership } from './membership.js'

const LEAST_HANDSHAKE_MS = 1000
/** Once in so many rounds the node that was heard of longest ago, of a few by chance, is pinged. */
const PING_ROUNDS = 10
const CANDIDATES = 5
const UNWATCHED = NODE_FLAGS.myself | NODE_FLAGS.noAddress | NODE_FLAGS.handshake

/** The parts of a bus that the periodic work acts on. */
export interface CronParts extends BusParts {
  readonly membership: Membership
  readonly manual: ManualFailover
}

/** What is done for each node ten times a second: connecting, pinging, suspecting. Source: `clusterCron` of Redis 7.0. */
export class ClusterCron {
  readonly #parts: CronParts
  #round = 0

  constructor(parts: CronParts) {
    this.#parts = parts
  }

  run(): void {
    this.#parts.links.enforceLimit()
    this.#connect()
    if (++this.#round % PING_ROUNDS === 0) this.#pingSomebody()
    for (const node of this.#parts.table.nodes) if (!node.has(UNWATCHED)) this.#watch(node)
  }

  #connect(): void {
    const { host, links, membership, settings, table } = this.#parts
    const oldest = host.clock.nowMs() - Math.max(settings.nodeTimeoutMs, LEAST_HANDSHAKE_MS)
    for (const node of [...table.nodes]) {
      if (node.isMyself || !node.hasAddress) continue
      if (node.isInHandshake && node.createdAtMs < oldest) membership.remove(node)
      else if (links.to(node) === undefined) links.open(node)
    }
  }

  #pingSomebody(): void {
    const { host, links, sender, table } = this.#parts
    const nodes = [...table.nodes]
    let oldest: KnownNode | null = null
    for (let i = 0; i < CANDIDATES; i++) {
      const node = nodes[Math.floor(host.random() * nodes.length)]
      if (node === undefined || links.to(node) === undefined || node.pingSentMs !== 0) continue
      if (node.has(NODE_FLAGS.myself | NODE_FLAGS.handshake)) continue
      if (oldest === null || node.pongReceivedMs < oldest.pongReceivedMs) oldest = node
    }
    const link = oldest === null ? undefined : links.to(oldest)
    if (link !== undefined) sender.ping(link, 'ping')
  }

  #watch(node: KnownNode): void {
    const { host, links, sender, settings, table, manual, todo } = this.#parts
    const nowMs = host.clock.nowMs()
    const timeoutMs = settings.nodeTimeoutMs
    const unansweredMs = nowMs - node.pingSentMs
    const silentMs = nowMs - node.dataReceivedMs
    const link = links.to(node)
    const isOld = link !== undefined && nowMs - link.createdAtMs > timeoutMs
    if (isOld && node.pingSentMs !== 0 && unansweredMs > timeoutMs / 2 && silentMs > timeoutMs / 2) {
      // The connection may be broken though the node lives.
      links.closeTo(node)
    }
    const current = links.to(node)
    const isDue = node.pingSentMs === 0 && nowMs - node.pongReceivedMs > timeoutMs / 2
    const isWaitedFor = table.myself.isPrimary && manual.successor === node
    if (current !== undefined && (isDue || isWaitedFor)) {
      sender.ping(current, 'ping')
      return
    }
    if (node.pingSentMs === 0) return
    // Any data show that a node lives.
    if (Math.min(unansweredMs, silentMs) <= timeoutMs || node.isSuspected || node.hasFailed) return
    host.log('debug', `*** NODE ${node.id} possibly failing`)
    node.mark(NODE_FLAGS.suspected, true)
    todo.add('state')
  }
}
