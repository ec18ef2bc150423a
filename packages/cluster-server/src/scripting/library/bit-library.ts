import type { LuaTable } from '../runtime/lua-table.js'
import type { LuaFunction, LuaValue } from '../runtime/value.js'
import { numberArgument } from './arguments.js'
import { createLibrary } from './library.js'

const TWO_32 = 2 ** 32

/** A number modulo 2^32 as a signed integer; the nearest even integer of a fraction, as the C library rounds. */
const bits = (args: readonly LuaValue[], at: number): number => {
  const value = numberArgument(args, at)
  if (Number.isInteger(value)) return Number(((value % TWO_32) + TWO_32) % TWO_32) | 0
  if (!Number.isFinite(value)) return 0
  const floor = Math.floor(value)
  const half = value - floor
  const rounded = half > 0.5 || (half === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
  return (((rounded % TWO_32) + TWO_32) % TWO_32) | 0
}

const fold =
  (combine: (a: number, b: number) => number): LuaFunction =>
  (...args) => {
    let result = bits(args, 0)
    for (let i = 1; i < args.length; i++) result = combine(result, bits(args, i))
    return result
  }

const shift =
  (apply: (value: number, count: number) => number): LuaFunction =>
  (...args) => {
    const value = bits(args, 0)
    return apply(value, bits(args, 1) & 31) | 0
  }

const tohex: LuaFunction = (...args) => {
  const value = bits(args, 0)
  const given = args[1] === undefined ? 8 : bits(args, 1)
  const digits = Math.min(Math.abs(given), 8)
  const text = (value >>> 0)
    .toString(16)
    .padStart(8, '0')
    .slice(8 - digits)
  return given < 0 ? text.toUpperCase() : text
}

/** The library `bit` of Lua BitOp: signed 32-bit results. */
export const createBitLibrary = (): LuaTable => {
  const members: Record<string, LuaFunction> = {
    tobit: (...args) => bits(args, 0),
    bnot: (...args) => ~bits(args, 0),
    band: fold((a, b) => a & b),
    bor: fold((a, b) => a | b),
    bxor: fold((a, b) => a ^ b),
    lshift: shift((value, count) => value << count),
    rshift: shift((value, count) => value >>> count),
    arshift: shift((value, count) => value >> count),
    rol: shift((value, count) => (value << count) | (value >>> (32 - count))),
    ror: shift((value, count) => (value >>> count) | (value << (32 - count))),
    bswap: (...args) => {
      const value = bits(args, 0)
      return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
    },
    tohex,
  }
  return createLibrary(members, Object.keys(members))
}
