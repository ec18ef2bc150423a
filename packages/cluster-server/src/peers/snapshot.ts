import type { Effect } from '../commands/replication-state.js'
import { detach } from '../keyspace/detach.js'
import { EffectEncoder, encodeCommand } from './effect-encoder.js'
import { keyImage } from './key-image.js'
import type { ReplicationHost } from './replication-host.js'
import { type KeyPlace, touchedKeys } from './touched-keys.js'

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
 * A key is unsent, sent, or (at most one) in between. Of an unsent key the reader has nothing; a sent one the reader has
 * as it is here, once it has applied the stream; of the one in between it has a part. All of it holds at every moment:
 *
 * - a walk over the databases sends the image of each unsent key, a large one in several steps;
 * - a unit of effects of which every key is sent goes out as it is: reader and node start from the same values;
 * - of any other unit (an effect may read one key and write another) the outcome goes out instead: the whole image of
 *   each of its keys, which are sent from then on. A unit is reported when it has been carried out, so images show it.
 *
 * A key that is created after the walk began and belongs to no sent one is covered by the last rule. When the walk ends
 * every key is sent, and the plain stream of effects may follow.
 */
export class Snapshot {
  readonly #source: SnapshotSource
  readonly #encoder = new EffectEncoder()
  readonly #sent: Set<string>[]
  readonly #walk: Generator<Effect>
  readonly #wordsPerCommand: number | undefined
  #inBetween: KeyPlace | null = null

  /** @param wordsPerCommand how much of a large value goes out at once; default about a thousand elements */
  constructor(source: SnapshotSource, wordsPerCommand?: number) {
    this.#source = source
    this.#wordsPerCommand = wordsPerCommand
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
      text += this.#encoder.encode([step.value])
    }
    return text
  }

  /** What a unit that was carried out meanwhile becomes in the stream. */
  translate(unit: readonly Effect[]): SnapshotUnit {
    const touched: KeyPlace[] = []
    const keyless: Effect[] = []
    for (const effect of unit) {
      const keys = touchedKeys(effect, this.#source.keysOf)
      touched.push(...keys)
      if (keys.length > 0) continue
      const name = effect.argv[0]?.toUpperCase() ?? ''
      if (!EMPTYING.has(name) && !PASSING.has(name)) return { type: 'restart' }
      keyless.push(effect)
      // What the reader has of a large value is gone; what is left of it here has to be sent from the beginning.
      if (EMPTYING.has(name) && this.#inBetween !== null) touched.push(this.#inBetween)
    }
    if (touched.every((place) => this.#isSent(place))) return { type: 'text', text: this.#encoder.encode(unit) }
    const images = touched.flatMap((place) => this.#wholeImage(place))
    return { type: 'text', text: this.#encoder.encode([...keyless, ...images]) }
  }

  *#walkDatabases(): Generator<Effect> {
    for (const { index } of this.#source.databases) {
      // The iterator goes on to keys that are added meanwhile, and passes over those that are gone.
      for (const key of this.#source.databases[index]?.keys() ?? []) {
        const place = { databaseIndex: index, key }
        if (!this.#isSent(place)) yield* this.#imageInSteps(place)
      }
    }
  }

  *#imageInSteps(place: KeyPlace): Generator<Effect> {
    this.#inBetween = place
    for (const effect of this.#commandsOf(place)) {
      yield effect
      // A unit that touched the key has sent all of it, and the value may have changed under the iterator.
      if (this.#inBetween !== place) return
    }
    this.#markSent(place)
  }

  /** Brings a key up to date at the reader, whatever is there, and marks it as sent. */
  #wholeImage(place: KeyPlace): Effect[] {
    const { databaseIndex, key } = place
    const images = [...this.#commandsOf(place)]
    const readerHasSome = this.#isSent(place) || this.#isInBetween(place)
    this.#markSent(place)
    return readerHasSome ? [{ databaseIndex, argv: ['DEL', key] }, ...images] : images
  }

  *#commandsOf({ databaseIndex, key }: KeyPlace): Generator<Effect> {
    const database = this.#source.databases[databaseIndex]
    if (database === undefined) return
    for (const argv of keyImage(database, key, this.#wordsPerCommand)) yield { databaseIndex, argv }
  }

  #isSent({ databaseIndex, key }: KeyPlace): boolean {
    return this.#sent[databaseIndex]?.has(key) ?? false
  }

  #isInBetween({ databaseIndex, key }: KeyPlace): boolean {
    return this.#inBetween?.databaseIndex === databaseIndex && this.#inBetween.key === key
  }

  #markSent(place: KeyPlace): void {
    if (this.#isInBetween(place)) this.#inBetween = null
    if (!this.#isSent(place)) this.#sent[place.databaseIndex]?.add(detach(place.key))
  }
}
