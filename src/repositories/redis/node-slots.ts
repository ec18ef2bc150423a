import type { PrimaryNode } from '../../connections/connection.js'
import { text, valueOfOutcome } from '../replies.js'

/** The slots of a primary, as it says itself. */
export interface NodeSlots {
  /** `host:port` as dialled. */
  readonly address: string
  /** Owned ranges and slots on their way: `0-5460 [93-<-f1e2…] [77->-0a9b…]`. */
  readonly slots: string
  /** Whether slots are on their way to it. */
  readonly isReceiving: boolean
}

/** Asks each primary for its slots. Only the node itself tells which of them are on their way. */
export function slotsOf(primaries: readonly PrimaryNode[]): Promise<readonly NodeSlots[]> {
  return Promise.all(
    primaries.map(async (primary): Promise<NodeSlots> => {
      const [outcome] = await primary.execute([{ type: 'command', name: 'CLUSTER', keys: [], args: ['NODES'] }])
      const lines = text(valueOfOutcome(outcome)).split('\n')
      const own = lines.find((line) => /^\S+ \S+ \S*myself/.test(line)) ?? ''
      const slots = own.split(' ').slice(FIRST_SLOT).join(' ')
      return { address: primary.address, slots, isReceiving: slots.includes('-<-') }
    }),
  )
}

/** Whether the same nodes have the same slots, those on their way included. */
export function isSameSlots(before: readonly NodeSlots[], after: readonly NodeSlots[]): boolean {
  const now = new Map(after.map(({ address, slots }) => [address, slots]))
  return before.length === after.length && before.every(({ address, slots }) => now.get(address) === slots)
}

/** Fields of a line of CLUSTER NODES before its slots. */
const FIRST_SLOT = 8
