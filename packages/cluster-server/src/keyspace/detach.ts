import { allocateLatin1 } from '../latin1.js'

/** V8 represents a substring of this length or more as a view that keeps the whole original text alive. */
const SHORTEST_VIEW = 13

const scratch = allocateLatin1(16 * 1024)

/**
 * Copies latin1 text out of the network chunk that it was cut from, so that a stored value of a few bytes does not keep
 * 64 KiB alive. Also flattens a concatenation. Text that is not kept needs no copy.
 */
export const detach = (text: string): string => {
  const length = text.length
  if (length < SHORTEST_VIEW) return text
  if (length > scratch.length) return Buffer.from(text, 'latin1').toString('latin1')
  scratch.latin1Write(text, 0, length)
  return scratch.latin1Slice(0, length)
}
