import { NODE_FLAGS } from '../cluster/node-flags.js'
import { formatNodesFile, type NodesFile } from '../cluster/nodes-file.js'

const OWN_VIEW = NODE_FLAGS.myself | NODE_FLAGS.suspected | NODE_FLAGS.failed | NODE_FLAGS.noAddress

/** A cluster in the form of nodes.conf for one of its nodes, which begins (again) now. */
export const nodesFileFor = (file: NodesFile, id: string): string =>
  formatNodesFile({
    ...file,
    lastVoteEpoch: 0,
    nodes: file.nodes.map((node) => ({
      ...node,
      flags: node.id === id ? (node.flags & ~OWN_VIEW) | NODE_FLAGS.myself : node.flags & ~NODE_FLAGS.myself,
      migrating: new Map(),
      importing: new Map(),
    })),
  })
