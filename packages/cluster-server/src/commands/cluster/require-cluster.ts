import type { KnownNode } from '../../cluster/known-node.js'
import { wireError } from '../../wire-errors.js'
import type { ClusterControl } from '../cluster-control.js'
import type { CommandContext } from '../context.js'

const DISABLED = wireError('ERR This instance has cluster support disabled')

/** The cluster that this node is in. @throws WireError on a node without `cluster-enabled yes` */
export const requireCluster = (context: CommandContext): ClusterControl => {
  const { cluster } = context.server
  if (cluster === null) throw DISABLED
  return cluster
}

/** The node with this id. @throws WireError `ERR Unknown node` */
export const requireNode = ({ table }: ClusterControl, id: string): KnownNode => {
  const node = table.node(id)
  if (node === undefined) throw wireError(`ERR Unknown node ${id}`)
  return node
}
