import { CastMismatch } from '../cast.js'
import { requireWellFormed } from './text-cast.js'

/** Thrown for a value that JSON cannot express; the schema turns it into a `JsonEncodingError`. */
export class JsonMismatch extends CastMismatch {}

/**
 * JSON text in which equal values have equal text: the keys of objects are in order of their UTF-16 units. An object's own
 * `toJSON` is honoured, and a property that is undefined is absent, as in `JSON.stringify`. What that function would
 * change in silence is refused: NaN and infinities, undefined and functions in arrays, maps, sets and other instances.
 * Throws `JsonMismatch`, whose message says where in the value it lies.
 */
export function canonicalJson(value: unknown): string {
  try {
    return write(value, '', [])
  } catch (error) {
    if (error instanceof RangeError) throw new JsonMismatch('it is nested too deeply')
    throw error
  }
}

function write(value: unknown, path: string, ancestors: object[]): string {
  switch (typeof value) {
    case 'string':
      return writeText(value, path)
    case 'boolean':
      return String(value)
    case 'number':
      if (!Number.isFinite(value)) throw new JsonMismatch(`${at(path)} is ${value}`)
      return String(value + 0)
    case 'object':
      return value === null ? 'null' : writeObject(value, path, ancestors)
    default:
      throw new JsonMismatch(`${at(path)} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`)
  }
}

function writeText(text: string, path: string): string {
  try {
    return JSON.stringify(requireWellFormed(text))
  } catch {
    throw new JsonMismatch(`${at(path)} holds an unpaired surrogate, which UTF-8 cannot carry`)
  }
}

function writeObject(value: object, path: string, ancestors: object[]): string {
  if (ancestors.includes(value)) throw new JsonMismatch(`${at(path)} contains itself`)
  ancestors.push(value)
  const text = writeContents(value, path, ancestors)
  ancestors.pop()
  return text
}

function writeContents(value: object, path: string, ancestors: object[]): string {
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), path, ancestors)
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`, ancestors)).join(',')}]`
  }
  if (!isPlain(value)) throw new JsonMismatch(`${at(path)} is an instance of ${nameOfClass(value)}`)
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${entries
    .map(([key, item]) => {
      const inner = path ? `${path}.${key}` : key
      return `${writeText(key, inner)}:${write(item, inner, ancestors)}`
    })
    .join(',')}}`
}

/** True for `{…}` and for objects without a prototype, of any realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function nameOfClass(value: object): string {
  return value.constructor?.name || 'an unnamed class'
}

function at(path: string): string {
  return path ? `the value at ${path.slice(0, 80)}` : 'the value'
}
