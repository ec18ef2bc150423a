import { createClusterState, defaultCoverageRules } from '../../src/cluster/cluster-state.js'
import { createTopology } from '../../src/cluster/create-topology.js'
import type { ClusterNode, ClusterState, SlotRange } from '../../src/cluster/topology.js'

/** An id of 40 digits from a short number. */
export const idOf = (number: number): string => number.toString(16).padStart(40, '0')

/** Node `number` on port 7000 + number; a replica names its primary's number. */
export const nodeOf = (number: number, primary: number | null = null): ClusterNode => ({
  id: idOf(number),
  host: '127.0.0.1',
  port: 7000 + number,
  busPort: 17000 + number,
  role: primary === null ? 'primary' : 'replica',
  primaryId: primary === null ? null : idOf(primary),
  configEpoch: number,
  linkState: 'connected',
})

/** Primaries 1 and 2 with the given slots, replica 3 of primary 1. */
export const twoShards = (slots: { readonly 1?: readonly SlotRange[]; readonly 2?: readonly SlotRange[] }) =>
  createTopology({
    currentEpoch: 3,
    nodes: [nodeOf(1), nodeOf(2), nodeOf(3, 1)],
    slots: { [idOf(1)]: slots[1] ?? [], [idOf(2)]: slots[2] ?? [] },
  })

/** What node `number` makes of two equal shards. */
export const stateOf = (number: number, change: Partial<ClusterState> = {}): ClusterState => ({
  ...createClusterState(
    idOf(number),
    twoShards({ 1: [{ start: 0, end: 8191 }], 2: [{ start: 8192, end: 16383 }] }),
    defaultCoverageRules,
  ),
  ...change,
})
