import { power } from '../runtime/arithmetic.js'
import { toInteger } from '../runtime/conversion.js'
import { argumentError, libraryError } from '../runtime/lua-error.js'
import type { LuaTable } from '../runtime/lua-table.js'
import { type LuaFunction, Multi } from '../runtime/value.js'
import { integerArgument, numberArgument } from './arguments.js'
import { createLibrary } from './library.js'
import { Lrand48 } from './lrand48.js'

const unary =
  (compute: (x: number) => number): LuaFunction =>
  (...args) =>
    compute(numberArgument(args, 0))

/** C's `fmod` is JavaScript's `%`. */
const fmod: LuaFunction = (...args) => numberArgument(args, 0) % numberArgument(args, 1)

const frexp: LuaFunction = (...args) => {
  const value = numberArgument(args, 0)
  if (value === 0 || !Number.isFinite(value)) return new Multi([value, 0])
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1)
  let fraction = value * 2 ** -exponent
  // The logarithm can be off by one next to a power of two, and denormals need more steps.
  while (Math.abs(fraction) < 0.5) {
    fraction *= 2
    exponent--
  }
  while (Math.abs(fraction) >= 1) {
    fraction /= 2
    exponent++
  }
  return new Multi([fraction, exponent])
}

const extreme =
  (better: (candidate: number, best: number) => boolean): LuaFunction =>
  (...args) => {
    let best = numberArgument(args, 0)
    for (let i = 1; i < args.length; i++) {
      const candidate = numberArgument(args, i)
      if (better(candidate, best)) best = candidate
    }
    return best
  }

const createRandom =
  (generator: Lrand48): LuaFunction =>
  (...args) => {
    const r = (generator.next() % Lrand48.MAX) / Lrand48.MAX
    switch (args.length) {
      case 0:
        return r
      case 1: {
        const to = integerArgument(args, 0)
        if (to < 1) throw argumentError(1, 'interval is empty')
        return Math.floor(r * to) + 1
      }
      case 2: {
        const from = integerArgument(args, 0)
        const to = integerArgument(args, 1)
        if (from > to) throw argumentError(2, 'interval is empty')
        return Math.floor(r * (to - from + 1)) + from
      }
      default:
        throw libraryError('wrong number of arguments')
    }
  }

const modf: LuaFunction = (...args) => {
  const value = numberArgument(args, 0)
  const whole = Math.trunc(value)
  return new Multi([whole, Number.isFinite(value) ? value - whole : Number.isNaN(value) ? value : 0])
}

/** The library `math`; every script starts its random numbers anew by seeding `generator`. */
export const createMathLibrary = (generator: Lrand48): LuaTable => {
  const members = {
    abs: unary(Math.abs),
    acos: unary(Math.acos),
    asin: unary(Math.asin),
    atan: unary(Math.atan),
    atan2: (...args) => Math.atan2(numberArgument(args, 0), numberArgument(args, 1)),
    ceil: unary(Math.ceil),
    cos: unary(Math.cos),
    cosh: unary(Math.cosh),
    deg: unary((x) => x / (Math.PI / 180)),
    exp: unary(Math.exp),
    floor: unary(Math.floor),
    fmod,
    ldexp: (...args) => {
      const [value, exponent] = [numberArgument(args, 0), toInteger(numberArgument(args, 1))]
      // In two steps, so that neither factor leaves the range of a double.
      const half = Math.trunc(Math.max(Math.min(exponent, 4000), -4000) / 2)
      return value * 2 ** half * 2 ** (Math.max(Math.min(exponent, 4000), -4000) - half)
    },
    log: unary(Math.log),
    log10: unary(Math.log10),
    max: extreme((candidate, best) => candidate > best),
    min: extreme((candidate, best) => candidate < best),
    mod: (...args) => fmod(...args),
    pow: (...args) => power(numberArgument(args, 0), numberArgument(args, 1)),
    rad: unary((x) => x * (Math.PI / 180)),
    random: createRandom(generator),
    sin: unary(Math.sin),
    sinh: unary(Math.sinh),
    sqrt: unary(Math.sqrt),
    tan: unary(Math.tan),
    tanh: unary(Math.tanh),
  } satisfies Record<string, LuaFunction>
  return createLibrary(
    {
      ...members,
      frexp,
      modf,
      randomseed: (...args) => {
        generator.seed(integerArgument(args, 0))
        return new Multi([])
      },
      huge: Number.POSITIVE_INFINITY,
      pi: Math.PI,
    },
    Object.keys(members),
  )
}
