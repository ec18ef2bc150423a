import { libraryError } from '../../runtime/lua-error.js'
import { LuaTable } from '../../runtime/lua-table.js'
import { formatGeneral } from '../../runtime/number-text.js'
import { typeName } from '../../runtime/type-name.js'
import { LightUserdata, type LuaValue } from '../../runtime/value.js'
import type { CjsonSettings } from './settings.js'

const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['/', '\\/'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
])

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape.
const ESCAPED = /["\\/\x00-\x1f\x7f]/g

const quote = (text: string): string =>
  `"${text.replace(ESCAPED, (char) => NAMED_ESCAPES.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`

/** Writes values as JSON, as lua-cjson 2.1 does. */
export class CjsonEncoder {
  readonly #settings: CjsonSettings

  constructor(settings: CjsonSettings) {
    this.#settings = settings
  }

  encode(value: LuaValue, depth = 0): string {
    switch (typeof value) {
      case 'string':
        return quote(value)
      case 'number':
        return this.#number(value)
      case 'boolean':
        return value ? 'true' : 'false'
      case 'undefined':
        return 'null'
      default:
        if (value instanceof LuaTable) return this.#table(value, depth + 1)
        if (value instanceof LightUserdata) return 'null'
        throw this.#refusal(value, 'type not supported')
    }
  }

  #refusal(value: LuaValue, reason: string) {
    return libraryError(`Cannot serialise ${typeName(value)}: ${reason}`)
  }

  #number(value: number): string {
    const { encodeInvalidNumbers, numberPrecision } = this.#settings
    if (Number.isFinite(value)) return formatGeneral(value, numberPrecision)
    if (encodeInvalidNumbers === false) throw this.#refusal(value, 'must not be NaN or Inf')
    if (encodeInvalidNumbers === 'null') return 'null'
    return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  }

  #table(table: LuaTable, depth: number): string {
    if (depth > this.#settings.encodeMaxDepth) throw libraryError(`Cannot serialise, excessive nesting (${depth})`)
    const length = this.#arrayLength(table)
    if (length > 0) {
      const items: string[] = []
      for (let i = 1; i <= length; i++) items.push(this.encode(table.get(i), depth))
      return `[${items.join(',')}]`
    }
    const fields: string[] = []
    for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
      const key = table.keyAt(at)
      const name = typeof key === 'number' ? `"${this.#number(key)}"` : typeof key === 'string' ? quote(key) : undefined
      if (name === undefined) throw this.#refusal(key, 'table key must be a number or string')
      fields.push(`${name}:${this.encode(table.valueAt(at), depth)}`)
    }
    return `{${fields.join(',')}}`
  }

  /** The greatest index when all keys are positive integers and few are missing; else -1. */
  #arrayLength(table: LuaTable): number {
    const { sparseConvert, sparseRatio, sparseSafe } = this.#settings
    let greatest = 0
    let items = 0
    for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
      const key = table.keyAt(at)
      if (typeof key !== 'number' || key < 1 || !Number.isInteger(key)) return -1
      greatest = Math.max(greatest, key)
      items++
    }
    if (sparseRatio > 0 && greatest > items * sparseRatio && greatest > sparseSafe) {
      if (!sparseConvert) throw this.#refusal(table, 'excessively sparse array')
      return -1
    }
    return greatest
  }
}
