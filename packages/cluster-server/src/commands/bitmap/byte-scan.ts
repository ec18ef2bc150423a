import type { ReadableText } from '../../keyspace/long-text.js'
import { allocateLatin1 } from '../../latin1.js'

const CHUNK_BYTES = 64 * 1024
/** Shorter texts are read character by character. */
const SHORTEST_COPIED = 64

const scratch = allocateLatin1(CHUNK_BYTES)
const words = new Uint32Array(scratch.buffer, scratch.byteOffset, CHUNK_BYTES / 4)

const onesOf = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Copies bytes to `words`, with `filler` up to a whole word. @returns how many words there are */
const load = (text: ReadableText, from: number, to: number, filler: number): number => {
  const length = scratch.latin1Write(text.slice(from, to), 0, to - from)
  const count = Math.ceil(length / 4)
  scratch.fill(filler, length, count * 4)
  return count
}

/** How many bits are set in the bytes from `from` until before `to`. */
export const onesBetween = (text: ReadableText, from: number, to: number): number => {
  let ones = 0
  if (to - from < SHORTEST_COPIED) {
    for (let at = from; at < to; at++) ones += onesOf(text.charCodeAt(at))
    return ones
  }
  for (let at = from; at < to; at += CHUNK_BYTES) {
    const count = load(text, at, Math.min(to, at + CHUNK_BYTES), 0)
    for (let i = 0; i < count; i++) ones += onesOf(words[i] ?? 0)
  }
  return ones
}

/** The first byte from `from` until before `to` that is not `byte`, which is 0 or 255; `to` when there is none. */
export const firstOther = (text: ReadableText, byte: 0 | 255, from: number, to: number): number => {
  const word = byte === 0 ? 0 : 0xffffffff
  let at = from
  if (to - from >= SHORTEST_COPIED) {
    for (; at < to; at += CHUNK_BYTES) {
      const count = load(text, at, Math.min(to, at + CHUNK_BYTES), byte)
      let i = 0
      while (i < count && words[i] === word) i++
      if (i === count) continue
      at += i * 4
      break
    }
  }
  while (at < to && text.charCodeAt(at) === byte) at++
  return Math.min(at, to)
}
