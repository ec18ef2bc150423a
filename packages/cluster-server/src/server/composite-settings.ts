import { parseMemory } from '../commands/memory-text.js'
import { parseDouble } from '../double-text.js'
import { quoteText } from '../quote-text.js'
import { formatMemory, MAX_INT, type Parsed, type SettingKind } from './setting-kinds.js'

/** `seconds changes` pairs; the empty text turns saving off. */
export const saveRules: SettingKind = {
  parse: (text) => {
    const words = text.split(' ').filter((word) => word !== '')
    const valid =
      words.length % 2 === 0 && words.every((word, i) => /^\d{1,10}$/.test(word) && (i % 2 === 1 || word !== '0'))
    return valid ? { value: words.join(' ') } : { refusal: 'Invalid save parameters' }
  },
  lines: (value) => (value === '' ? ['""'] : (value.match(/\S+ \S+/g) ?? [])),
}

const CLASSES = ['normal', 'slave', 'pubsub'] as const

/** The limits of one class of clients. Bytes and seconds; 0 is no limit. */
export interface OutputLimit {
  readonly hardBytes: number
  readonly softBytes: number
  readonly softSeconds: number
}

/** `class hard soft seconds` once or several times; classes that are not named keep what they had. */
export const outputLimits = (current: () => string): SettingKind => ({
  parse: (text): Parsed => {
    const words = text.split(' ').filter((word) => word !== '')
    if (words.length === 0 || words.length % 4 !== 0) {
      return { refusal: 'Wrong number of arguments in buffer limit configuration.' }
    }
    const limits = new Map(readOutputLimits(current()))
    for (let i = 0; i < words.length; i += 4) {
      const name = words[i]?.toLowerCase() === 'replica' ? 'slave' : words[i]?.toLowerCase()
      const known = CLASSES.find((candidate) => candidate === name)
      if (known === undefined) return { refusal: 'Invalid client class specified in buffer limit configuration.' }
      const hard = parseMemory(words[i + 1] ?? '')
      const soft = parseMemory(words[i + 2] ?? '')
      const seconds = Number(words[i + 3])
      if (hard === undefined || soft === undefined || !Number.isInteger(seconds) || seconds < 0 || seconds > MAX_INT) {
        return { refusal: 'Error in hard, soft or soft_seconds setting in buffer limit configuration.' }
      }
      limits.set(known, { hardBytes: Number(hard), softBytes: Number(soft), softSeconds: seconds })
    }
    const texts = [...limits].map(
      ([name, limit]) => `${name} ${limit.hardBytes} ${limit.softBytes} ${limit.softSeconds}`,
    )
    return { value: texts.join(' ') }
  },
  lines: (value) =>
    readOutputLimits(value).map(([name, { hardBytes, softBytes, softSeconds }]) => {
      const sizes = `${formatMemory(String(hardBytes))} ${formatMemory(String(softBytes))}`
      return `${name === 'slave' ? 'replica' : name} ${sizes} ${softSeconds}`
    }),
})

/** The limits of each class from the text of `client-output-buffer-limit`. */
export const readOutputLimits = (text: string): [name: string, limit: OutputLimit][] => {
  const words = text.split(' ')
  return CLASSES.map((name) => {
    const at = words.indexOf(name)
    const number = (offset: number): number => (at === -1 ? 0 : Number(words[at + offset]))
    return [name, { hardBytes: number(1), softBytes: number(2), softSeconds: number(3) }]
  })
}

/** Every class of events, in the order in which CONFIG GET prints them. */
const EVENT_CLASSES = 'g$lshzxetdnKEm'

/** Which keyspace events are published; `A` stands for all classes but `m` and `n`. */
export const eventClasses: SettingKind = {
  parse: (text) => {
    if (/[^Ag$lshzxeKEtmdn]/.test(text)) {
      return { refusal: "Invalid event class character. Use 'Ag$lshzxeKEtmdn'." }
    }
    const all = 'g$lshzxetd'
    const chosen = new Set(text.replace('A', all))
    const hasAll = [...all].every((letter) => chosen.has(letter))
    const rest = [...EVENT_CLASSES].filter((letter) => chosen.has(letter) && !(hasAll && all.includes(letter)))
    return { value: (hasAll ? 'A' : '') + rest.join('') }
  },
  lines: (value) => [quoteText(value)],
}

/** The percentiles of LATENCYSTATS in INFO, from 0 to 100; the empty text is none. */
export const percentiles: SettingKind = {
  parse: (text) => {
    const values = text === '' ? [] : text.split(' ').map(parseDouble)
    if (values.some((value) => value === undefined)) {
      return { refusal: 'Invalid latency-tracking-info-percentiles parameters' }
    }
    if (values.some((value) => value === undefined || !(value >= 0 && value <= 100))) {
      return { refusal: 'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]' }
    }
    return { value: values.map((value) => String(Number((value ?? 0).toPrecision(10)))).join(' ') }
  },
  lines: (value) => [value === '' ? '""' : value],
}

/** Three numbers from -2000 to 2000. */
export const oomScores: SettingKind = {
  parse: (text) => {
    const words = text.split(' ').filter((word) => word !== '')
    if (words.length !== 3) return { refusal: 'wrong number of arguments' }
    const valid = words.every((word) => /^[+-]?\d+$/.test(word) && Math.abs(Number(word)) <= 2000)
    if (!valid) return { refusal: 'Invalid oom-score-adj-values, elements must be between -2000 and 2000.' }
    return { value: words.map((word) => String(Number(word))).join(' ') }
  },
}
