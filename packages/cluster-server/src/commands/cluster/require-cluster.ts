import type { ClusterNode, ClusterState } from '../../cluster/topology.js'
import { wireError } from '../../wire-errors.js'
import type { CommandContext } from '../context.js'

const DISABLED = wireError('ERR This instance has cluster support disabled')

/** The cluster that this node is in. @throws WireError on a node without `cluster-enabled yes` */
export const requireCluster = (context: CommandContext): ClusterState => {
  const { cluster } = context.server
  if (cluster === null) throw DISABLED
  return cluster
}

/** The node with this id. @throws WireError `ERR Unknown node` */
export const requireNode = (state: ClusterState, id: string): ClusterNode => {
  const node = state.topology.nodes.get(id)
  if (node === undefined) throw wireError(`ERR Unknown node ${id}`)
  return node
}
