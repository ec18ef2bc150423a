import { crc16, SLOT_COUNT } from './hash-slot.js'

/** Partitions of a model that does not choose: spread evenly over 1, 2, 3 and 6 primaries. */
export const DEFAULT_PARTITIONS = 6

/** The largest number of partitions of a model. Each ordered page asks every partition: small numbers are fast. */
export const MAX_PARTITIONS = 1024

/**
 * The partition, 0 … `partitions` - 1, of a record. Depends on the UTF-8 bytes of the id alone and never changes
 * between versions: stored records are found by it.
 */
export function partitionOf(id: string, partitions: number): number {
  if (partitions === 1) return 0
  return Math.floor((mix(fnv1a(id)) / 2 ** 32) * partitions)
}

/**
 * The partition of the records whose attribute with `@HashTag()` has this stored text, null for none. The same for all models
 * with as many partitions, so that their records lie in one slot.
 */
export function partitionOfTag(tag: string | null, partitions: number): number {
  return partitionOf(tag ?? '%null', partitions)
}

/**
 * The hash tags of all partitions, without braces: number `index` of N hashes into the middle of the `index`-th of N equal
 * slot ranges, so that N partitions lie evenly on any number of primaries that divides N, however its ranges are
 * rounded. A tag is `<N>.<index><letters>` (`6.2k`): layouts with different N never share a key.
 */
export function partitionTags(partitions: number): readonly string[] {
  const known = tagsByCount.get(partitions)
  if (known) return known
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    throw new RangeError(`partitions is ${partitions}; it must be an integer from 1 to ${MAX_PARTITIONS}.`)
  }
  const tags = Object.freeze(Array.from({ length: partitions }, (_, index) => findTag(index, partitions)))
  tagsByCount.set(partitions, tags)
  return tags
}

/** The hash tag, without braces, under which a record and its index entries are kept. */
export function tagOf(id: string, partitions: number): string {
  const tag = partitionTags(partitions)[partitionOf(id, partitions)]
  if (tag === undefined) throw new RangeError(`No partition for ${partitions}.`)
  return tag
}

const tagsByCount = new Map<number, readonly string[]>()

function findTag(index: number, partitions: number): string {
  const width = SLOT_COUNT / partitions
  const from = width * (index + 0.25)
  const to = width * (index + 0.75)
  const name = `${partitions}.${index}`
  const start = crc16(name)
  for (let salt = 0; ; salt++) {
    const suffix = letters(salt)
    const slot = crc16(suffix, start) % SLOT_COUNT
    if (slot >= from && slot < to) return name + suffix
  }
}

/** 0 → a, 25 → z, 26 → aa … */
function letters(number: number): string {
  let text = ''
  for (let rest = number; rest >= 0; rest = Math.floor(rest / 26) - 1) {
    text = String.fromCharCode(97 + (rest % 26)) + text
  }
  return text
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return fnv1aOfBytes(Buffer.from(text, 'utf8'))
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return hash >>> 0
}

function fnv1aOfBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** The finaliser of MurmurHash3: FNV leaves the high bits of short, similar texts unevenly used. */
function mix(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
