import type { Database } from '../keyspace/database.js'
import type { Entry } from '../keyspace/entry.js'
import type { EvictionSettings } from './eviction-settings.js'

/** A key that may be evicted; the higher its score, the sooner. It may be gone by then. */
interface Candidate {
  readonly database: Database
  readonly key: string
  readonly score: number
}

/** How many candidates are kept from one eviction to the next. */
const POOL_SIZE = 16
const LARGEST_COUNT = 255

/**
 * The best candidates of all keys that were looked at so far, by ascending score. An exact order of all keys by their use
 * would cost memory and time with every access; a few random keys more with each eviction come close to it.
 */
export class EvictionPool {
  #candidates: Candidate[] = []

  /** Looks at some keys of every database, and takes the best candidate out; undefined when no key may be evicted. */
  take(databases: readonly Database[], settings: EvictionSettings, random: () => number): Candidate | undefined {
    for (;;) {
      let remaining = 0
      for (const database of databases) {
        const keys = settings.onlyExpiring ? database.deadlineCount : database.size
        if (keys === 0) continue
        remaining += keys
        this.#look(database, Math.min(keys, settings.samples), settings, random)
      }
      if (remaining === 0) return undefined
      for (let best = this.#candidates.pop(); best !== undefined; best = this.#candidates.pop()) {
        if (best.database.holds(best.key, settings.onlyExpiring)) return best
      }
    }
  }

  /** Forgets every candidate: their scores mean nothing under another policy. */
  clear(): void {
    this.#candidates = []
  }

  #look(database: Database, count: number, settings: EvictionSettings, random: () => number): void {
    for (let i = 0; i < count; i++) {
      const entry = database.sample(random, settings.onlyExpiring)
      if (entry !== undefined) this.#offer({ database, key: entry.key, score: scoreOf(entry, database, settings) })
    }
  }

  #offer(candidate: Candidate): void {
    const candidates = this.#candidates
    let at = 0
    for (; at < candidates.length && (candidates[at] as Candidate).score < candidate.score; at++);
    if (candidates.some(({ database, key }) => database === candidate.database && key === candidate.key)) return
    if (candidates.length < POOL_SIZE) candidates.splice(at, 0, candidate)
    else if (at > 0) {
      candidates.splice(at, 0, candidate)
      candidates.shift()
    }
  }
}

const scoreOf = (entry: Entry, database: Database, { order }: EvictionSettings): number => {
  if (order === 'lfu') return LARGEST_COUNT - database.access.count(entry.access, database.nowMs)
  if (order === 'ttl') return -(entry.deadline?.atMs ?? Infinity)
  return database.access.idleSeconds(entry.access, database.nowMs)
}
