import type { ClusterNode, ClusterState, SlotRange } from '../../cluster/topology.js'

const ranges = (slots: readonly SlotRange[]): string =>
  slots.map(({ start, end }) => (start === end ? ` ${start}` : ` ${start}-${end}`)).join('')

const flags = (node: ClusterNode, state: ClusterState): string => {
  const role = node.role === 'primary' ? 'master' : 'slave'
  return `${node.id === state.myId ? 'myself,' : ''}${role}${node.failed ? ',fail' : ''}`
}

const movingSlots = (state: ClusterState): string => {
  const slots = [...new Set([...state.migrating.keys(), ...state.importing.keys()])].sort((a, b) => a - b)
  return slots
    .map((slot) => {
      const target = state.migrating.get(slot)
      return target === undefined ? ` [${slot}-<-${state.importing.get(slot)}]` : ` [${slot}->-${target}]`
    })
    .join('')
}

/** The epoch under which a node claims slots; a replica's is its primary's. */
export const claimEpoch = (node: ClusterNode, state: ClusterState): number =>
  (node.primaryId === null ? undefined : state.topology.nodes.get(node.primaryId)?.configEpoch) ?? node.configEpoch

/**
 * The line of CLUSTER NODES and CLUSTER REPLICAS for one node, without a line break.
 * There is no ping between nodes whose topology is handed to them: a node that is not known to be dead counts as heard
 * of now. Source of the format: `clusterGenNodeDescription` in cluster.c of Redis 7.0.15.
 */
export const describeNode = (node: ClusterNode, state: ClusterState, nowMs: number): string => {
  const isMyself = node.id === state.myId
  const linkState = isMyself ? 'connected' : node.linkState
  const pongReceivedMs = node.failed || isMyself ? 0 : nowMs
  return (
    `${node.id} ${node.host}:${node.port}@${node.busPort} ${flags(node, state)} ${node.primaryId ?? '-'} ` +
    `0 ${pongReceivedMs} ${claimEpoch(node, state)} ${linkState}` +
    ranges(state.topology.rangesOf(node.id)) +
    (isMyself ? movingSlots(state) : '')
  )
}
