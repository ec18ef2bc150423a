import { LuaTable } from '../../runtime/lua-table.js'
import type { LuaValue } from '../../runtime/value.js'
import { floatToBytes, integerToBytes } from '../integer-bytes.js'

/** Tables deeper than this are written as nil, as the C library does. */
const MAX_NESTING = 16

const byte = (code: number): string => String.fromCharCode(code)
const unsigned = (code: number, value: number | bigint, size: number): string =>
  byte(code) + integerToBytes(BigInt(value), size, false)

const packInteger = (value: bigint): string => {
  if (value >= 0n) {
    if (value <= 127n) return byte(Number(value))
    if (value <= 0xffn) return unsigned(0xcc, value, 1)
    if (value <= 0xffffn) return unsigned(0xcd, value, 2)
    return value <= 0xffffffffn ? unsigned(0xce, value, 4) : unsigned(0xcf, value, 8)
  }
  if (value >= -32n) return byte(Number(value) & 0xff)
  if (value >= -128n) return unsigned(0xd0, value, 1)
  if (value >= -32768n) return unsigned(0xd1, value, 2)
  return value >= -2147483648n ? unsigned(0xd2, value, 4) : unsigned(0xd3, value, 8)
}

const packNumber = (value: number): string => {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) return packInteger(BigInt(value))
  return Math.fround(value) === value
    ? byte(0xca) + floatToBytes(value, 4, false)
    : byte(0xcb) + floatToBytes(value, 8, false)
}

const packText = (text: string): string => {
  const { length } = text
  if (length < 32) return byte(0xa0 | length) + text
  if (length <= 0xff) return unsigned(0xd9, length, 1) + text
  return (length <= 0xffff ? unsigned(0xda, length, 2) : unsigned(0xdb, length, 4)) + text
}

const header = (count: number, small: number, medium: number, large: number): string => {
  if (count <= 15) return byte(small | count)
  return count <= 0xffff ? unsigned(medium, count, 2) : unsigned(large, count, 4)
}

const packTable = (table: LuaTable, depth: number): string => {
  let count = 0
  let greatest = 0
  let isList = true
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    const key = table.keyAt(at)
    count++
    if (typeof key === 'number' && key > 0 && Number.isInteger(key)) greatest = Math.max(greatest, key)
    else isList = false
  }
  if (isList && greatest === count) {
    let items = header(count, 0x90, 0xdc, 0xdd)
    for (let i = 1; i <= count; i++) items += packValue(table.get(i), depth)
    return items
  }
  let fields = header(count, 0x80, 0xde, 0xdf)
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    fields += packValue(table.keyAt(at), depth) + packValue(table.valueAt(at), depth)
  }
  return fields
}

/** A value as MessagePack, as lua-cmsgpack 0.4 writes it; what it cannot write becomes nil. */
export const packValue = (value: LuaValue, depth = 0): string => {
  switch (typeof value) {
    case 'string':
      return packText(value)
    case 'number':
      return packNumber(value)
    case 'boolean':
      return byte(value ? 0xc3 : 0xc2)
    default:
      return value instanceof LuaTable && depth < MAX_NESTING ? packTable(value, depth + 1) : byte(0xc0)
  }
}
