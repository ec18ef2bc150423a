import type { LinkOwner } from './link-owner.js'

/** PSYNC with what this node has, or for a copy of all data. The log says which. */
export const streamRequest = ({ host, resumePoint, handsOver }: LinkOwner): string[] => {
  const failover = handsOver ? ['FAILOVER'] : []
  if (resumePoint === null) {
    host.log('notice', 'Partial resynchronization not possible (no cached master)')
    return ['PSYNC', '?', '-1', ...failover]
  }
  const { replicationId, offset } = resumePoint
  host.log('notice', `Trying a partial resynchronization (request ${replicationId}:${offset + 1}).`)
  return ['PSYNC', replicationId, String(offset + 1), ...failover]
}
