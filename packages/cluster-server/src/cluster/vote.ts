import type { KnownNode } from './known-node.js'
import type { NodeTable } from './node-table.js'
import type { SlotSet } from './slot-set.js'

/** A replica's request for a vote. */
export interface VoteRequest {
  readonly candidate: KnownNode
  readonly currentEpoch: number
  /** The epoch under which its primary claimed its slots. */
  readonly configEpoch: number
  readonly slots: SlotSet
  /** Its primary works: a failover by hand. */
  readonly isForced: boolean
}

/** What becomes of a request; `silent`: this node has no vote. */
export type VoteDecision =
  | { readonly type: 'granted'; readonly primary: KnownNode }
  | { readonly type: 'denied'; readonly reason: string }
  | { readonly type: 'silent' }

const denied = (reason: string): VoteDecision => ({ type: 'denied', reason })

/**
 * Whether this node votes for a replica: it owns slots, has not voted in this epoch, nor for the same primary within two
 * node timeouts; the primary has failed, and nobody claims its slots under a greater epoch.
 * Source of the rules: `clusterSendFailoverAuthIfNeeded` of Redis 7.0.
 */
export const decideVote = (
  table: NodeTable,
  { candidate, currentEpoch, configEpoch, slots, isForced }: VoteRequest,
  nodeTimeoutMs: number,
  nowMs: number,
): VoteDecision => {
  const { myself } = table
  if (myself.isReplica || myself.slots.size === 0) return { type: 'silent' }
  if (currentEpoch < table.currentEpoch) return denied(`reqEpoch (${currentEpoch}) < curEpoch(${table.currentEpoch})`)
  if (table.lastVoteEpoch === table.currentEpoch) return denied(`already voted for epoch ${table.currentEpoch}`)
  const { primary } = candidate
  if (candidate.isPrimary) return denied('it is a master node')
  if (primary === null) return denied("I don't know its master")
  if (!primary.hasFailed && !isForced) return denied('its master is up')
  const waitMs = nodeTimeoutMs * 2 - (nowMs - primary.votedAtMs)
  if (waitMs > 0) return denied(`can't vote about this master before ${waitMs} milliseconds`)
  for (const slot of slots) {
    const owner = table.ownerOf(slot)
    if (owner === undefined || table.isFree(slot) || owner.configEpoch <= configEpoch) continue
    return denied(`slot ${slot} epoch (${owner.configEpoch}) > reqEpoch (${configEpoch})`)
  }
  return { type: 'granted', primary }
}

/**
 * How many other replicas of the same primary have more of its data, and would take its place, too: each one more is a
 * second later in asking for votes.
 */
export const replicaRank = (myself: KnownNode, offset: number, neverFailsOver: (node: KnownNode) => boolean): number =>
  myself.primary?.replicas.filter((node) => node !== myself && !neverFailsOver(node) && node.replicationOffset > offset)
    .length ?? 0
