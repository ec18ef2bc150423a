/** The logarithmic counter that a new key begins with, so that it is not evicted before it could be used. */
const INITIAL_COUNT = 5
const LARGEST_COUNT = 255
const MINUTES_MASK = 0xffff

/** What a file or a command says of the use of a key; null: nothing. */
export interface KnownUse {
  readonly idleSeconds: number | null
  /** The counter of an LFU policy, 0 to 255. */
  readonly frequency: number | null
}

/**
 * How the use of keys is noted, by the eviction policy: the time of the last access in seconds; or, under an LFU policy,
 * a counter that grows the more slowly the larger it is, and decays with time. Either is one small integer per entry:
 * under LFU the minute of the last decay, 16 bits, and the counter, 8 bits. As in Redis, what was noted under one kind of
 * policy means nothing under the other.
 */
export class AccessTracking {
  /** Whether the policy is an LFU one. */
  countsUses = false
  /** `lfu-log-factor`: the larger, the more uses a step of the counter takes. */
  logFactor = 10
  /** `lfu-decay-time`: minutes in which the counter falls by one; 0: never. */
  decayMinutes = 1
  readonly #random: () => number

  /** @param random uniform in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** The note of a key that is stored for the first time. */
  created(nowMs: number): number {
    return this.countsUses ? (minutesAt(nowMs) << 8) | INITIAL_COUNT : secondsAt(nowMs)
  }

  /** The note after one more use. */
  used(note: number, nowMs: number): number {
    if (!this.countsUses) return secondsAt(nowMs)
    let count = this.count(note, nowMs)
    if (count < LARGEST_COUNT) {
      const above = Math.max(0, count - INITIAL_COUNT)
      if (this.#random() < 1 / (above * this.logFactor + 1)) count++
    }
    return (minutesAt(nowMs) << 8) | count
  }

  /** The counter under an LFU policy, decayed to this moment: the answer of `OBJECT FREQ`. */
  count(note: number, nowMs: number): number {
    const count = note & LARGEST_COUNT
    if (this.decayMinutes === 0) return count
    const now = minutesAt(nowMs)
    const then = (note >> 8) & MINUTES_MASK
    const elapsed = now >= then ? now - then : MINUTES_MASK - then + now
    return Math.max(0, count - Math.floor(elapsed / this.decayMinutes))
  }

  /** Seconds since the last use under any other policy: the answer of `OBJECT IDLETIME`. */
  idleSeconds(note: number, nowMs: number): number {
    return Math.max(0, secondsAt(nowMs) - note)
  }

  /** The note of a key that a file or RESTORE brings; of what is known of its use it takes what the policy asks for. */
  restored(use: KnownUse, nowMs: number): number {
    const { idleSeconds, frequency } = use
    if (this.countsUses) return (minutesAt(nowMs) << 8) | (frequency ?? INITIAL_COUNT)
    return Math.max(0, secondsAt(nowMs) - (idleSeconds ?? 0))
  }
}

const secondsAt = (nowMs: number): number => (nowMs / 1000) | 0

const minutesAt = (nowMs: number): number => Math.floor(nowMs / 60_000) & MINUTES_MASK
