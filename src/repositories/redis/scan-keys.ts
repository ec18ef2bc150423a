import type { Connection } from '../../connections/connection.js'
import { list, text, texts, valueOfOutcome } from '../replies.js'

/** Keys that one SCAN call looks at. */
const SCAN_COUNT = 1000

/**
 * All keys under a pattern, on every primary, each once and without the connection's key prefix. Walks the entire
 * database. An error of any primary is an error of the whole: a part of the keys is never returned as all of them.
 */
export async function scanKeys(
  connection: Connection,
  pattern: string,
): Promise<{ readonly keys: readonly string[]; readonly roundTrips: number }> {
  const found = new Set<string>()
  let roundTrips = 0
  const primaries = await connection.primaries()
  await Promise.all(
    primaries.map(async (primary) => {
      let cursor = '0'
      do {
        const args = [cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT]
        const [outcome] = await primary.execute([{ type: 'command', name: 'SCAN', keys: [], args }])
        const [next, keys] = list(valueOfOutcome(outcome))
        for (const key of texts(keys)) found.add(key.slice(connection.keyPrefix.length))
        cursor = text(next)
        roundTrips++
      } while (cursor !== '0')
    }),
  )
  return { keys: [...found], roundTrips }
}
