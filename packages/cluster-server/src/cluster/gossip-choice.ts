import type { KnownNode } from './known-node.js'
import { NODE_FLAGS } from './node-flags.js'
import type { NodeTable } from './node-table.js'

const LEAST = 3
const UNFIT = NODE_FLAGS.handshake | NODE_FLAGS.noAddress

/**
 * Chooses the nodes that a ping tells of: a tenth of all, at least three, by chance; and each that this node suspects, so
 * that the others hear of it soon. With a tenth, most primaries hear of a suspicion while failure reports are valid.
 * @param number that of the ping, so that no node is told of twice in one
 */
export const chooseGossip = (table: NodeTable, random: () => number, number: number): KnownNode[] => {
  const { myself } = table
  const nodes = [...table.nodes]
  // Beside this node and the one that gets the ping.
  let fresh = nodes.length - 2
  const wanted = Math.min(Math.max(LEAST, Math.floor(nodes.length / 10)), fresh)
  const chosen: KnownNode[] = []
  for (let tries = wanted * 3; tries > 0 && fresh > 0 && chosen.length < wanted; tries--) {
    const node = nodes[Math.floor(random() * nodes.length)]
    if (node === undefined || node === myself || node.isSuspected) continue
    if (node.has(UNFIT) || (!node.isConnected && node.slots.size === 0)) {
      fresh--
      continue
    }
    if (node.gossipNumber === number) continue
    node.gossipNumber = number
    chosen.push(node)
    fresh--
  }
  for (const node of nodes) if (node.isSuspected && !node.has(UNFIT) && node !== myself) chosen.push(node)
  return chosen
}
