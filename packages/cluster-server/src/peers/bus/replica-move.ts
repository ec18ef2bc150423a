import type { KnownNode } from '../../cluster/known-node.js'
import { NODE_FLAGS } from '../../cluster/node-flags.js'
import type { BusParts } from './bus-parts.js'

/** So long a primary has to be without replicas: after a failover its own ones need a while to say that they follow it. */
const PATIENCE_MS = 5000

/** Moves this replica to a primary that has lost all of its own, where another primary has replicas to spare. */
export class ReplicaMove {
  readonly #parts: BusParts
  readonly #follow: (primary: KnownNode) => void

  constructor(parts: BusParts, follow: (primary: KnownNode) => void) {
    this.#parts = parts
    this.#follow = follow
  }

  /** @param isOk the health of the cluster */
  consider(isOk: boolean): void {
    const { host, settings, table } = this.#parts
    const { myself } = table
    const { primary } = myself
    if (!myself.isReplica || primary === null || !settings.movesReplicas) return
    const mostReplicas = this.#mostReplicas()
    if (mostReplicas < 2 || primary.workingReplicas !== mostReplicas || !this.#someOrphan()) return
    if (!isOk) return
    const staying = primary.replicas.filter((node) => !node.hasFailed && !node.isSuspected).length
    if (staying <= settings.migrationBarrier) return
    const nowMs = host.clock.nowMs()
    let target: KnownNode | null = null
    let candidate = myself
    for (const node of table.nodes) {
      if (this.#isOrphan(node)) {
        if (node.slots.size > 0) target ??= node
        node.orphanedSinceMs ||= nowMs
      } else {
        node.orphanedSinceMs = 0
      }
      if (!node.isPrimary || node.workingReplicas !== mostReplicas) continue
      for (const replica of node.replicas) if (replica.id < candidate.id) candidate = replica
    }
    if (target === null || candidate !== myself || nowMs - target.orphanedSinceMs <= PATIENCE_MS) return
    host.log('notice', `Migrating to orphaned master ${target.id}`)
    this.#follow(target)
  }

  #mostReplicas(): number {
    let most = 0
    for (const node of this.#livingPrimaries()) most = Math.max(most, node.workingReplicas)
    return most
  }

  #someOrphan(): boolean {
    for (const node of this.#livingPrimaries()) if (node.slots.size > 0 && this.#isOrphan(node)) return true
    return false
  }

  *#livingPrimaries(): Generator<KnownNode> {
    for (const node of this.#parts.table.nodes) {
      if (node.isPrimary && !node.hasFailed && !node.isMyself && node.hasAddress && !node.isInHandshake) yield node
    }
  }

  /** A primary without a replica that works, which had one. */
  #isOrphan(node: KnownNode): boolean {
    return node.isPrimary && !node.hasFailed && node.has(NODE_FLAGS.migrateTo) && node.workingReplicas === 0
  }
}
