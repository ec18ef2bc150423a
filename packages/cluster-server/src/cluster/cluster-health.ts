import { SLOT_COUNT } from '../slot.js'
import type { NodeTable } from './node-table.js'

/** How long a primary that comes back after a restart waits before it serves, so that the others can tell it what changed. */
const RETURN_DELAY_MS = 2000
const LEAST_REJOIN_DELAY_MS = 500
const GREATEST_REJOIN_DELAY_MS = 5000

/** What decides on the health of a cluster, beside its nodes. */
export interface HealthRules {
  readonly requiresFullCoverage: boolean
  readonly nodeTimeoutMs: number
}

/** Whether each slot has an owner that nobody holds for dead. */
export const isCovered = (table: NodeTable): boolean => {
  if (table.assignedSlots < SLOT_COUNT) return false
  for (const node of table.nodes) if (node.hasFailed && node.slots.size > 0) return false
  return true
}

/** Whether most of the primaries with slots answer this node. */
export const reachesMajority = (table: NodeTable): boolean => {
  let reachable = 0
  for (const node of table.nodes) {
    if (node.isPrimary && node.slots.size > 0 && !node.hasFailed && !node.isSuspected) reachable++
  }
  return reachable >= Math.floor(table.voters / 2) + 1
}

/** A node's judgement of its cluster, with the delays after which a primary trusts a good one. */
export class ClusterHealth {
  #isOk = false
  #firstJudgedMs: number | null = null
  #lastInMinorityMs = Number.NEGATIVE_INFINITY
  readonly #hasEarlierLife: boolean
  #hasServed = false

  /** @param hasEarlierLife whether the node may have been replaced while it was gone: it came back with what it knew */
  constructor(hasEarlierLife: boolean) {
    this.#hasEarlierLife = hasEarlierLife
  }

  get isOk(): boolean {
    return this.#isOk
  }

  /** Judges anew. @returns whether the judgement changed */
  judge(table: NodeTable, { requiresFullCoverage, nodeTimeoutMs }: HealthRules, nowMs: number): boolean {
    this.#firstJudgedMs ??= nowMs
    const { isPrimary } = table.myself
    const returnedMs = nowMs - this.#firstJudgedMs
    if (isPrimary && !this.#isOk && this.#hasEarlierLife && returnedMs < RETURN_DELAY_MS) return false
    let isOk = !requiresFullCoverage || isCovered(table)
    if (!reachesMajority(table)) {
      isOk = false
      // A node that never was in a majority cannot have been parted from one.
      if (this.#hasServed || this.#hasEarlierLife) this.#lastInMinorityMs = nowMs
    }
    if (isOk === this.#isOk) return false
    const delayMs = Math.min(Math.max(nodeTimeoutMs, LEAST_REJOIN_DELAY_MS), GREATEST_REJOIN_DELAY_MS)
    if (isOk && isPrimary && nowMs - this.#lastInMinorityMs < delayMs) return false
    this.#isOk = isOk
    this.#hasServed ||= isOk
    return true
  }
}
