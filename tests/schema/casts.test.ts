import { describe, expect, test } from '@jest/globals'
import dayjs from 'dayjs'
import fc from 'fast-check'
import { CastError, JsonEncodingError } from '../../src/errors/value-errors.js'
import { fromStoredText, toStoredText } from '../../src/schema/attribute-value.js'
import type { Cast } from '../../src/schema/cast.js'
import { type CastDeclaration, castOf } from '../../src/schema/cast-registry.js'

const cast = (name: NonNullable<CastDeclaration['cast']>, designType?: unknown): Cast =>
  castOf({ cast: name }, designType)
const throughStorage = (one: Cast, value: unknown): unknown => one.fromStored(one.toStored(value))
const attribute = (one: Cast) => ({ name: 'x', cast: one, index: null })
const lone = '\ud800'

/** Equal values have equal text, different ones different text, and what is read back equals what was given. */
function isCanonical<Value>(
  one: Cast,
  values: fc.Arbitrary<Value>,
  equal: (left: Value, right: unknown) => boolean,
): void {
  fc.assert(
    fc.property(values, values, (left, right) => {
      expect(one.toStored(left) === one.toStored(right)).toBe(equal(left, right))
      const back = throughStorage(one, left)
      expect(equal(left, back)).toBe(true)
      expect(one.toStored(back)).toBe(one.toStored(left))
      expect(one.toStored(left).isWellFormed()).toBe(true)
    }),
    { numRuns: 200 },
  )
}

const identical = (left: unknown, right: unknown): boolean => left === right || Object.is(left, right)
const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 0.1 + 0.2, 2 ** 53, 1e21, 5e-324, 1.2345678901234568e20),
)
const moments = fc.integer({ min: -8.64e15, max: 8.64e15 })

const withoutNegativeZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('casts have one text for each value', () => {
  test('string', () => isCanonical(cast('string'), fc.string({ unit: 'grapheme' }), identical))
  test('integer', () => isCanonical(cast('integer'), fc.maxSafeInteger(), identical))
  test('float', () => isCanonical(cast('float'), numbers, identical))
  test('boolean', () => isCanonical(cast('boolean'), fc.boolean(), identical))
  test('bigint', () => isCanonical(cast('bigint'), fc.bigInt(), identical))
  test('datetime and timestamp keep the millisecond', () => {
    for (const name of ['datetime', 'timestamp'] as const) {
      isCanonical(
        cast(name),
        moments.map((ms) => new Date(ms)),
        (left, right) => dayjs(right as Date).valueOf() === left.getTime(),
      )
    }
  })
  test('json: the order of keys does not matter', () => {
    isCanonical(cast('json'), fc.jsonValue(), (left, right) => {
      try {
        expect(withoutNegativeZero(right)).toEqual(withoutNegativeZero(left))
        return true
      } catch {
        return false
      }
    })
    expect(cast('json').toStored({ b: 1, a: { d: 1, c: 2 } })).toBe('{"a":{"c":2,"d":1},"b":1}')
  })
})

describe('what is read', () => {
  test.each([
    ['string', 'a', 'a'],
    ['string', 5, '5'],
    ['string', true, 'true'],
    ['string', 5n, '5'],
    ['integer', '42', 42],
    ['INT', 42n, 42],
    ['integer', -0, 0],
    ['float', '1.50', 1.5],
    ['real', Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ['double', Number.NaN, Number.NaN],
    ['Bool', 'true', true],
    ['boolean', 0, false],
    ['bigint', '123456789012345678901234567890', 123456789012345678901234567890n],
    ['array', [1, 'a'], [1, 'a']],
    ['object', { a: null }, { a: null }],
    ['json', 'text', 'text'],
  ] as const)('%s of %p is %p', (name, value, expected) => {
    expect(throughStorage(cast(name as 'string'), value)).toEqual(expected)
  })

  test('moments are dayjs in UTC, and Date where the property is a Date', () => {
    const read = throughStorage(cast('datetime'), '2024-09-24T10:30:00.125+02:00')
    expect(dayjs.isDayjs(read) && read.toISOString()).toBe('2024-09-24T08:30:00.125Z')
    expect(dayjs.isDayjs(read) && read.format('HH:mm')).toBe('08:30')
    expect(throughStorage(cast('datetime', Date), 0)).toEqual(new Date(0))
    expect(throughStorage(castOf({}, Date), 0)).toEqual(new Date(0))
  })

  test('date is the start of the UTC day, also before 1970', () => {
    expect(cast('date').toStored('1969-07-20T20:17:40Z')).toBe('1969-07-20T00:00:00.000Z')
    expect(cast('date').toStored(dayjs('2024-09-24T23:59:59.999Z'))).toBe('2024-09-24T00:00:00.000Z')
  })

  test('timestamp is stored as Unix milliseconds, the others as ISO 8601', () => {
    expect(cast('timestamp').toStored(new Date(1727166600125))).toBe('1727166600125')
    expect(cast('datetime').toStored(1727166600125)).toBe('2024-09-24T08:30:00.125Z')
    expect(cast('timestamp').rank('1727166600125')).toBe(cast('datetime').rank('2024-09-24T08:30:00.125Z'))
  })

  test('text without a zone is UTC whatever the zone of the process', () => {
    expect(cast('datetime').toStored('2024-09-24 08:30')).toBe('2024-09-24T08:30:00.000Z')
    expect(cast('datetime').toStored('2024-09-24')).toBe('2024-09-24T00:00:00.000Z')
  })

  test('enums: TypeScript enums of either kind, constant objects, lists', () => {
    enum Level {
      Low,
      High = 10,
    }
    enum Status {
      New = 'new',
      Old = 'New',
    }
    for (const [values, members] of [
      [Level, [0, 10]],
      [Status, ['new', 'New']],
      [{ A: 'a', B: 2 }, ['a', 2]],
      [
        ['x', 'y'],
        ['x', 'y'],
      ],
    ] as const) {
      const one = castOf({ cast: 'enum', values }, undefined)
      for (const member of members) expect(throughStorage(one, member)).toBe(member)
      expect(() => one.toStored('Low')).toThrow()
    }
    expect(castOf({ values: [1, 2] }, undefined).order).toBe('score')
    expect(castOf({ values: ['a', 2] }, undefined).order).toBe('text')
  })
})

describe('what does not fit', () => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  class Point {
    x = 1
  }

  test.each([
    ['string', {}],
    ['string', lone],
    ['string', Symbol('x')],
    ['integer', 1.5],
    ['integer', 2 ** 53],
    ['integer', Number.NaN],
    ['integer', '1.0'],
    ['integer', '0x10'],
    ['integer', ''],
    ['integer', '9007199254740993'],
    ['integer', true],
    ['float', 'abc'],
    ['float', ''],
    ['float', ' 1'],
    ['float', '9007199254740993'],
    ['float', 9007199254740993n],
    ['float', [1]],
    ['boolean', 'yes'],
    ['boolean', 2],
    ['bigint', 1.5],
    ['bigint', '1e3'],
    ['datetime', 'yesterday'],
    ['datetime', '2024-02-30'],
    ['datetime', '2024-02-29T24:00:00Z'],
    ['datetime', '2024-02-29T08:30:00.1234Z'],
    ['datetime', '2024-02-29T08:30:00+25:00'],
    ['datetime', new Date(Number.NaN)],
    ['datetime', dayjs('nonsense')],
    ['datetime', 1.5],
    ['datetime', 8.64e15 + 1],
    ['datetime', {}],
    ['array', { length: 1 }],
    ['array', 'a'],
    ['object', [1]],
    ['object', 'a'],
  ] as const)('%s refuses %p with an error that names attribute, value and expected form', (name, value) => {
    const one = cast(name)
    let error: unknown
    try {
      toStoredText('Visit', attribute(one), value)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(CastError)
    expect(error).toMatchObject({ code: 'CAST', model: 'Visit', attribute: 'x', value, expected: one.expects })
    expect((error as Error).message).toContain('The attribute [x] of model [Visit] cannot hold')
    expect((error as Error).message).toContain(`expected ${one.expects}.`)
  })

  test.each([
    ['a cycle', cyclic, 'the value at self contains itself'],
    ['NaN', { a: [Number.NaN] }, 'the value at a[0] is NaN'],
    ['undefined in an array', [undefined], 'the value at [0] is undefined'],
    ['a hole in an array', new Array(1), 'the value at [0] is undefined'],
    ['a bigint', { a: 1n }, 'the value at a is a bigint'],
    ['a function', { a: { b: () => 1 } }, 'the value at a.b is a function'],
    ['a map', new Map(), 'the value is an instance of Map'],
    ['an instance', { p: new Point() }, 'the value at p is an instance of Point'],
    ['an unpaired surrogate', { a: lone }, 'unpaired surrogate'],
    ['an unpaired surrogate in a key', { [lone]: 1 }, 'unpaired surrogate'],
  ])('json refuses %s, which JSON.stringify would change in silence or not explain', (_, value, reason) => {
    const encode = () => toStoredText('Visit', attribute(cast('json')), value)
    expect(encode).toThrow(JsonEncodingError)
    expect(encode).toThrow(`Unable to encode attribute [x] for model [Visit] to JSON: `)
    expect(encode).toThrow(reason)
  })

  test('json refuses nesting that would exhaust the stack', () => {
    let deep: unknown[] = []
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(() => toStoredText('Visit', attribute(cast('json')), deep)).toThrow('nested too deeply')
  })

  test('an object that JSON describes itself is taken by its word', () => {
    expect(cast('json').toStored({ at: new Date(0), gone: undefined })).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
  })

  test('stored text that a cast cannot read is an error, not a wrong value', () => {
    for (const [name, text] of [
      ['integer', 'abc'],
      ['float', ''],
      ['boolean', 'maybe'],
      ['datetime', 'soon'],
      ['json', '{'],
      ['array', '{}'],
      ['object', '[]'],
    ] as const) {
      expect(() => fromStoredText('Visit', attribute(cast(name)), text)).toThrow(
        `The attribute [x] of model [Visit] cannot be read from the stored text '${text}'`,
      )
    }
  })
})

describe('the cast of a declaration', () => {
  test.each([
    [String, 'string'],
    [Number, 'float'],
    [Boolean, 'boolean'],
    [BigInt, 'bigint'],
    [Array, 'array'],
    [Date, 'datetime'],
  ])('the type %p means %s', (designType, name) => {
    expect(castOf({}, designType).name).toBe(name)
  })

  test.each([String, Number, Boolean, BigInt, Array, Date])('the cast %p is that of the type', (type) => {
    expect(castOf({ cast: type }, Object)).toBe(castOf({}, type))
  })

  test('a type without a cast is an error that names it', () => {
    class Address {}
    expect(() => castOf({ cast: Address as unknown as DateConstructor }, Object)).toThrow('belongs to the type Address')
  })

  test.each([[Object], [Function], [undefined], [Map]])('the type %p is not guessed at', (designType) => {
    expect(() => castOf({}, designType)).toThrow('name its cast')
  })

  test('an unknown name, an enum without values and values without an enum are errors', () => {
    expect(() => castOf({ cast: 'datime' as 'date' }, String)).toThrow(
      "unknown cast 'datime'; known are string, integer",
    )
    expect(() => castOf({ cast: 'constructor' as 'date' }, String)).toThrow("unknown cast 'constructor'")
    expect(() => castOf({ cast: 'enum' }, String)).toThrow('needs its values')
    expect(() => castOf({ cast: 'string', values: ['a'] }, String)).toThrow("belong to cast 'enum'")
    expect(() => castOf({ values: [] }, String)).toThrow('at least one value')
    expect(() => castOf({ values: [1, '1'] }, String)).toThrow('the same text')
    expect(() => castOf({ values: [Number.NaN] }, String)).toThrow('cannot be a value of an enum')
  })
})

describe('decimal', () => {
  const stored = (digits: number, value: unknown) => castOf({ cast: `decimal:${digits}` }, String).toStored(value)

  test('has a fixed number of digits, halves are rounded away from zero', () => {
    const cases: readonly (readonly [number, unknown, string])[] = [
      [2, '123.456789', '123.46'],
      [2, 0.125, '0.13'],
      [2, '-0.125', '-0.13'],
      [2, '-0.004', '0.00'],
      [0, '2.5', '3'],
      [3, 7n, '7.000'],
      [2, 1e21, '1000000000000000000000.00'],
      [10, 1e-7, '0.0000001000'],
      [2, '+.5', '0.50'],
      [1, '99999999999999999999.95', '100000000000000000000.0'],
    ]
    for (const [digits, value, text] of cases) expect(stored(digits, value)).toBe(text)
  })

  test('refuses what is no decimal number, and digits that are none', () => {
    for (const value of ['', '.', 'x', '1,5', ' 1', Number.NaN, Number.POSITIVE_INFINITY, '1e9999', true, {}]) {
      expect(() => toStoredText('M', attribute(cast('decimal:2')), value)).toThrow(CastError)
    }
    for (const name of ['decimal', 'decimal:31', 'decimal:-1', 'decimal:x']) {
      expect(() => castOf({ cast: name as 'string' }, String)).toThrow(TypeError)
    }
  })

  test('is the same when it is stored again, and ordered by its value', () => {
    const decimals = fc.tuple(
      fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }),
      fc.integer({ min: 0, max: 8 }),
    )
    fc.assert(
      fc.property(decimals, fc.integer({ min: 0, max: 8 }), ([units, places], digits) => {
        const text = stored(digits, `${units}e-${places}`)
        expect(stored(digits, text)).toBe(text)
        expect(Math.abs(Number(text) - Number(units) / 10 ** places)).toBeLessThanOrEqual(
          0.5001 / 10 ** digits + 1e-9 * Math.abs(Number(units) / 10 ** places),
        )
      }),
    )
  })
})
