import { randomBytes } from 'node:crypto'
import { connections, parseConnectionUrl } from 'activeredis'

const EMBEDDED = 'embedded://?primaries=3&replicas=1'

/**
 * Defines the default connection of the demo, under a key prefix that nobody else uses, and returns the prefix.
 * @throws ConfigurationError for a URL that cannot work.
 */
export const defineTarget = (url: string | null): string => {
  const keyPrefix = `activeredis-demo-${randomBytes(4).toString('hex')}:`
  connections.define('default', { ...parseConnectionUrl(url ?? EMBEDDED), keyPrefix })
  return keyPrefix
}

/** Connects, and tells with what. */
export const describeTarget = async (url: string | null): Promise<string> => {
  const start = performance.now()
  const connection = await connections.connection()
  const primaries = await connection.primaries()
  const tookMs = (performance.now() - start).toFixed(0)
  const addresses = primaries.map((node) => node.address).join(', ')
  return url === null
    ? `An embedded cluster of three primaries (${addresses}) and three replicas is up in ${tookMs} ms.`
    : `Connected to ${connection.kind === 'cluster' ? 'a cluster with the primaries' : 'a server at'} ${addresses} in ${tookMs} ms.`
}

/** The number of keys below the connection's key prefix on all primaries. */
export const countLeftKeys = async (): Promise<number> => {
  const connection = await connections.connection()
  let keys = 0
  for (const primary of await connection.primaries()) {
    let cursor = '0'
    do {
      const args = [cursor, 'MATCH', `${connection.keyPrefix}*`, 'COUNT', 1000]
      const [outcome] = await primary.execute([{ type: 'command', name: 'SCAN', keys: [], args }])
      if (outcome === undefined || !outcome.ok) throw outcome?.error ?? new Error(`${primary.address} did not answer`)
      const [next, found] = outcome.value as [string, readonly string[]]
      cursor = next
      keys += found.length
    } while (cursor !== '0')
  }
  return keys
}
