import fc from 'fast-check'
import type { NodesFile, NodesFileEntry } from '../../src/cluster/nodes-file.js'
import type { SlotRange } from '../../src/cluster/slot-ranges.js'
import { idOf } from './node-ids.js'

export const NO_MOVES: ReadonlyMap<number, string> = new Map()

/** Node `number` of a file, as a primary that another node knows. */
export const entryOf = (number: number, change: Partial<NodesFileEntry> = {}): NodesFileEntry => ({
  id: idOf(number),
  ip: '127.0.0.1',
  port: 7000 + number,
  busPort: 17000 + number,
  hostname: '',
  flags: 1,
  primaryId: null,
  pingSentMs: 0,
  pongReceivedMs: 1_700_000_000_000 + number,
  configEpoch: number,
  isConnected: true,
  slots: [],
  migrating: NO_MOVES,
  importing: NO_MOVES,
  ...change,
})

/** A primary with a slot on its way out and one on its way in, a primary, its replica, and one that is gone. */
export const sampleFile: NodesFile = {
  currentEpoch: 12,
  lastVoteEpoch: 11,
  nodes: [
    entryOf(1, {
      flags: 17,
      hostname: 'one.example.org',
      slots: [
        { start: 0, end: 5460 },
        { start: 16383, end: 16383 },
      ],
      migrating: new Map([[77, idOf(2)]]),
      importing: new Map([[8000, idOf(2)]]),
    }),
    entryOf(2, { ip: '::1', slots: [{ start: 5461, end: 16382 }] }),
    entryOf(3, { flags: 2, primaryId: idOf(2), configEpoch: 2, isConnected: false, pingSentMs: 1_700_000_000_500 }),
    entryOf(4, { flags: 1 | 8 | 64, ip: '', port: 0, busPort: 0, isConnected: false }),
  ],
}

const epoch = fc.oneof(fc.nat({ max: 100 }), fc.maxSafeNat())
const ip = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(''))
const hostname = fc.oneof(
  fc.constant(''),
  fc.domain().filter((name) => name.length < 256),
)
const port = fc.integer({ min: 0, max: 65535 })

/** Cuts all slots at random places, and deals the pieces to the nodes or to nobody. */
const dealt = (count: number): fc.Arbitrary<SlotRange[][]> =>
  fc
    .record({
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: 16383 }), { maxLength: 30 }),
      owners: fc.array(fc.integer({ min: 0, max: count }), { minLength: 31, maxLength: 31 }),
    })
    .map(({ cuts, owners }) => {
      const slots: SlotRange[][] = Array.from({ length: count }, () => [])
      const starts = [0, ...cuts.sort((a, b) => a - b), 16384]
      let before: number | undefined
      for (let index = 0; index + 1 < starts.length; index++) {
        // Neighbours of one owner would be a single range.
        const owner = owners[index] === before ? count : (owners[index] as number)
        slots[owner]?.push({ start: starts[index] as number, end: (starts[index + 1] as number) - 1 })
        before = owner
      }
      return slots
    })

/** Any file that a node can write. */
export const nodesFile: fc.Arbitrary<NodesFile> = fc.integer({ min: 1, max: 8 }).chain((count) => {
  const ids = Array.from({ length: count }, (_, index) => idOf(index + 1))
  const moves = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 16383 }), fc.constantFrom(...ids)), { maxLength: 4 })
    .map((pairs) => new Map(pairs.sort(([a], [b]) => a - b)))
  const entry = fc.record({
    ip,
    port,
    busPort: port,
    hostname,
    flags: fc.constantFrom(0, 1, 2, 1 | 4, 1 | 8, 1 | 64, 2 | 512),
    primaryId: fc.option(fc.constantFrom(...ids)),
    pingSentMs: epoch,
    pongReceivedMs: epoch,
    configEpoch: epoch,
    isConnected: fc.boolean(),
  })
  return fc
    .record({
      entries: fc.array(entry, { minLength: count, maxLength: count }),
      slots: dealt(count),
      migrating: moves,
      importing: moves,
      currentEpoch: epoch,
      lastVoteEpoch: epoch,
    })
    .map(({ entries, slots, migrating, importing, currentEpoch, lastVoteEpoch }) => ({
      currentEpoch,
      lastVoteEpoch,
      nodes: entries.map((entry, index) => ({
        ...entry,
        id: ids[index] as string,
        flags: index === 0 ? entry.flags | 16 : entry.flags,
        slots: slots[index] as SlotRange[],
        migrating: index === 0 ? migrating : NO_MOVES,
        importing: index === 0 ? new Map([...importing].filter(([slot]) => !migrating.has(slot))) : NO_MOVES,
      })),
    }))
})
