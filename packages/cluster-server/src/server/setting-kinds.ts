/** The outcome of reading a setting: its value, or why the text is refused, in Redis' words. */
export type Parsed = { readonly value: string } | { readonly refusal: string }

/** How the text of a setting is checked; the value is kept as the text that CONFIG GET prints. */
export interface SettingKind {
  parse(text: string): Parsed
}

const MEMORY_UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n,
}

/** Bytes of `1gb`, `100mb`, `512`; undefined for anything else. */
export const parseMemory = (text: string): bigint | undefined => {
  const match = /^(\d+)([a-z]*)$/i.exec(text)
  const unit = MEMORY_UNITS[match?.[2]?.toLowerCase() ?? '-']
  return match?.[1] === undefined || unit === undefined ? undefined : BigInt(match[1]) * unit
}

const between = (value: bigint, minimum: number | bigint, maximum: number | bigint): Parsed =>
  value < minimum || value > maximum
    ? { refusal: `argument must be between ${minimum} and ${maximum} inclusive` }
    : { value: String(value) }

/** The largest value of a C `int`, `unsigned int` and `long long`. */
export const MAX_INT = 2 ** 31 - 1
export const MAX_UNSIGNED = 2 ** 32 - 1
export const MAX_LONG = 2n ** 63n - 1n

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

export const freeText: SettingKind = { parse: (text) => ({ value: text }) }
