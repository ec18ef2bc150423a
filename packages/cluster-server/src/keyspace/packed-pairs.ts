import { detach } from './detach.js'

/**
 * Pairs of texts packed into one latin1 string: for each text its length, seven bits to a character, least significant
 * first, the high bit set on all but the last; then the text. A hash of a few fields costs one string instead of a map
 * and two strings for each field; look-up is a walk, which for the sizes in question is one cache line after another.
 */
export const EMPTY_PAIRS = ''

/** Where a pair lies in a packed string. */
interface Location {
  readonly valueStart: number
  readonly end: number
}

const SHORT_LENGTHS: readonly string[] = Array.from({ length: 128 }, (_, length) => String.fromCharCode(length))

const encodeLength = (length: number): string => {
  const short = SHORT_LENGTHS[length]
  if (short !== undefined) return short
  let rest = length
  let text = ''
  while (rest > 127) {
    text += String.fromCharCode((rest & 127) | 128)
    rest >>>= 7
  }
  return text + String.fromCharCode(rest)
}

/** Position after the text whose length prefix begins at `at`. */
const skip = (packed: string, at: number): number => {
  let position = at
  let code = packed.charCodeAt(position++)
  if (code < 128) return position + code
  let length = code & 127
  for (let shift = 7; code > 127; shift += 7) {
    code = packed.charCodeAt(position++)
    length |= (code & 127) << shift
  }
  return position + length
}

const prefixLength = (packed: string, at: number): number => {
  let position = at
  while (packed.charCodeAt(position++) > 127);
  return position - at
}

/** Where the pair named `name` begins, or -1. */
export const findPair = (packed: string, name: string): number => {
  const size = name.length
  for (let at = 0; at < packed.length; ) {
    const end = skip(packed, at)
    if (end - at - prefixLength(packed, at) === size && packed.startsWith(name, end - size)) return at
    at = skip(packed, end)
  }
  return -1
}

const locate = (packed: string, pair: number): Location => {
  const valueStart = skip(packed, pair)
  return { valueStart, end: skip(packed, valueStart) }
}

/** The value packed under `name`, or undefined. */
export const pairValue = (packed: string, name: string): string | undefined => {
  const pair = findPair(packed, name)
  if (pair === -1) return undefined
  const { valueStart, end } = locate(packed, pair)
  return packed.slice(valueStart + prefixLength(packed, valueStart), end)
}

/** `packed` with a pair more, whose name it does not have yet. */
export const withNewPair = (packed: string, name: string, value: string): string =>
  detach(packed + encodeLength(name.length) + name + encodeLength(value.length) + value)

/** `packed` with another value in the pair that begins at `pair`. */
export const withValue = (packed: string, pair: number, value: string): string => {
  const { valueStart, end } = locate(packed, pair)
  return detach(packed.slice(0, valueStart) + encodeLength(value.length) + value + packed.slice(end))
}

/** `packed` without the pair that begins at `pair`. */
export const withoutPair = (packed: string, pair: number): string =>
  detach(packed.slice(0, pair) + packed.slice(locate(packed, pair).end))

/** Packs names and values in turn; no name occurs twice. */
export const packPairs = (texts: readonly string[]): string => {
  let packed = ''
  for (const text of texts) packed += encodeLength(text.length) + text
  return detach(packed)
}

/** Names and values in turn. */
export const unpackPairs = (packed: string): string[] => {
  const texts: string[] = []
  for (let at = 0; at < packed.length; ) {
    const end = skip(packed, at)
    texts.push(packed.slice(at + prefixLength(packed, at), end))
    at = end
  }
  return texts
}
