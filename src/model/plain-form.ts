import { instanceToPlain } from 'class-transformer'
import dayjs from 'dayjs'
import { JsonEncodingError } from '../errors/value-errors.js'

/** What stands for a value while class-transformer works, and what takes its place afterwards. */
type PlainByMark = Map<symbol, unknown>

/**
 * A record as plain data, by class-transformer: its decorators see the record's own values. It knows only own properties,
 * takes a dayjs apart, and fails at data with a property `constructor`; so it is given a view of the record in which the
 * attributes are own properties and such values are stand-ins that survive it.
 */
export function plainForm(
  record: object,
  model: string,
  names: readonly string[],
  key: string | null,
): Record<string, unknown> {
  const plainByMark: PlainByMark = new Map()
  try {
    const plain: unknown = instanceToPlain(viewOf(record, names, plainByMark))
    return jsonForm(plain, plainByMark) as Record<string, unknown>
  } catch (cause) {
    throw new JsonEncodingError(model, null, cause, key)
  }
}

function viewOf(record: object, names: readonly string[], plainByMark: PlainByMark): object {
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
      const own: unknown = Reflect.get(record, name)
      // A computed attribute may be a method.
      const value = typeof own === 'function' && names.includes(String(name)) ? Reflect.apply(own, record, []) : own
      const standIn = name === 'constructor' ? value : standInFor(value, record, plainByMark)
      if (standIn !== value) standIns.set(name, standIn)
      return standIn
    },
  })
}

function standInFor(value: unknown, record: object, plainByMark: PlainByMark): unknown {
  // Getters and transformations may call methods of what they are given, and those need the record itself.
  if (typeof value === 'function') return value.bind(record)
  if (dayjs.isDayjs(value)) return marked(value, value.toISOString(), plainByMark)
  if (hasReservedName(value)) return marked(value, jsonForm(value, plainByMark), plainByMark)
  return value
}

/**
 * An object that works as the given one and has one property of its own, a symbol: class-transformer copies exactly that, and a
 * symbol cannot come from data.
 */
function marked(value: object, plain: unknown, plainByMark: PlainByMark): object {
  const mark = Symbol('plain')
  plainByMark.set(mark, plain)
  return Object.create(value, {
    [MARK]: { value: mark, enumerable: true },
    constructor: { value: dayjs.isDayjs(value) ? value.constructor : Object },
  })
}

const MARK = 'plain'

/** Whether data has a property that class-transformer takes for the class of the object, or leaves out. */
function hasReservedName(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasReservedName)
  return (
    Object.hasOwn(value, 'constructor') ||
    Object.hasOwn(value, '__proto__') ||
    Object.values(value).some(hasReservedName)
  )
}

function jsonForm(value: unknown, plainByMark: ReadonlyMap<symbol, unknown>): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map((item) => jsonForm(item, plainByMark))
  const mark: unknown = Reflect.get(value, MARK)
  if (typeof mark === 'symbol') return plainByMark.get(mark)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonForm(item, plainByMark)]))
}
