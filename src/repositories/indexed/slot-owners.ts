import type { Connection } from '../../connections/connection.js'
import { list, text, valueOfOutcome } from '../replies.js'

/** The servers that own some slots now, `host:port`, each once; of a single server that one. */
export async function ownersOf(connection: Connection, slots: readonly number[]): Promise<readonly string[]> {
  const [primary] = await connection.primaries()
  if (primary === undefined) return []
  if (connection.kind === 'standalone') return [primary.address]
  const [outcome] = await primary.execute([{ type: 'command', name: 'CLUSTER', keys: [], args: ['SLOTS'] }])
  const owners = list(valueOfOutcome(outcome)).flatMap((range) => {
    const [first, last, owner] = list(range)
    const [host, port] = list(owner)
    const isAsked = slots.some((slot) => slot >= Number(first) && slot <= Number(last))
    return isAsked ? [`${text(host)}:${text(port)}`] : []
  })
  return [...new Set(owners)]
}
