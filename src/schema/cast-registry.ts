import type { Cast } from './cast.js'
import { bigintCast } from './casts/bigint-cast.js'
import { booleanCast } from './casts/boolean-cast.js'
import { dateCast, datetimeCast, nativeDateCasts, timestampCast } from './casts/date-casts.js'
import { decimalCast } from './casts/decimal-cast.js'
import { type EnumValues, enumCast } from './casts/enum-cast.js'
import { arrayCast, jsonCast, objectCast } from './casts/json-casts.js'
import { floatCast, integerCast } from './casts/number-casts.js'
import { textCast } from './casts/text-cast.js'

/** The casts that need nothing but their name. */
const casts = {
  string: textCast,
  integer: integerCast,
  float: floatCast,
  boolean: booleanCast,
  bigint: bigintCast,
  date: dateCast,
  datetime: datetimeCast,
  timestamp: timestampCast,
  json: jsonCast,
  array: arrayCast,
  object: objectCast,
} as const satisfies Record<string, Cast>

/** Other names of the same casts. */
const aliases = {
  int: 'integer',
  real: 'float',
  double: 'float',
  number: 'float',
  bool: 'boolean',
} as const satisfies Record<string, keyof typeof casts>

/** A cast that is chosen by its name alone. Upper and lower case are the same. */
export type CastName = keyof typeof casts | keyof typeof aliases | `decimal:${number}`

/** A type that has a cast of its own: `Number` stands for a property `: number` whose type the compiler does not record. */
export type CastConstructor =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | BigIntConstructor
  | ArrayConstructor
  | DateConstructor

/** The cast of an attribute, as it is declared; without `cast` the property's type decides. */
export interface CastDeclaration {
  /** A name, a type (`String`, `Number`, `Boolean`, `BigInt`, `Array`, `Date`), or a cast of one's own. `'enum'` needs `values`. */
  readonly cast?: CastName | 'enum' | CastConstructor | Cast
  /** The values of `cast: 'enum'`, which may then be left out. */
  readonly values?: EnumValues
}

/**
 * The cast of a declaration; `designType` is the constructor that the compiler recorded as the property's type.
 * Throws a `TypeError` whose message says what to write instead.
 */
export function castOf(declaration: CastDeclaration, designType: unknown): Cast {
  const { cast, values } = declaration
  if (typeof cast === 'object' && cast !== null) return cast
  if (typeof cast === 'function') return castOfConstructor(cast)
  if (cast !== undefined && typeof cast !== 'string') throw new TypeError('cast must be a name or a Cast object')
  if (values !== undefined || cast?.toLowerCase().trim() === 'enum') {
    if (values === undefined) throw new TypeError("cast 'enum' needs its values: { cast: 'enum', values: Status }")
    if (cast !== undefined && cast !== 'enum') throw new TypeError(`values belong to cast 'enum', not to '${cast}'`)
    return enumCast(values)
  }
  return cast === undefined ? castOfType(designType) : castOfName(cast, designType)
}

function castOfName(name: string, designType: unknown): Cast {
  const lower = name.toLowerCase().trim()
  const canonical = Object.hasOwn(aliases, lower) ? aliases[lower as keyof typeof aliases] : lower
  const decimal = /^decimal(?::(\d{1,3}))?$/.exec(lower)
  if (decimal !== null) return decimalCast(Number(decimal[1] ?? Number.NaN))
  if (!Object.hasOwn(casts, canonical)) {
    const known = [...Object.keys(casts), 'decimal:2', 'enum', ...Object.keys(aliases)].join(', ')
    throw new TypeError(`unknown cast '${name}'; known are ${known}`)
  }
  const native = designType === Date ? nativeDateCasts.get(canonical) : undefined
  return native ?? casts[canonical as keyof typeof casts]
}

function castOfConstructor(type: CastConstructor): Cast {
  const known: readonly unknown[] = [String, Number, Boolean, BigInt, Array, Date]
  if (known.includes(type)) return castOfType(type)
  throw new TypeError(
    `no cast belongs to the type ${type.name}; a class of casts is given as an object: new ${type.name}()`,
  )
}

function castOfType(designType: unknown): Cast {
  switch (designType) {
    case String:
      return casts.string
    case Number:
      return casts.float
    case Boolean:
      return casts.boolean
    case BigInt:
      return casts.bigint
    case Array:
      return casts.array
    case Date:
      return castOfName('datetime', Date)
    case undefined:
      throw new TypeError(
        "the compiler recorded no type for it; write its type (it is not recorded without one, as in `count = 5`), set emitDecoratorMetadata in tsconfig.json, or name its cast: @Attribute({ cast: 'string' })",
      )
    default:
      throw new TypeError(
        "the compiler recorded no usable type for it (it does not for unions with null, Ranged<…>, interfaces, type imports, and without a type as in `count = 5`); write its type, or name its cast: @Attribute({ cast: 'string' })",
      )
  }
}
