import { KnownNode } from './known-node.js'
import { NODE_FLAGS } from './node-flags.js'
import { NodeTable } from './node-table.js'
import { type NodesFile, type NodesFileEntry, NodesFileError } from './nodes-file.js'

/** What a file keeps of a flag set in memory. */
const KEPT =
  NODE_FLAGS.primary |
  NODE_FLAGS.replica |
  NODE_FLAGS.suspected |
  NODE_FLAGS.failed |
  NODE_FLAGS.myself |
  NODE_FLAGS.noAddress |
  NODE_FLAGS.noFailover

const idsOf = (moving: ReadonlyMap<number, KnownNode>): Map<number, string> =>
  new Map([...moving].map(([slot, node]) => [slot, node.id]))

const NO_SLOTS: ReadonlyMap<number, string> = new Map()

/** What a table knows of a node, with all of its flags or some. */
export const entryOf = (table: NodeTable, node: KnownNode, flags = node.flags): NodesFileEntry => ({
  id: node.id,
  ip: node.ip,
  port: node.port,
  busPort: node.busPort,
  hostname: node.hostname,
  flags,
  primaryId: node.primary?.id ?? null,
  pingSentMs: node.pingSentMs,
  pongReceivedMs: node.pongReceivedMs,
  configEpoch: node.claimEpoch,
  isConnected: node.isConnected || node.isMyself,
  slots: node.slots.ranges(),
  migrating: node.isMyself ? idsOf(table.migrating) : NO_SLOTS,
  importing: node.isMyself ? idsOf(table.importing) : NO_SLOTS,
})

/** What is to be kept of a table: all but nodes whose id is not known yet. */
export const nodesFileOf = (table: NodeTable): NodesFile => {
  const nodes: NodesFileEntry[] = []
  for (const node of table.nodes) {
    if (!node.isInHandshake) nodes.push(entryOf(table, node, node.flags & KEPT))
  }
  return { currentEpoch: table.currentEpoch, lastVoteEpoch: table.lastVoteEpoch, nodes }
}

/**
 * The table that a file describes.
 * @param nowMs stands for the times in the file, which are of another life of the node
 * @throws NodesFileError when no node of the file is this one
 */
export const tableOfFile = (file: NodesFile, nowMs: number): NodeTable => {
  const own = file.nodes.find(({ flags }) => (flags & NODE_FLAGS.myself) !== 0)
  if (own === undefined) throw new NodesFileError('no node of it is flagged as myself')
  const table = new NodeTable(new KnownNode(own.id, own.flags, nowMs))
  fillTable(table, file, nowMs)
  return table
}

/** Takes over all that a file says, into a table that knows no node but its own one. */
export const fillTable = (table: NodeTable, file: NodesFile, nowMs: number): void => {
  /** A node that is only named by another one is known by its id alone, as in Redis. */
  const nodeOf = (id: string): KnownNode => table.node(id) ?? table.add(new KnownNode(id, 0, nowMs))
  for (const entry of file.nodes) {
    const node = nodeOf(entry.id)
    node.flags = entry.flags
    node.moveTo({ ip: entry.ip, port: entry.port, busPort: entry.busPort, plainPort: 0 })
    node.hostname = entry.hostname
    if (node.hasFailed) node.failedAtMs = nowMs
    if (entry.pingSentMs !== 0) node.pingSentMs = nowMs
    if (entry.pongReceivedMs !== 0) node.pongReceivedMs = nowMs
    if (entry.primaryId === null || !node.isReplica) node.configEpoch = entry.configEpoch
    if (entry.primaryId !== null) table.follow(node, nodeOf(entry.primaryId))
    for (const { start, end } of entry.slots) for (let slot = start; slot <= end; slot++) table.addSlot(node, slot)
    for (const [slot, id] of entry.migrating) table.migrating.set(slot, nodeOf(id))
    for (const [slot, id] of entry.importing) table.importing.set(slot, nodeOf(id))
  }
  table.lastVoteEpoch = file.lastVoteEpoch
  table.currentEpoch = file.currentEpoch
  table.currentEpoch = table.greatestEpoch
}
