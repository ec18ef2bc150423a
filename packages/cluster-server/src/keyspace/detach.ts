import { allocateLatin1, type Latin1Buffer } from '../latin1.js'

const MAX_SCRATCH_BYTES = 1024 * 1024
let scratch = allocateLatin1(16 * 1024)

/**
 * A copy of latin1 `text` that shares no memory with the string it was cut from. Whatever is stored must pass through
 * here first: an argument is a slice of the network chunk, and keeping it would keep the entire chunk alive.
 */
export const detach = (text: string): string => {
  // V8 copies substrings shorter than 13 characters by itself (SlicedString::kMinLength).
  const length = text.length
  if (length < 13) return text
  if (length > scratch.length) return detachLong(text)
  scratch.latin1Write(text, 0, length)
  return scratch.latin1Slice(0, length)
}

/** Grows the scratch buffer to a bound only: one huge value must not hold its size for the life of the process. */
const detachLong = (text: string): string => {
  if (text.length > MAX_SCRATCH_BYTES) return (Buffer.from(text, 'latin1') as Latin1Buffer).latin1Slice()
  scratch = allocateLatin1(2 ** Math.ceil(Math.log2(text.length)))
  return detach(text)
}
