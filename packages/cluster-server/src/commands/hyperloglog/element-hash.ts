/** 2^14 registers: the low bits of a hash choose one. */
export const INDEX_BITS = 14

const MULTIPLIER_HIGH = 0xc6a4a793 | 0
const MULTIPLIER_LOW = 0x5bd1e995
const SEED = 0xadc83b19 | 0

/** The upper 32 bits of a product of two unsigned 32-bit integers. */
const highProduct = (a: number, b: number): number => {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const low = Math.imul(aLow, bLow) >>> 0
  const middle = Math.imul(aHigh, bLow) >>> 0
  const other = Math.imul(aLow, bHigh) >>> 0
  const carried = (low >>> 16) + (middle & 0xffff) + (other & 0xffff)
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (other >>> 16) + (carried >>> 16)) | 0
}

/** The upper half of the 64-bit product with the multiplier; the lower half is `Math.imul(low, MULTIPLIER_LOW)`. */
const multipliedHigh = (high: number, low: number): number =>
  (highProduct(low, MULTIPLIER_LOW) + Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH)) | 0

/** Four bytes of latin1 text from `at` on, the first being the least significant; 0 behind `end`. */
const word = (text: string, at: number, end: number): number => {
  let value = 0
  for (let i = Math.min(end, at + 4) - 1; i >= at; i--) value = (value << 8) | text.charCodeAt(i)
  return value
}

/**
 * Where an element of latin1 text belongs: the index of its register in the low 14 bits, and above them the rank, which
 * is the position from 1 to 51 of the first bit that is set in the rest of the hash. One number, as this is called for
 * each element. The hash is MurmurHash64A with the seed that Redis uses.
 */
export const elementPlace = (text: string): number => {
  const { length } = text
  let high = multipliedHigh(0, length)
  let low = Math.imul(length, MULTIPLIER_LOW) ^ SEED
  const whole = length - (length & 7)
  for (let i = 0; i < whole; i += 8) {
    let wordLow = word(text, i, length)
    let wordHigh = word(text, i + 4, length)
    wordHigh = multipliedHigh(wordHigh, wordLow)
    wordLow = Math.imul(wordLow, MULTIPLIER_LOW)
    wordLow ^= wordHigh >>> 15
    wordHigh = multipliedHigh(wordHigh, wordLow)
    wordLow = Math.imul(wordLow, MULTIPLIER_LOW)
    high ^= wordHigh
    low ^= wordLow
    high = multipliedHigh(high, low)
    low = Math.imul(low, MULTIPLIER_LOW)
  }
  if (whole < length) {
    high ^= word(text, whole + 4, length)
    low ^= word(text, whole, length)
    high = multipliedHigh(high, low)
    low = Math.imul(low, MULTIPLIER_LOW)
  }
  low ^= high >>> 15
  high = multipliedHigh(high, low)
  low = Math.imul(low, MULTIPLIER_LOW)
  low ^= high >>> 15
  return (low & ((1 << INDEX_BITS) - 1)) | (rankOf(high, low) << INDEX_BITS)
}

const rankOf = (high: number, low: number): number => {
  const rest = low >>> INDEX_BITS
  if (rest !== 0) return trailingZeros(rest) + 1
  return 32 - INDEX_BITS + (high === 0 ? 32 : trailingZeros(high)) + 1
}

/** Of an integer that is not 0. */
const trailingZeros = (value: number): number => 31 - Math.clz32(value & -value)
