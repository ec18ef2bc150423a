import { instanceToPlain } from 'class-transformer'
import dayjs, { type Dayjs } from 'dayjs'
import { JsonEncodingError } from '../errors/value-errors.js'

/**
 * A record as plain data, by class-transformer: its decorators see the record's own values. It knows only own properties and
 * would take a dayjs apart, so it is given a view of the record in which the attributes are own properties and moments are
 * stand-ins that survive it.
 */
export function plainForm(record: object, model: string, names: readonly string[]): Record<string, unknown> {
  const moments = new Map<symbol, string>()
  try {
    const plain: unknown = instanceToPlain(viewOf(record, names, moments))
    return jsonForm(plain, moments) as Record<string, unknown>
  } catch (cause) {
    throw new JsonEncodingError(model, null, cause)
  }
}

function viewOf(record: object, names: readonly string[], moments: Map<symbol, string>): object {
  /** What was handed out instead of the record's own: class-transformer compares what it reads with what it read before. */
  const standIns = new Map<PropertyKey, unknown>()
  return new Proxy(Object.create(Object.getPrototypeOf(record)), {
    ownKeys: () => [...names],
    getOwnPropertyDescriptor(_target, name) {
      const isAttribute = typeof name === 'string' && names.includes(name)
      return isAttribute ? { enumerable: true, configurable: true, writable: true } : undefined
    },
    get(_target, name) {
      const known = standIns.get(name)
      if (known !== undefined) return known
      const value: unknown = Reflect.get(record, name)
      const standIn = name === 'constructor' ? value : standInFor(value, record, moments)
      if (standIn !== value) standIns.set(name, standIn)
      return standIn
    },
  })
}

function standInFor(value: unknown, record: object, moments: Map<symbol, string>): unknown {
  // Getters and transformations may call methods of what they are given, and those need the record itself.
  if (typeof value === 'function') return value.bind(record)
  return dayjs.isDayjs(value) ? markedMoment(value, moments) : value
}

/**
 * A dayjs that works as the given one and has one property of its own, a symbol: class-transformer copies exactly that, and a
 * symbol cannot come from data.
 */
function markedMoment(moment: Dayjs, moments: Map<symbol, string>): Dayjs {
  const mark = Symbol('moment')
  moments.set(mark, moment.toISOString())
  return Object.defineProperty(Object.create(moment), MARK, { value: mark, enumerable: true })
}

const MARK = 'moment'

function jsonForm(value: unknown, moments: ReadonlyMap<symbol, string>): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map((item) => jsonForm(item, moments))
  const mark: unknown = Reflect.get(value, MARK)
  if (typeof mark === 'symbol') return moments.get(mark)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonForm(item, moments)]))
}
