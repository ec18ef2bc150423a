import { allocateLatin1, type Latin1Buffer } from '../latin1.js'
import type { ListpackWriter } from './listpack-writer.js'

/** The sizes that `list-max-listpack-size` -1 to -5 stands for. */
const NODE_SIZES = [4096, 8192, 16384, 32768, 65536]
/** A node that is limited by its number of elements does not grow beyond this either. */
const SAFE_SIZE = 8192
const ENTRY_OVERHEAD = 8
/** An element of this size is kept in a node of its own, unpacked. */
const PLAIN_SIZE = 2 ** 30

/** Whether Redis would put an element of `length` bytes into the node that `node` holds so far. */
export const fitsNode = (node: ListpackWriter, length: number, limit: number): boolean => {
  const size = node.sizeBytes + length + ENTRY_OVERHEAD
  if (limit < 0) return size <= (NODE_SIZES[-limit - 1] ?? 0)
  return size <= SAFE_SIZE && node.count < limit
}

/** Whether an element is too large for a listpack. */
export const isPlainElement = (length: number): boolean => length >= PLAIN_SIZE

/** The bytes of an element that stands alone. */
export const plainElement = (text: string): Latin1Buffer => {
  const bytes = allocateLatin1(text.length)
  bytes.latin1Write(text, 0)
  return bytes
}
