/**
 * LZF, the compression of RDB. Its compressed form is a sequence of runs: `000LLLLL` and L+1 literal bytes; `LLLooooo
 * oooooooo`, a copy of L+2 bytes from o+1 bytes back; `111ooooo LLLLLLLL oooooooo`, a copy of L+9 bytes.
 */
const HASH_BITS = 16
const MAX_LITERALS = 32
const MAX_OFFSET = 8192
const MAX_COPY = 264
/** A byte of compressed data never stands for more than this: a copy of three bytes for 264. */
export const LARGEST_RATIO = 88

/**
 * Where each hash was last met, counted from `base`. As `base` grows by the length of each input, what earlier ones left
 * behind lies below it, and nothing has to be cleared.
 */
const table = new Int32Array(1 << HASH_BITS).fill(-1)
let base = 0

/** The table position of the three bytes in the lower 24 bits of `word`. */
const slotOf = (word: number): number => ((word >>> 8) - word * 5) & 0xffff

/**
 * Compresses `input` into `output`, choosing the same runs as Redis does.
 * @returns the length of the result; 0 when it is longer than `limit`.
 */
export const compressLzf = (input: Uint8Array, length: number, output: Uint8Array, limit: number): number => {
  if (base > 2 ** 31 - 2 - length) {
    base = 0
    table.fill(-1)
  }
  const start = base
  base += length + 1
  if (length === 0 || limit <= 0) return 0
  let at = 0
  let out = 1
  let literals = 0
  let word = ((input[0] as number) << 8) | (input[1] as number)
  while (at < length - 2) {
    word = ((word << 8) | (input[at + 2] as number)) & 0xffffff
    const slot = slotOf(word)
    const reference = (table[slot] as number) - start
    table[slot] = start + at
    const offset = at - reference - 1
    const matches =
      reference > 0 &&
      offset < MAX_OFFSET &&
      input[reference + 2] === input[at + 2] &&
      input[reference + 1] === input[at + 1] &&
      input[reference] === input[at]
    if (!matches) {
      if (out >= limit) return 0
      output[out++] = input[at++] as number
      if (++literals === MAX_LITERALS) {
        output[out - literals - 1] = literals - 1
        literals = 0
        out++
      }
      continue
    }
    if (out - (literals === 0 ? 1 : 0) + 4 >= limit) return 0
    output[out - literals - 1] = literals - 1
    if (literals === 0) out--
    const longest = Math.min(length - at - 2, MAX_COPY)
    const size = copyLength(input, reference, at, longest) - 2
    if (size < 7) output[out++] = (offset >> 8) + (size << 5)
    else {
      output[out++] = (offset >> 8) + (7 << 5)
      output[out++] = size - 7
    }
    output[out++] = offset & 255
    literals = 0
    out++
    at += size + 2
    if (at >= length - 2) break
    // Of the bytes that were copied, only the last two are entered into the table.
    at -= 2
    word = ((input[at] as number) << 16) | ((input[at + 1] as number) << 8) | (input[at + 2] as number)
    table[slotOf(word)] = start + at
    at++
    word = ((word << 8) | (input[at + 2] as number)) & 0xffffff
    table[slotOf(word)] = start + at
    at++
  }
  if (out + 3 > limit) return 0
  while (at < length) {
    output[out++] = input[at++] as number
    if (++literals === MAX_LITERALS) {
      output[out - literals - 1] = literals - 1
      literals = 0
      out++
    }
  }
  output[out - literals - 1] = literals - 1
  return literals === 0 ? out - 1 : out
}

/** Redis compares sixteen bytes without looking at the limit when that leaves room, which can exceed it by two. */
const copyLength = (input: Uint8Array, reference: number, at: number, longest: number): number => {
  let copied = 2
  if (longest > 16) {
    while (copied < 18) {
      copied++
      if (input[reference + copied] !== input[at + copied]) return copied
    }
  }
  do copied++
  while (copied < longest && input[reference + copied] === input[at + copied])
  return copied
}

/** Decompresses into `output`, which must be filled exactly. @returns false when `input` is no such data. */
export const decompressLzf = (input: Uint8Array, output: Uint8Array): boolean => {
  const end = input.length
  const limit = output.length
  let at = 0
  let out = 0
  while (at < end) {
    const control = input[at++] as number
    if (control < 32) {
      const size = control + 1
      if (out + size > limit || at + size > end) return false
      for (let i = 0; i < size; i++) output[out++] = input[at++] as number
      continue
    }
    let size = control >> 5
    if (at >= end) return false
    if (size === 7) {
      size += input[at++] as number
      if (at >= end) return false
    }
    let reference = out - ((control & 31) << 8) - 1 - (input[at++] as number)
    size += 2
    if (out + size > limit || reference < 0) return false
    for (let i = 0; i < size; i++) output[out++] = output[reference++] as number
  }
  return out === limit
}
