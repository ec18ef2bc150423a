import type { KnownNode } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import type { BusParts } from './bus-parts.js'

/** A report counts for so many node timeouts. */
const REPORT_LIFETIMES = 2
/** A primary that answers again keeps its slots when nobody took them for so many node timeouts. */
const UNDO_TIMEOUTS = 2

/** Who is dead: a suspicion of this node becomes certain when most primaries share it. */
export class FailureDetection {
  readonly #parts: BusParts

  constructor(parts: BusParts) {
    this.#parts = parts
  }

  /** Number of primaries that said lately that they cannot reach a node. */
  reports(node: KnownNode): number {
    const { host, settings } = this.#parts
    const oldest = host.clock.nowMs() - settings.nodeTimeoutMs * REPORT_LIFETIMES
    for (const [reporter, atMs] of node.failureReports) if (atMs < oldest) node.failureReports.delete(reporter)
    return node.failureReports.size
  }

  /** A primary says that it cannot reach a node. */
  report(node: KnownNode, reporter: KnownNode): void {
    const { host } = this.#parts
    const isNew = !node.failureReports.has(reporter)
    node.failureReports.set(reporter, host.clock.nowMs())
    if (isNew) host.log('verbose', `Node ${reporter.id} reported node ${node.id} as not reachable.`)
    this.#failIfAgreed(node)
  }

  /** A primary says that it reaches a node. */
  withdraw(node: KnownNode, reporter: KnownNode): void {
    if (!node.failureReports.delete(reporter)) return
    this.#parts.host.log('verbose', `Node ${reporter.id} reported node ${node.id} is back online.`)
  }

  /** Another node says that most primaries hold a node for dead. */
  announced(node: KnownNode, sender: KnownNode): void {
    if (node.hasFailed || node.isMyself) return
    this.#parts.host.log('notice', `FAIL message received from ${sender.id} about ${node.id}`)
    this.#fail(node)
  }

  /** A node is dead beyond doubt: all others are told so. */
  declare(node: KnownNode): void {
    this.#fail(node)
    this.#parts.sender.failed(node)
  }

  /** A node that this one held for dead has answered. */
  answered(node: KnownNode): void {
    const { host, settings, todo } = this.#parts
    const ownsSlots = node.slots.size > 0
    if (node.isReplica || !ownsSlots) {
      const kind = node.isReplica ? 'replica' : 'master without slots'
      host.log('notice', `Clear FAIL state for node ${node.id}: ${kind} is reachable again.`)
    } else if (host.clock.nowMs() - node.failedAtMs > settings.nodeTimeoutMs * UNDO_TIMEOUTS) {
      host.log(
        'notice',
        `Clear FAIL state for node ${node.id}: is reachable again and nobody is serving its slots after some time.`,
      )
    } else {
      return
    }
    node.mark(NODE_FLAGS.failed, false)
    todo.add('state', 'saveSoon')
  }

  #failIfAgreed(node: KnownNode): void {
    const { host, table } = this.#parts
    if (!node.isSuspected || node.hasFailed) return
    const suspicions = this.reports(node) + (table.myself.isPrimary ? 1 : 0)
    if (suspicions < Math.floor(table.voters / 2) + 1) return
    host.log('notice', `Marking node ${node.id} as failing (quorum reached).`)
    this.declare(node)
  }

  #fail(node: KnownNode): void {
    node.mark(NODE_FLAGS.suspected, false)
    node.mark(NODE_FLAGS.failed, true)
    node.failedAtMs = this.#parts.host.clock.nowMs()
    this.#parts.todo.add('state', 'saveSoon')
  }
}
