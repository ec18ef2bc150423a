import type { KnownNode } from '../../cluster/known-node.js'
import type { NodeTable } from '../../cluster/node-table.js'
import { formatNodeLine } from '../../cluster/nodes-file.js'
import { entryOf } from '../../cluster/nodes-file-table.js'

/** The lines of CLUSTER NODES and CLUSTER REPLICAS for some nodes, without line breaks. */
export const describeNodes = (nodes: Iterable<KnownNode>, table: NodeTable): string[] =>
  Array.from(nodes, (node) => formatNodeLine(entryOf(table, node)))
