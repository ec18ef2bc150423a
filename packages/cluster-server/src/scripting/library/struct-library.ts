import { argumentError, libraryError } from '../runtime/lua-error.js'
import type { LuaTable } from '../runtime/lua-table.js'
import { type LuaFunction, type LuaValue, pack } from '../runtime/value.js'
import { numberArgument, optionalInteger, textArgument } from './arguments.js'
import { bytesToFloat, bytesToInteger, floatToBytes, integerToBytes, toInt64 } from './integer-bytes.js'
import { createLibrary } from './library.js'

const MAX_INTEGER_SIZE = 32
const MAX_ALIGNMENT = 8
const MAX_INT = 2 ** 31 - 1
const FIXED_SIZES: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['b', 1],
  ['H', 2],
  ['h', 2],
  ['L', 8],
  ['l', 8],
  ['T', 8],
  ['f', 4],
  ['d', 8],
  ['x', 1],
])

/** Reads a format option by option, and keeps byte order and alignment. */
class FormatReader {
  littleEndian = true
  #alignment = 1
  #at = 0

  constructor(readonly format: string) {}

  /** The next option and the size of its value, or undefined at the end. */
  next(): { option: string; size: number } | undefined {
    // Formats are C strings.
    const option = this.format.charAt(this.#at)
    if (option === '' || option === '\0') return undefined
    this.#at++
    return { option, size: this.#size(option) }
  }

  /** Bytes to leave out before a value at `position`. */
  padding(position: number, option: string, size: number): number {
    if (size === 0 || option === 'c') return 0
    const unit = Math.min(size, this.#alignment)
    return (unit - (position & (unit - 1))) & (unit - 1)
  }

  /** An option that is no value. */
  control(option: string): void {
    switch (option) {
      case ' ':
        return
      case '>':
        this.littleEndian = false
        return
      case '<':
        this.littleEndian = true
        return
      case '!': {
        const alignment = this.#number(MAX_ALIGNMENT)
        if (alignment <= 0 || (alignment & (alignment - 1)) !== 0) {
          throw libraryError(`alignment ${alignment} is not a power of 2`)
        }
        this.#alignment = alignment
        return
      }
      default:
        throw argumentError(1, `invalid format option '${option}'`)
    }
  }

  #size(option: string): number {
    if (option === 'c') return this.#number(1)
    if (option !== 'i' && option !== 'I') return FIXED_SIZES.get(option) ?? 0
    const size = this.#number(4)
    if (size > MAX_INTEGER_SIZE) {
      throw libraryError(`integral size ${size} is larger than limit of ${MAX_INTEGER_SIZE}`)
    }
    return size
  }

  #number(otherwise: number): number {
    const digits = /^\d+/.exec(this.format.slice(this.#at))?.[0]
    if (digits === undefined) return otherwise
    this.#at += digits.length
    const value = Number(digits)
    if (value > MAX_INT) throw libraryError('integral size overflow')
    return value
  }
}

const isInteger = (option: string): boolean => 'bBhHlLTiI'.includes(option)

const packValues: LuaFunction = (...given) => {
  // The C library pushes a nil behind the arguments, which a first missing one is then said to be.
  const args = [...given, undefined]
  const reader = new FormatReader(textArgument(given, 0))
  let result = ''
  let at = 1
  for (let each = reader.next(); each !== undefined; each = reader.next()) {
    const { option, size } = each
    result += '\0'.repeat(reader.padding(result.length, option, size))
    if (isInteger(option)) result += integerToBytes(toInt64(numberArgument(args, at++)), size, reader.littleEndian)
    else if (option === 'x') result += '\0'
    else if (option === 'f') result += floatToBytes(numberArgument(args, at++), 4, reader.littleEndian)
    else if (option === 'd') result += floatToBytes(numberArgument(args, at++), 8, reader.littleEndian)
    else if (option === 'c' || option === 's') {
      const text = textArgument(args, at++)
      // The position is one too far in the C library as well.
      if (text.length < size) throw argumentError(at + 1, 'string too short')
      result += option === 's' ? `${text}\0` : text.slice(0, size === 0 ? text.length : size)
    } else reader.control(option)
  }
  return result
}

const unpackValues: LuaFunction = (...args) => {
  const reader = new FormatReader(textArgument(args, 0))
  const data = textArgument(args, 1)
  let at = optionalInteger(args, 2, 1) - 1
  if (at < 0) throw argumentError(3, 'offset must be 1 or greater')
  const values: LuaValue[] = []
  const need = (size: number): void => {
    if (size > data.length || at > data.length - size) throw argumentError(2, 'data string too short')
  }
  for (let each = reader.next(); each !== undefined; each = reader.next()) {
    const { option } = each
    let { size } = each
    at += reader.padding(at, option, size)
    need(size)
    if (isInteger(option)) {
      const signed = option >= 'a'
      values.push(Number(bytesToInteger(data, at, size, reader.littleEndian, signed)))
    } else if (option === 'f') values.push(bytesToFloat(data, at, 4, reader.littleEndian))
    else if (option === 'd') values.push(bytesToFloat(data, at, 8, reader.littleEndian))
    else if (option === 'c') {
      if (size === 0) {
        const length = values.pop()
        if (typeof length !== 'number') throw libraryError("format 'c0' needs a previous size")
        size = length
        need(size)
      }
      values.push(data.slice(at, at + size))
    } else if (option === 's') {
      const end = data.indexOf('\0', at)
      if (end === -1) throw libraryError('unfinished string in data')
      values.push(data.slice(at, end))
      size = end - at + 1
    } else if (option !== 'x') reader.control(option)
    at += size
  }
  values.push(at + 1)
  return pack(values)
}

const formatSize: LuaFunction = (...args) => {
  const reader = new FormatReader(textArgument(args, 0))
  let position = 0
  for (let each = reader.next(); each !== undefined; each = reader.next()) {
    const { option, size } = each
    position += reader.padding(position, option, size)
    if (option === 's') throw argumentError(1, "option 's' has no fixed size")
    if (option === 'c' && size === 0) throw argumentError(1, "option 'c0' has no fixed size")
    if (!/^[A-Za-z0-9]$/.test(option)) reader.control(option)
    position += size
  }
  return position
}

/** The library `struct`: values in the binary layouts of C. */
export const createStructLibrary = (): LuaTable =>
  createLibrary({ pack: packValues, unpack: unpackValues, size: formatSize }, ['pack', 'size'])
