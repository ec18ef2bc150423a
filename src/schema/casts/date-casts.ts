import dayjs, { type Dayjs } from 'dayjs'
import utc from 'dayjs/plugin/utc.js'
import { type Cast, CastMismatch } from '../cast.js'

/** How a moment is stored: `iso` `2024-09-24T08:30:00.125Z`, `milliseconds` `1727166600125`. */
type StoredForm = 'iso' | 'milliseconds'

interface DateCastOptions<Value> {
  readonly name: string
  readonly stored: StoredForm
  /** `day`: the start of the moment's UTC day. */
  readonly precision: 'day' | 'millisecond'
  readonly read: (ms: number) => Value
}

/** A UTC day: the start of the day in which the given moment lies, as a dayjs in UTC; stored as ISO 8601. */
export const dateCast = dateCastOf({ name: 'date', stored: 'iso', precision: 'day', read: toDayjs })

/** A moment in milliseconds, as a dayjs in UTC; stored as ISO 8601. */
export const datetimeCast = dateCastOf({ name: 'datetime', stored: 'iso', precision: 'millisecond', read: toDayjs })

/** A moment in milliseconds, as a dayjs in UTC; stored as Unix milliseconds. */
export const timestampCast = dateCastOf({
  name: 'timestamp',
  stored: 'milliseconds',
  precision: 'millisecond',
  read: toDayjs,
})

/** The same three for attributes declared as `Date`: what is read is a `Date`. Stored alike. */
export const nativeDateCasts: ReadonlyMap<string, Cast<Date>> = new Map([
  ['date', dateCastOf({ name: 'date', stored: 'iso', precision: 'day', read: toDate })],
  ['datetime', dateCastOf({ name: 'datetime', stored: 'iso', precision: 'millisecond', read: toDate })],
  ['timestamp', dateCastOf({ name: 'timestamp', stored: 'milliseconds', precision: 'millisecond', read: toDate })],
])

const DAY_MS = 86_400_000

function dateCastOf<Value>({ name, stored, precision, read }: DateCastOptions<Value>): Cast<Value> {
  return {
    name,
    order: 'score',
    isText: false,
    expects: 'a dayjs, a Date, ISO 8601 text (UTC where it names no zone) or Unix milliseconds',
    toStored(value) {
      const moment = toMilliseconds(value)
      const ms = precision === 'day' ? Math.floor(moment / DAY_MS) * DAY_MS : moment
      return stored === 'iso' ? isoText(ms) : String(ms)
    },
    fromStored: (text) => read(parseStored(text)),
    rank: (text) => parseStored(text),
  }
}

/** Many records are written within one millisecond, each with two times: the last text is kept. */
const isoText = (() => {
  let lastMs = Number.NaN
  let lastText = ''
  return (ms: number): string => {
    if (ms !== lastMs) {
      lastText = new Date(requireMoment(ms)).toISOString()
      lastMs = ms
    }
    return lastText
  }
})()

function toMilliseconds(value: unknown): number {
  if (typeof value === 'number') return requireMoment(value)
  if (typeof value === 'string') return parseIso(value)
  if (value instanceof Date) return requireMoment(value.getTime())
  if (dayjs.isDayjs(value)) return requireMoment(value.valueOf())
  throw new CastMismatch()
}

function requireMoment(ms: number): number {
  if (!Number.isInteger(ms) || Math.abs(ms) > 8.64e15) throw new CastMismatch()
  return ms + 0
}

function parseStored(text: string): number {
  return /^-?\d+$/.test(text) ? requireMoment(Number(text)) : parseIso(text)
}

const isoForm =
  /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

/** Strict: `new Date` reads 30 February as 1 March, takes local time where no zone is named, and drops microseconds. */
function parseIso(text: string): number {
  const match = isoForm.exec(text)
  if (!match) throw new CastMismatch()
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    match
  if (/[1-9]/.test(fraction.slice(3))) throw new CastMismatch('it is finer than a millisecond')
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second), ms)
  const isReal =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60
  if (!isReal) throw new CastMismatch('there is no such moment')
  return requireMoment(date.getTime() - zoneOffsetMs(zone))
}

function zoneOffsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) throw new CastMismatch('there is no such zone')
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** The plugin is registered when it is first needed: importing this package changes nobody's dayjs. */
function toDayjs(ms: number): Dayjs {
  dayjs.extend(utc)
  return dayjs.utc(ms)
}

function toDate(ms: number): Date {
  return new Date(ms)
}
