import { parseMemory } from '../commands/memory-text.js'
import { quoteText } from '../quote-text.js'

/** The outcome of reading a setting: its value, or why the text is refused, in Redis' words. */
export type Parsed = { readonly value: string } | { readonly refusal: string }

/** How the text of a setting is checked; the value is kept as the text that CONFIG GET prints. */
export interface SettingKind {
  parse(text: string): Parsed
  /** How CONFIG REWRITE writes the value, or each of its lines; default: as it stands. */
  lines?(value: string): readonly string[]
}

/** `1gb`, `64mb`, `512`: bytes with the largest unit that leaves no rest. */
export const formatMemory = (bytes: string): string => {
  const value = BigInt(bytes)
  const unit = (
    [
      [1n << 30n, 'gb'],
      [1n << 20n, 'mb'],
      [1n << 10n, 'kb'],
    ] as const
  ).find(([size]) => value !== 0n && value % size === 0n)
  return unit === undefined ? bytes : `${value / unit[0]}${unit[1]}`
}

const between = (value: bigint, minimum: number | bigint, maximum: number | bigint): Parsed =>
  value < minimum || value > maximum
    ? { refusal: `argument must be between ${minimum} and ${maximum} inclusive` }
    : { value: String(value) }

/** The largest value of a C `int`, `unsigned int` and `long long`. */
export const MAX_INT = 2 ** 31 - 1
export const MAX_UNSIGNED = 2 ** 32 - 1
export const MAX_LONG = 2n ** 63n - 1n
/** Of `unsigned long long`. */
export const MAX_UNSIGNED_LONG = 2n ** 64n - 1n

/** A whole number within limits, both inclusive. */
export const integer = (minimum: number | bigint, maximum: number | bigint): SettingKind => ({
  parse: (text) =>
    /^(0|-?[1-9]\d{0,17})$/.test(text)
      ? between(BigInt(text), minimum, maximum)
      : { refusal: "argument couldn't be parsed into an integer" },
})

/** A number of bytes, with an optional unit. */
export const memory = (minimum: number | bigint, maximum: number | bigint): SettingKind => ({
  parse: (text) => {
    const value = parseMemory(text)
    return value === undefined ? { refusal: 'argument must be a memory value' } : between(value, minimum, maximum)
  },
  lines: (value) => [formatMemory(value)],
})

/** A number of bytes, or a percentage of another number, which is kept as it stands. */
export const memoryOrPercent: SettingKind = {
  parse: (text) => {
    const percent = /^(\d+)%$/.exec(text)
    if (percent === null) {
      const value = parseMemory(text)
      return value === undefined
        ? { refusal: 'argument must be a memory or percent value' }
        : between(value, 0, MAX_LONG)
    }
    if (Number(percent[1]) > 100) return { refusal: 'percentage argument must be less or equal to 100' }
    return { value: text }
  },
  lines: (value) => [value.endsWith('%') ? value : formatMemory(value)],
}

export const yesNo: SettingKind = {
  parse: (text) => {
    const value = text.toLowerCase()
    return value === 'yes' || value === 'no' ? { value } : { refusal: "argument must be 'yes' or 'no'" }
  },
}

/** One of a few words, in the order in which Redis lists them. */
export const oneOf = (...words: readonly string[]): SettingKind => ({
  parse: (text) => {
    const value = text.toLowerCase()
    if (words.includes(value)) return { value }
    return { refusal: `argument(s) must be one of the following: ${words.join(', ')}` }
  },
})

/** Any text. Without one, CONFIG REWRITE leaves the line out. */
export const freeText: SettingKind = {
  parse: (text) => ({ value: text }),
  lines: (value) => (value === '' ? [] : [quoteText(value)]),
}

/** Any text, the empty one included. */
export const anyText: SettingKind = { parse: (text) => ({ value: text }), lines: (value) => [quoteText(value)] }

/** The addresses of `bind` that redis-server listens on without a configuration. */
export const EVERYWHERE = '* -::*'

/** Addresses, with a blank between two. CONFIG REWRITE leaves the line out for the default ones. */
export const addresses: SettingKind = {
  parse: (text) => ({ value: text }),
  lines: (value) => (value === EVERYWHERE ? [] : [value === '' ? '""' : value]),
}

const MAX_HOSTNAME_LENGTH = 255

/** A hostname that is told to clients; empty without one. */
export const hostname: SettingKind = {
  parse: (text) => {
    if (text.length > MAX_HOSTNAME_LENGTH) return { refusal: 'Hostnames must be less than 256 characters' }
    if (/^[A-Za-z0-9.-]*$/.test(text)) return { value: text }
    return { refusal: 'Hostnames may only contain alphanumeric characters, hyphens or dots' }
  },
  lines: (value) => (value === '' ? [] : [value]),
}

/** Text that names a file, not a path. */
export const fileName = (refusal: string): SettingKind => ({
  parse: (text) => (text.includes('/') ? { refusal } : { value: text }),
  lines: (value) => [quoteText(value)],
})

/** What this server knows only one value of; `refusal` says why. */
export const only = (value: string, refusal: string): SettingKind => ({
  parse: (text) => (text.toLowerCase() === value ? { value } : { refusal }),
  lines: () => (value === '' ? [] : [value]),
})

/** Access rights, as CONFIG prints them: octal digits. */
export const octal: SettingKind = {
  parse: (text) => {
    if (!/^[0-7]{1,10}$/.test(text)) return { refusal: "argument couldn't be parsed as an octal number" }
    const value = Number.parseInt(text, 8)
    return value > 0o777 ? { refusal: 'argument must be between 0 and 777 inclusive' } : { value: value.toString(8) }
  },
}

/** Several of a few words; the first one stands for none of the others. */
export const someOf = (
  words: readonly string[],
  excluded: readonly [string, string],
  refusal: string,
): SettingKind => ({
  parse: (text) => {
    const given = text.split(' ').map((word) => word.toLowerCase())
    if (!given.every((word) => words.includes(word))) {
      return { refusal: `argument(s) must be one of the following: ${words.join(', ')}` }
    }
    if (excluded.every((word) => given.includes(word))) return { refusal }
    return {
      value:
        words
          .slice(1)
          .filter((word) => given.includes(word))
          .join(' ') ||
        (words[0] ?? ''),
    }
  },
})
