import type { Connection, PrimaryNode } from '../../connections/connection.js'
import { ConnectionError } from '../../errors/connection-errors.js'
import { list, text, texts, valueOfOutcome } from '../replies.js'
import { isSameSlots, slotsOf } from './node-slots.js'

/** Keys that one SCAN call looks at. */
const SCAN_COUNT = 1000

/** Walks that may find slots moved before it is an error. */
const WALKS = 5

/**
 * All keys under a pattern, on every primary, each once and without the connection's key prefix. Walks the entire
 * database. An error of any primary is an error of the whole: a part of the keys is never returned as all of them.
 *
 * Of a cluster all primaries are asked for their slots before and after the walk. Keys that move meanwhile from a node not
 * yet walked to one that was are on neither list, so:
 *
 * - the slots are the same, and none is on its way: the keys are complete;
 * - slots are on their way: the nodes to which they come are walked again. A key was on the node that it leaves while that
 *   one was walked, or had come to the other before this second walk;
 * - slots have changed hands: all is walked anew. Throws `ConnectionError` when that does not end.
 */
export async function scanKeys(
  connection: Connection,
  pattern: string,
): Promise<{ readonly keys: readonly string[]; readonly roundTrips: number }> {
  const walk = new KeyWalk(pattern, connection.keyPrefix.length)
  if (connection.kind === 'standalone') {
    await walk.over(await connection.primaries())
    return walk.result()
  }
  for (let walks = 0; walks < WALKS; walks++) {
    const primaries = await connection.primaries()
    const before = await slotsOf(primaries)
    await walk.over(primaries)
    const receiving = new Set(before.filter(({ isReceiving }) => isReceiving).map(({ address }) => address))
    if (receiving.size > 0) await walk.over(primaries.filter(({ address }) => receiving.has(address)))
    walk.roundTrips += 2
    if (isSameSlots(before, await slotsOf(await connection.primaries()))) return walk.result()
  }
  throw new ConnectionError(
    connection.name,
    `slots moved during each of ${WALKS} walks over all keys, which may have missed some: ask again when the cluster is at rest.`,
  )
}

/** What walks over nodes have found. */
class KeyWalk {
  roundTrips = 0
  readonly #pattern: string
  readonly #prefixLength: number
  readonly #found = new Set<string>()

  constructor(pattern: string, prefixLength: number) {
    this.#pattern = pattern
    this.#prefixLength = prefixLength
  }

  async over(primaries: readonly PrimaryNode[]): Promise<void> {
    await Promise.all(primaries.map((primary) => this.#walk(primary)))
  }

  result() {
    return { keys: [...this.#found], roundTrips: this.roundTrips }
  }

  async #walk(primary: PrimaryNode): Promise<void> {
    let cursor = '0'
    do {
      const args = [cursor, 'MATCH', this.#pattern, 'COUNT', SCAN_COUNT]
      const [outcome] = await primary.execute([{ type: 'command', name: 'SCAN', keys: [], args }])
      const [next, keys] = list(valueOfOutcome(outcome))
      for (const key of texts(keys)) this.#found.add(key.slice(this.#prefixLength))
      cursor = text(next)
      this.roundTrips++
    } while (cursor !== '0')
  }
}
