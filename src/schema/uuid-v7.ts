import { randomFillSync } from 'node:crypto'

/** The two things that a generator takes from outside. */
export interface UuidSources {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Fills a buffer with random bytes. */
  readonly random: (bytes: Uint8Array) => void
}

/**
 * A generator of UUID version 7: 48 bits of Unix milliseconds, a 42-bit counter that starts at random and counts up within
 * a millisecond, 32 random bits. Keys of one generator are in order of their making, also when the clock goes back.
 * https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7 (method 2 of section 6.2)
 */
export function createUuidV7({ now, random }: UuidSources): () => string {
  const bytes = Buffer.alloc(16)
  const pool = new RandomPool(random)
  let lastMs = -1
  let counter = 0

  return () => {
    const ms = now()
    if (ms > lastMs) {
      lastMs = ms
      counter = pool.uint32() * 2 ** 9 + (pool.uint32() >>> 23)
    } else if (++counter >= 2 ** 42) {
      lastMs++
      counter = 0
    }
    bytes.writeUIntBE(lastMs, 0, 6)
    const high = Math.floor(counter / 2 ** 30)
    bytes.writeUInt16BE(0x7000 | high, 6)
    bytes.writeUInt32BE((0x80000000 | (counter % 2 ** 30)) >>> 0, 8)
    bytes.writeUInt32BE(pool.uint32(), 12)
    return format(bytes)
  }
}

/** Random bytes are fetched in blocks: one call of the operating system for many keys. */
class RandomPool {
  readonly #bytes = Buffer.alloc(2048)
  readonly #random: (bytes: Uint8Array) => void
  #offset = 2048

  constructor(random: (bytes: Uint8Array) => void) {
    this.#random = random
  }

  uint32(): number {
    if (this.#offset >= this.#bytes.length) {
      this.#random(this.#bytes)
      this.#offset = 0
    }
    const value = this.#bytes.readUInt32BE(this.#offset)
    this.#offset += 4
    return value
  }
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The generator of keys for models that have none of their own. */
export const v7KeyGenerator: () => string = createUuidV7({
  now: Date.now,
  random: (bytes) => {
    randomFillSync(bytes)
  },
})
