/** What a client is given to reach a node by: the values of `cluster-preferred-endpoint-type`. */
export const ENDPOINT_TYPES = ['ip', 'hostname', 'unknown-endpoint'] as const

/** What is known of where a node is. */
interface Located {
  readonly ip: string
  readonly hostname: string
}

/**
 * How a client is told to reach a node. Empty: by the address at which it reached this one; `?`: the node did not announce
 * a hostname. Source: `getPreferredEndpoint` in cluster.c of Redis 7.0.15.
 */
export const preferredEndpoint = (node: Located, type: string): string => {
  if (type === 'ip') return node.ip
  return type === 'hostname' ? node.hostname || '?' : ''
}
