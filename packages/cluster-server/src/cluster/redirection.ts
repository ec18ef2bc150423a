import { CROSS_SLOT, type WireError, wireError } from '../wire-errors.js'
import { preferredEndpoint } from './endpoint.js'
import type { RoutingDecision } from './routing.js'

const TRY_AGAIN = wireError('TRYAGAIN Multiple keys request during rehashing of slot')
const DOWN = wireError('CLUSTERDOWN The cluster is down')
const DOWN_READS_ONLY = wireError('CLUSTERDOWN The cluster is down and only accepts read commands')
const UNBOUND = wireError('CLUSTERDOWN Hash slot not served')

/**
 * What the client is told: nothing when the request is served here.
 * @param endpointType `cluster-preferred-endpoint-type`
 *
 * Source of the texts: `clusterRedirectClient` in cluster.c of Redis 7.0.15.
 */
export const redirectionError = (decision: RoutingDecision, endpointType = 'ip'): WireError | undefined => {
  switch (decision.type) {
    case 'serve':
      return undefined
    case 'crossSlot':
      return CROSS_SLOT
    case 'tryAgain':
      return TRY_AGAIN
    case 'moved':
    case 'ask': {
      const { type, slot, node } = decision
      return wireError(`${type.toUpperCase()} ${slot} ${preferredEndpoint(node, endpointType)}:${node.port}`)
    }
    case 'clusterDown':
      if (decision.reason === 'unbound') return UNBOUND
      return decision.reason === 'readsOnly' ? DOWN_READS_ONLY : DOWN
    default:
      return decision satisfies never
  }
}
