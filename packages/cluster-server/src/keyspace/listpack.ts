import { narrowInt64, parseInt64 } from '../int64.js'

/**
 * The elements of a listpack as latin1 text: each an integer or a string with its encoding in front, and its length
 * behind for the way back. Byte for byte the format of Redis, so that sizes agree with it, and files need no conversion.
 * Source: `listpack.c` of Redis 7.0.
 */

const SMALL_INTEGERS: readonly string[] = Array.from({ length: 128 }, (_, value) => `${String.fromCharCode(value)}\x01`)
const HEADER_BYTES = 6
const END = '\xff'
/** What the header says when there are as many elements or more. */
const UNCOUNTED = 65535

/** `length` least significant bytes of `value`, the least significant first. */
const littleEndian = (value: number, length: number): string => {
  let bytes = ''
  for (let shift = 0; shift < length * 8; shift += 8) bytes += String.fromCharCode((value >> shift) & 255)
  return bytes
}

const packedLength = (length: number): string => {
  if (length <= 127) return String.fromCharCode(length)
  const size = length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5
  let bytes = String.fromCharCode(Math.floor(length / 2 ** (7 * (size - 1))))
  for (let shift = 7 * (size - 2); shift >= 0; shift -= 7) bytes += String.fromCharCode(((length >> shift) & 127) | 128)
  return bytes
}

const encodeInteger = (value: number | bigint): string => {
  if (value >= -4096 && value <= 4095) {
    const bits = Number(value) & 8191
    return String.fromCharCode(0xc0 | (bits >> 8), bits & 255)
  }
  if (value >= -32768 && value <= 32767) return `\xf1${littleEndian(Number(value), 2)}`
  if (value >= -8388608 && value <= 8388607) return `\xf2${littleEndian(Number(value), 3)}`
  if (value >= -2147483648 && value <= 2147483647) return `\xf3${littleEndian(Number(value), 4)}`
  const bits = BigInt.asUintN(64, BigInt(value))
  return `\xf4${littleEndian(Number(bits & 0xffffffffn), 4)}${littleEndian(Number(bits >> 32n), 4)}`
}

/** The element that holds a signed integer of 64 bits. */
export const packInteger = (value: number | bigint): string => {
  const small = typeof value === 'number' ? SMALL_INTEGERS[value] : undefined
  if (small !== undefined) return small
  const encoded = encodeInteger(value)
  return encoded + String.fromCharCode(encoded.length)
}

/** The element that holds `text`: an integer where the text is the one way to write it. */
export const packText = (text: string): string => {
  const integer = parseInt64(text)
  if (integer !== undefined) return packInteger(integer)
  const { length } = text
  if (length < 64) return `${String.fromCharCode(0x80 | length)}${text}${String.fromCharCode(length + 1)}`
  const header =
    length < 4096 ? String.fromCharCode(0xe0 | (length >> 8), length & 255) : `\xf0${littleEndian(length, 4)}`
  return header + text + packedLength(header.length + length)
}

const code = (pack: string, at: number): number => pack.charCodeAt(at)

const word = (pack: string, at: number): number =>
  code(pack, at) | (code(pack, at + 1) << 8) | (code(pack, at + 2) << 16) | (code(pack, at + 3) << 24)

/** Bytes of the element at `at` without the length behind it; NaN when it is none. */
const encodedSize = (pack: string, at: number): number => {
  const first = code(pack, at)
  if (first < 0x80) return 1
  if (first < 0xc0) return 1 + (first & 63)
  if (first < 0xe0) return 2
  if (first < 0xf0) return 2 + (((first & 15) << 8) | code(pack, at + 1))
  switch (first) {
    case 0xf0:
      return 5 + (word(pack, at + 1) >>> 0)
    case 0xf1:
      return 3
    case 0xf2:
      return 4
    case 0xf3:
      return 5
    case 0xf4:
      return 9
    default:
      return Number.NaN
  }
}

const lengthSize = (length: number): number =>
  length <= 127 ? 1 : length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5

/** Where the element after the one at `at` begins. */
export const elementEnd = (pack: string, at: number): number => {
  const size = encodedSize(pack, at)
  return at + size + lengthSize(size)
}

/** Where the element begins that ends before `end`. */
export const elementBefore = (pack: string, end: number): number => {
  let at = end
  let size = 0
  let shift = 0
  let byte: number
  do {
    byte = code(pack, --at)
    size += (byte & 127) * 2 ** shift
    shift += 7
  } while (byte > 127)
  return at - size
}

/** Where the text of a string begins; undefined for an integer. */
const textStart = (pack: string, at: number): number | undefined => {
  const first = code(pack, at)
  if (first >= 0x80 && first < 0xc0) return at + 1
  if (first >= 0xe0 && first < 0xf0) return at + 2
  return first === 0xf0 ? at + 5 : undefined
}

const packedInteger = (pack: string, at: number): number | bigint => {
  const first = code(pack, at)
  if (first < 0x80) return first
  if (first < 0xe0) return ((((first & 31) << 8) | code(pack, at + 1)) << 19) >> 19
  switch (first) {
    case 0xf1:
      return ((code(pack, at + 1) | (code(pack, at + 2) << 8)) << 16) >> 16
    case 0xf2:
      return ((code(pack, at + 1) | (code(pack, at + 2) << 8) | (code(pack, at + 3) << 16)) << 8) >> 8
    case 0xf3:
      return word(pack, at + 1)
    default: {
      const high = word(pack, at + 5)
      const low = word(pack, at + 1) >>> 0
      const value = high * 2 ** 32 + low
      return Number.isSafeInteger(value) ? value : narrowInt64(BigInt(high) * 2n ** 32n + BigInt(low))
    }
  }
}

/** The integer in the element at `at`; undefined when it holds something else. */
export const elementInteger = (pack: string, at: number): number | bigint | undefined => {
  const start = textStart(pack, at)
  return start === undefined ? packedInteger(pack, at) : parseInt64(pack.slice(start, at + encodedSize(pack, at)))
}

/** The text of the element at `at`. */
export const elementText = (pack: string, at: number): string => {
  const start = textStart(pack, at)
  return start === undefined ? String(packedInteger(pack, at)) : pack.slice(start, at + encodedSize(pack, at))
}

/** Bytes of a whole listpack whose elements take `elementBytes`. */
export const listpackSize = (elementBytes: number): number => HEADER_BYTES + elementBytes + END.length

/** A whole listpack with header and end, from its elements. */
export const wholeListpack = (elements: string): string => {
  let count = 0
  for (let at = 0; at < elements.length && count < UNCOUNTED; at = elementEnd(elements, at)) count++
  return littleEndian(listpackSize(elements.length), 4) + littleEndian(count, 2) + elements + END
}

/**
 * The elements of a whole listpack; undefined when its size, its end or one of its elements is broken. Their number in
 * the header is not looked at.
 */
export const listpackElements = (bytes: string): string | undefined => {
  if (bytes.length < listpackSize(0) || word(bytes, 0) >>> 0 !== bytes.length || !bytes.endsWith(END)) return undefined
  const elements = bytes.slice(HEADER_BYTES, -END.length)
  for (let at = 0; at < elements.length; ) {
    const size = encodedSize(elements, at)
    const end = at + size + lengthSize(size)
    // Not a number, too: an element without an encoding.
    if (!(end <= elements.length) || elements.slice(at + size, end) !== packedLength(size)) return undefined
    at = end
  }
  return elements
}
