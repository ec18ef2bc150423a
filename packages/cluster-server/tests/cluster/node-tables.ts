import { KnownNode } from '../../src/cluster/known-node.js'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import { NodeTable } from '../../src/cluster/node-table.js'
import type { RoutingState } from '../../src/cluster/routing.js'
import type { SlotRange } from '../../src/cluster/slot-ranges.js'
import { idOf } from './node-ids.js'

/** Node `number` on port 7000 + number. */
export const nodeOf = (number: number, flags: number = NODE_FLAGS.primary): KnownNode => {
  const node = new KnownNode(idOf(number), flags, 0)
  node.moveTo({ ip: '127.0.0.1', port: 7000 + number, plainPort: 0, busPort: 17000 + number })
  node.configEpoch = number
  return node
}

/** Primaries 1 and 2 with the given slots, and replica 3 of primary 1, as node `me` knows them. */
export const twoShards = (
  me: number,
  slots: readonly (readonly SlotRange[])[] = [[{ start: 0, end: 8191 }], [{ start: 8192, end: 16383 }]],
): NodeTable => {
  const roles = [NODE_FLAGS.primary, NODE_FLAGS.primary, NODE_FLAGS.replica]
  const nodes = roles.map((role, at) => nodeOf(at + 1, at + 1 === me ? role | NODE_FLAGS.myself : role))
  const table = new NodeTable(nodes[me - 1]!)
  for (const node of nodes) if (!node.isMyself) table.add(node)
  table.follow(nodes[2]!, nodes[0]!)
  table.currentEpoch = 3
  slots.forEach((ranges, at) => {
    for (const { start, end } of ranges) for (let slot = start; slot <= end; slot++) table.addSlot(nodes[at]!, slot)
  })
  return table
}

/** What node `me` makes of two equal shards. */
export const stateOf = (me: number, change: Partial<RoutingState> = {}): RoutingState => ({
  table: twoShards(me),
  health: 'ok',
  allowsReadsWhenDown: false,
  allowsShardChannelsWhenDown: true,
  ...change,
})
