import type { GossipEntry } from '../../cluster/bus-message.js'
import { KnownNode } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import type { BusParts } from './bus-parts.js'
import type { FailureDetection } from './failure-detection.js'

const UNREACHABLE = NODE_FLAGS.suspected | NODE_FLAGS.failed
/** What another node may say of the flags of one that this one does not know yet. */
const LEARNED = NODE_FLAGS.primary | NODE_FLAGS.replica | UNREACHABLE | NODE_FLAGS.noFailover
/** A time that another clock gives may be so far ahead of this one's. */
const CLOCK_TOLERANCE_MS = 500

/** Learns what a message tells of nodes other than its sender. */
export class GossipReceiver {
  readonly #parts: BusParts
  readonly #failures: FailureDetection

  constructor(parts: BusParts, failures: FailureDetection) {
    this.#parts = parts
    this.#failures = failures
  }

  /** @param sender null for a node that introduces itself: it is listened to, but nobody is learned of from it */
  learn(entries: readonly GossipEntry[], sender: KnownNode | null): void {
    const { table } = this.#parts
    for (const entry of entries) {
      const node = table.node(entry.id)
      if (node !== undefined) this.#update(node, entry, sender)
      else if (sender !== null) this.#meet(entry)
    }
  }

  #update(node: KnownNode, entry: GossipEntry, sender: KnownNode | null): void {
    const { host, links } = this.#parts
    const isReachable = (entry.flags & UNREACHABLE) === 0
    if (sender?.isPrimary && !node.isMyself) {
      if (isReachable) this.#failures.withdraw(node, sender)
      else this.#failures.report(node, sender)
    }
    // Others have heard of it since this node has.
    if (isReachable && node.pingSentMs === 0 && this.#failures.reports(node) === 0) {
      const pongMs = entry.pongReceivedSeconds * 1000
      const isPossible = pongMs <= host.clock.nowMs() + CLOCK_TOLERANCE_MS
      if (isPossible && pongMs > node.pongReceivedMs) node.pongReceivedMs = pongMs
    }
    // It is reached elsewhere.
    const hasMoved =
      node.ip.toLowerCase() !== entry.ip.toLowerCase() || node.port !== entry.port || node.busPort !== entry.busPort
    const isKnownThere = isReachable && (entry.flags & NODE_FLAGS.noAddress) === 0
    if (!node.isMyself && node.has(UNREACHABLE) && isKnownThere && hasMoved) {
      links.closeTo(node)
      node.moveTo(entry)
      node.mark(NODE_FLAGS.noAddress, false)
    }
  }

  /** The address alone would not do: another cluster may use it by now. */
  #meet(entry: GossipEntry): void {
    const { host, table } = this.#parts
    const nowMs = host.clock.nowMs()
    const hasAddress = (entry.flags & NODE_FLAGS.noAddress) === 0 && entry.ip !== ''
    if (!hasAddress || table.isBanned(entry.id, nowMs)) return
    table.add(new KnownNode(entry.id, entry.flags & LEARNED, nowMs)).moveTo(entry)
  }
}
