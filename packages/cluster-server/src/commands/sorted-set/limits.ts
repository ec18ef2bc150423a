import { parseCDouble } from '../../double-text.js'
import type { Before } from '../../keyspace/ordered-entries.js'
import { type WireError, wireError } from '../../wire-errors.js'

const NOT_A_SCORE = wireError('ERR min or max is not a float')
const NOT_A_TEXT = wireError('ERR min or max not valid string range item')

/** The cuts of a sorted set at which a range begins and ends: both are true for what lies before them. */
export interface Cuts {
  readonly start: Before
  readonly end: Before
}

interface ScoreLimit {
  readonly score: number
  readonly exclusive: boolean
}

type TextLimit =
  | { readonly type: 'least' | 'greatest' }
  | { readonly type: 'text'; readonly text: string; readonly exclusive: boolean }

/** @throws WireError */
const scoreLimit = (text: string): ScoreLimit => {
  const exclusive = text.startsWith('(')
  const score = parseCDouble(exclusive ? text.slice(1) : text)
  if (score === undefined || Number.isNaN(score)) throw NOT_A_SCORE
  return { score, exclusive }
}

/** The range of scores between two limits, `(` excluding one. @throws WireError */
export const scoreCuts = (minimum: string, maximum: string): Cuts => {
  const low = scoreLimit(minimum)
  const high = scoreLimit(maximum)
  return {
    start: low.exclusive ? (score) => score <= low.score : (score) => score < low.score,
    end: high.exclusive ? (score) => score < high.score : (score) => score <= high.score,
  }
}

const textLimit = (text: string): TextLimit | WireError => {
  if (text === '-') return { type: 'least' }
  if (text === '+') return { type: 'greatest' }
  const first = text[0]
  if (first !== '(' && first !== '[') return NOT_A_TEXT
  return { type: 'text', text: text.slice(1), exclusive: first === '(' }
}

const cutAt = (limit: TextLimit, afterEqual: boolean): Before => {
  switch (limit.type) {
    case 'least':
      return () => false
    case 'greatest':
      return () => true
    case 'text': {
      const { text } = limit
      return afterEqual ? (_score, member) => member <= text : (_score, member) => member < text
    }
    default:
      return limit satisfies never
  }
}

/** The range of texts between two limits: `[` includes, `(` excludes, `-` and `+` are the ends. @throws WireError */
export const textCuts = (minimum: string, maximum: string): Cuts => {
  const low = textLimit(minimum)
  const high = textLimit(maximum)
  if (!('type' in low)) throw low
  if (!('type' in high)) throw high
  return {
    start: cutAt(low, low.type === 'text' && low.exclusive),
    end: cutAt(high, high.type === 'text' && !high.exclusive),
  }
}
