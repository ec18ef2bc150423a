import { asLatin1 } from './rdb-reader.js'

const END = 0xff

/** Bytes behind the entry that tell its length; the odd limits are those of Redis. */
const backLengthSize = (size: number): number =>
  size <= 127 ? 1 : size < 16383 ? 2 : size < 2097151 ? 3 : size < 268435455 ? 4 : 5

/** The length that stands before position `end`, readable backwards; -1 when it is none. */
const backLength = (bytes: Buffer, end: number): number => {
  let value = 0
  let scale = 1
  for (let i = 0; i < 5; i++) {
    const byte = bytes[end - 1 - i] ?? 0
    value += (byte & 127) * scale
    if ((byte & 128) === 0) return value
    scale *= 128
  }
  return -1
}

/**
 * The elements of a listpack, every one of them checked.
 * @returns undefined when it is corrupt
 */
export const readListpack = (source: Buffer): string[] | undefined => {
  const bytes = asLatin1(source)
  const { length } = bytes
  if (length < 7 || bytes.readUInt32LE(0) !== length || bytes[length - 1] !== END) return undefined
  const last = length - 1
  const elements: string[] = []
  let at = 6
  while (bytes[at] !== END) {
    const start = at
    const first = bytes[at] as number
    let size: number
    if (first < 0x80) {
      size = 1
      elements.push(String(first))
    } else if (first < 0xc0) {
      size = 1 + (first & 63)
      if (start + size > last) return undefined
      elements.push(bytes.latin1Slice(start + 1, start + size))
    } else if (first < 0xe0) {
      size = 2
      if (start + size > last) return undefined
      elements.push(String((((first & 31) << 27) >> 19) | (bytes[start + 1] as number)))
    } else if (first < 0xf0) {
      if (start + 2 > last) return undefined
      size = 2 + (((first & 15) << 8) | (bytes[start + 1] as number))
      if (start + size > last) return undefined
      elements.push(bytes.latin1Slice(start + 2, start + size))
    } else if (first === 0xf0) {
      if (start + 5 > last) return undefined
      size = 5 + bytes.readUInt32LE(start + 1)
      if (start + size > last) return undefined
      elements.push(bytes.latin1Slice(start + 5, start + size))
    } else {
      const width = LISTPACK_WIDTHS[first - 0xf1]
      if (width === undefined || start + 1 + width > last) return undefined
      size = 1 + width
      elements.push(width === 8 ? String(bytes.readBigInt64LE(start + 1)) : String(bytes.readIntLE(start + 1, width)))
    }
    at = start + size + backLengthSize(size)
    if (at > last || backLength(bytes, at) !== size) return undefined
  }
  const count = bytes.readUInt16LE(4)
  if (at !== last || (count !== 65535 && count !== elements.length)) return undefined
  return elements
}

/** Bytes of the integers whose entries begin with 0xf1 to 0xf4. */
const LISTPACK_WIDTHS = [2, 3, 4, 8]

/** The elements of a ziplist, the packed form before Redis 7; undefined when it is corrupt. */
export const readZiplist = (source: Buffer): string[] | undefined => {
  const bytes = asLatin1(source)
  const { length } = bytes
  if (length < 11 || bytes.readUInt32LE(0) !== length || bytes[length - 1] !== END) return undefined
  const last = length - 1
  const tail = bytes.readUInt32LE(4)
  if (tail > last) return undefined
  const elements: string[] = []
  let at = 10
  let previous = -1
  let previousSize = 0
  while (bytes[at] !== END) {
    const start = at
    const isWide = (bytes[at] as number) >= 254
    if (at + (isWide ? 5 : 1) > last) return undefined
    const saidSize = isWide ? bytes.readUInt32LE(at + 1) : (bytes[at] as number)
    at += isWide ? 5 : 1
    const entry = zipEntry(bytes, at, last)
    if (entry === undefined || saidSize !== previousSize) return undefined
    elements.push(entry.text)
    at = entry.end
    previousSize = at - start
    previous = start
  }
  const count = bytes.readUInt16LE(8)
  if (at !== last || (previous !== -1 && previous !== tail)) return undefined
  return count !== 65535 && count !== elements.length ? undefined : elements
}

interface ZipEntry {
  readonly text: string
  readonly end: number
}

/** The entry whose encoding is at `at`; it must end before or at `last`. */
const zipEntry = (bytes: ReturnType<typeof asLatin1>, at: number, last: number): ZipEntry | undefined => {
  const first = bytes[at] as number
  if (at >= last) return undefined
  if (first < 0xc0) {
    const header = first < 0x40 ? 1 : first < 0x80 ? 2 : 5
    if (at + header > last) return undefined
    const size =
      header === 1 ? first : header === 2 ? ((first & 63) << 8) | (bytes[at + 1] as number) : bytes.readUInt32BE(at + 1)
    const end = at + header + size
    return end > last ? undefined : { text: bytes.latin1Slice(at + header, end), end }
  }
  // Small numbers are part of the encoding: 0xf1 to 0xfd stand for 0 to 12.
  if (first >= 0xf1 && first <= 0xfd) return { text: String(first - 0xf1), end: at + 1 }
  const width = ZIPLIST_WIDTHS.get(first)
  if (width === undefined || at + 1 + width > last) return undefined
  const value = width === 8 ? bytes.readBigInt64LE(at + 1) : bytes.readIntLE(at + 1, width)
  return { text: String(value), end: at + 1 + width }
}

const ZIPLIST_WIDTHS: ReadonlyMap<number, number> = new Map([
  [0xc0, 2],
  [0xd0, 4],
  [0xe0, 8],
  [0xf0, 3],
  [0xfe, 1],
])

/** Fields and values in turn of a zipmap, the packed hash before Redis 2.6; undefined when it is corrupt. */
export const readZipmap = (source: Buffer): string[] | undefined => {
  const bytes = asLatin1(source)
  const last = bytes.length - 1
  if (last < 1 || bytes[last] !== END) return undefined
  const texts: string[] = []
  let at = 1
  while (bytes[at] !== END) {
    const field = zipmapText(bytes, at, last, false)
    if (field === undefined || field.end > last) return undefined
    const value = zipmapText(bytes, field.end, last, true)
    if (value === undefined || value.end > last) return undefined
    texts.push(field.text, value.text)
    at = value.end
  }
  const count = texts.length / 2
  if (count === 0 || at !== last) return undefined
  return (bytes[0] as number) < 254 && bytes[0] !== count ? undefined : texts
}

/** A length, behind a value a byte that tells how much room is left behind it, and the text. */
const zipmapText = (
  bytes: ReturnType<typeof asLatin1>,
  at: number,
  last: number,
  isValue: boolean,
): ZipEntry | undefined => {
  const isWide = (bytes[at] as number) >= 254
  const header = (isWide ? 5 : 1) + (isValue ? 1 : 0)
  if (at + header > last) return undefined
  const size = isWide ? bytes.readUInt32LE(at + 1) : (bytes[at] as number)
  const free = isValue ? (bytes[at + header - 1] as number) : 0
  const start = at + header
  const end = start + size + free
  return end > last ? undefined : { text: bytes.latin1Slice(start, start + size), end }
}

/** The members of a set of integers, in ascending order; undefined when it is corrupt. */
export const readIntegers = (bytes: Buffer): string[] | undefined => {
  if (bytes.length < 8) return undefined
  const width = bytes.readUInt32LE(0)
  const count = bytes.readUInt32LE(4)
  if ((width !== 2 && width !== 4 && width !== 8) || count === 0 || 8 + count * width !== bytes.length) return undefined
  const members: string[] = []
  let previous: number | bigint = -Infinity
  for (let at = 8; at < bytes.length; at += width) {
    const value = width === 8 ? bytes.readBigInt64LE(at) : bytes.readIntLE(at, width)
    if (value <= previous) return undefined
    previous = value
    members.push(String(value))
  }
  return members
}
