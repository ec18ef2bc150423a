import type { Effect } from '../commands/replication-state.js'
import { detach } from '../keyspace/detach.js'
import { EffectEncoder, encodeCommand } from './effect-encoder.js'
import { keyImage } from './key-image.js'
import type { ReplicationHost } from './replication-host.js'

/** Effects without keys that mean the same on a partial copy. */
const EMPTYING = new Set(['FLUSHALL', 'FLUSHDB'])
const PASSING = new Set(['PUBLISH', 'SPUBLISH'])

/** The parts of the node that a snapshot reads. */
export type SnapshotSource = Pick<ReplicationHost, 'databases' | 'keysOf'>

/** How a unit of effects goes into a snapshot: as text, or not at all because the copy has to begin anew. */
export type SnapshotUnit = { readonly type: 'text'; readonly text: string } | { readonly type: 'restart' }

/**
 * A copy of all data that is made key by key while the node goes on working, as one ordered stream of commands.
 *
 * A key is either sent or unsent. Of an unsent key the reader has nothing; a sent one the reader has as it is here,
 * once it has applied the stream. Both hold at every moment, because
 *
 * - a walk over the databases sends the image of each unsent key, and marks it as sent;
 * - a unit of effects of which every key is sent goes out as it is: reader and node start from the same values;
 * - of any other unit (an effect may read one key and write another) the outcome goes out instead: the image of each
 *   of its keys, which are sent from then on. A unit has been carried out when it is reported, so that images show it.
 *
 * A key that is created after the walk began and belongs to no sent one is covered by the last rule. When the walk ends
 * every key is sent, and the plain stream of effects may follow.
 */
export class Snapshot {
  readonly #source: SnapshotSource
  readonly #encoder = new EffectEncoder()
  readonly #sent: Set<string>[]
  readonly #walk: Generator<Effect[]>

  constructor(source: SnapshotSource) {
    this.#source = source
    this.#sent = source.databases.map(() => new Set())
    this.#walk = this.#walkDatabases()
  }

  /** What the stream begins with: the reader drops what it has. */
  begin(): string {
    return encodeCommand(['FLUSHALL'])
  }

  /**
   * The next images, about `sizeBytes` of them; to be called with the databases' clocks set.
   * @returns null when every key has been sent
   */
  next(sizeBytes: number): string | null {
    let text = ''
    while (text.length < sizeBytes) {
      const step = this.#walk.next()
      if (step.done) return text === '' ? null : text
      text += this.#encoder.encode(step.value)
    }
    return text
  }

  /** What a unit that was carried out meanwhile becomes in the stream. */
  translate(unit: readonly Effect[]): SnapshotUnit {
    const touched: { databaseIndex: number; key: string }[] = []
    const keyless: Effect[] = []
    for (const effect of unit) {
      const keys = this.#source.keysOf(effect.argv)
      for (const key of keys) touched.push({ databaseIndex: effect.databaseIndex, key })
      if (keys.length > 0) continue
      const name = effect.argv[0]?.toUpperCase() ?? ''
      if (!EMPTYING.has(name) && !PASSING.has(name)) return { type: 'restart' }
      keyless.push(effect)
    }
    if (touched.every(({ databaseIndex, key }) => this.#sent[databaseIndex]?.has(key))) {
      return { type: 'text', text: this.#encoder.encode(unit) }
    }
    const images = touched.flatMap(({ databaseIndex, key }) => this.#image(databaseIndex, key))
    return { type: 'text', text: this.#encoder.encode([...keyless, ...images]) }
  }

  *#walkDatabases(): Generator<Effect[]> {
    for (const database of this.#source.databases) {
      // The iterator goes on to keys that are added meanwhile, and passes over those that are gone.
      for (const key of database.keys()) {
        if (this.#sent[database.index]?.has(key)) continue
        const image = this.#image(database.index, key)
        if (image.length > 0) yield image
      }
    }
  }

  /** Brings a key up to date at the reader, whatever is there, and marks it as sent. */
  #image(databaseIndex: number, key: string): Effect[] {
    const database = this.#source.databases[databaseIndex]
    const sent = this.#sent[databaseIndex]
    if (database === undefined || sent === undefined) return []
    const commands = keyImage(database, key)
    if (sent.has(key)) commands.unshift(['DEL', key])
    else sent.add(detach(key))
    return commands.map((argv) => ({ databaseIndex, argv }))
  }
}
