import { expect } from '@jest/globals'
import dayjs, { type Dayjs } from 'dayjs'
import {
  Attribute,
  CastError,
  DefinitionError,
  JsonEncodingError,
  Model,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { describeItems, describePlainItems } from './support/describe-items.js'
import { command, keysOf } from './support/keys-of.js'

enum Status {
  New = 'new',
  Closed = 'closed',
}
enum Level {
  Low,
  High,
}

class Sample extends Model {
  declare id: string
  declare created_at: Dayjs
  declare updated_at: Dayjs
  @Attribute({ cast: 'string' }) @Searchable() declare text: string | null
  @Attribute({ cast: 'integer' }) @Searchable() declare whole: number | null
  @Attribute({ cast: 'float' }) declare real: number | null
  @Attribute({ cast: 'decimal:2' }) @Searchable({ range: true }) declare price: Ranged<string> | null
  @Attribute({ cast: 'boolean' }) @Searchable() declare isOn: boolean | null
  @Attribute({ cast: 'date' }) @Searchable() declare day: Dayjs | null
  @Attribute({ cast: 'datetime' }) @Searchable({ range: true }) declare moment: Ranged<Dayjs> | null
  @Attribute({ cast: Date }) declare native: Date
  @Attribute({ cast: 'timestamp' }) declare stamp: Dayjs | null
  @Attribute({ cast: 'json' }) declare anything: unknown
  @Attribute({ cast: 'array' }) declare list: unknown[] | null
  @Attribute({ cast: 'object' }) declare thing: Record<string, unknown> | null
  @Attribute({ cast: 'enum', values: Status }) @Searchable() declare status: Status | null
  @Attribute({ values: Level }) declare level: Level | null
}

const stored = async (values: object): Promise<Sample> => Sample.findOrFail((await Sample.create(values)).getKey())

const days = new Map([
  ['2024-09-24', '2024-09-24T00:00:00.000Z'],
  ['2024-09-24T23:59:59.999Z', '2024-09-24T00:00:00.000Z'],
])

describeItems([Sample], (item, defect) => {
  item(
    'cast string',
    {
      promise: 'Text is text.',
      verdict: 'mended',
      defects: ['D11'],
      why: 'Exactly as it is: nothing is trimmed or normalised; what UTF-8 cannot carry is refused.',
    },
    async () => {
      expect((await stored({ text: ' é\n' })).text).toBe(' é\n')
      expect((await stored({ text: 7 })).text).toBe('7')
      expect((await stored({ text: null })).text).toBeNull()
      expect(() => Sample.make({ text: '\ud800' })).toThrow(CastError)
    },
  )

  item(
    'cast integer',
    {
      promise: 'Whole numbers.',
      verdict: 'mended',
      why: 'A fraction or a text that is no number is a `CastError`, it used to be cut; beyond 2^53 there is `bigint`.',
    },
    async () => {
      expect((await stored({ whole: -5 })).whole).toBe(-5)
      expect((await stored({ whole: '12' })).whole).toBe(12)
      for (const value of [1.5, 'x', 2 ** 53, ''])
        expect(() => Sample.make({ whole: value as number })).toThrow(CastError)
    },
  )

  item('cast float', { promise: 'Numbers, infinities and NaN too.', verdict: 'same' }, async () => {
    for (const value of [0.1, -1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      expect((await stored({ real: value })).real).toBe(value)
    }
    expect(() => Sample.make({ real: 'x' as never })).toThrow(CastError)
  })

  item(
    'cast decimal',
    {
      promise: 'Decimal text with a fixed number of digits, halves rounded up.',
      verdict: 'same',
      why: 'In a range index of at most 15 digits: the score of a sorted set is a double.',
    },
    async () => {
      const sample = await stored({ price: '123.456789' })
      expect([sample.price, (await stored({ price: 7 })).price, (await stored({ price: '-0.005' })).price]).toEqual([
        '123.46',
        '7.00',
        '-0.01',
      ])
      expect(sample.toJSON()).toMatchObject({ price: '123.46' })
      expect(await Sample.where('price', '>', '100').ids()).toEqual([sample.id])
      expect(await Sample.where('price', '=', '123.460').ids()).toEqual([sample.id])
      await sample.increment('price' as never, 1.54)
      expect((await Sample.findOrFail(sample.id)).price).toBe('125.00')
      expect(await Sample.where('price', '=', 125 as never).ids()).toEqual([sample.id])
      expect(await Sample.orderBy('price', 'desc').limit(2).pluck('price')).toEqual(['125.00', '7.00'])
      expect(() => Sample.make({ price: 'x' })).toThrow(CastError)
      expect(() => Sample.make({ price: '12345678901234567.00' })).toThrow('too many digits for a range index')
    },
  )

  item(
    'cast boolean',
    {
      promise: 'True and false, stored as 1 and 0.',
      verdict: 'mended',
      defects: ['D8', 'D10', 'D12'],
      why: 'Only what says true or false: any non-empty text used to be true. False, 0 and no value differ, and are found.',
    },
    async () => {
      const [yes, no, none] = [await stored({ isOn: true }), await stored({ isOn: false }), await stored({})]
      expect([yes.isOn, no.isOn, none.isOn]).toEqual([true, false, null])
      expect(await Sample.where('isOn', true).ids()).toEqual([yes.id])
      expect(await Sample.where('isOn', false).ids()).toEqual([no.id])
      expect(await Sample.whereNull('isOn').ids()).toEqual([none.id])
      expect(() => Sample.make({ isOn: 'maybe' as never })).toThrow(CastError)
    },
  )

  item(
    'cast date',
    {
      promise: 'A day: the moment is cut to the start of its day.',
      verdict: 'mended',
      defects: ['D38'],
      why: 'Of the UTC day, stored as ISO 8601.',
    },
    async () => {
      for (const [given, expected] of days) expect((await stored({ day: given })).day?.toISOString()).toBe(expected)
    },
  )

  item(
    'cast datetime',
    {
      promise: 'A moment.',
      verdict: 'mended',
      defects: ['D38', 'D12'],
      why: 'In UTC with milliseconds; a dayjs, or a `Date` where the property is one.',
    },
    async () => {
      const sample = await stored({ moment: '2024-09-24T08:30:00.125+02:00', native: new Date(5) })
      expect(sample.moment?.toISOString()).toBe('2024-09-24T06:30:00.125Z')
      expect(sample.native).toEqual(new Date(5))
      expect(await Sample.where('moment', '=', new Date('2024-09-24T06:30:00.125Z')).ids()).toEqual([sample.id])
      expect(await Sample.where('moment', '>=', '2024-09-24').ids()).toEqual([sample.id])
    },
  )

  item(
    'cast timestamp',
    {
      promise: 'A moment stored as a number.',
      verdict: 'mended',
      why: 'Milliseconds since 1970 and read as a moment: seconds lose what the other casts keep.',
    },
    async (store) => {
      const sample = await stored({ id: 's', stamp: new Date(1_727_166_600_125) })
      expect(sample.stamp?.valueOf()).toBe(1_727_166_600_125)
      if (store.repository === 'array') return
      const key = (await keysOf(store, 'samples:')).find((name) => name.includes(':id:s'))
      expect(await command(store, 'HGET', key!, 'stamp')).toBe('1727166600125')
    },
  )

  item(
    'cast json',
    {
      promise: 'Lists and objects as JSON.',
      verdict: 'mended',
      why: '`array` takes lists only; equal values have equal text; what JSON would change in silence is refused.',
    },
    async () => {
      const value = { b: [1, { c: null }], a: 'é' }
      expect((await stored({ anything: value })).anything).toEqual(value)
      expect((await stored({ list: [1, 'a'] })).list).toEqual([1, 'a'])
      expect((await stored({ anything: 'text' })).anything).toBe('text')
      expect(() => Sample.make({ list: {} as never })).toThrow(CastError)
      const circle: { self?: unknown } = {}
      circle.self = circle
      expect(() => Sample.make({ anything: circle })).toThrow(JsonEncodingError)
      expect(() => Sample.make({ anything: [Number.NaN] })).toThrow(
        'Unable to encode attribute [anything] for model [Sample] to JSON',
      )
    },
  )

  item('cast object', { promise: 'A plain object.', verdict: 'same' }, async () => {
    expect((await stored({ thing: { a: { b: 1 } } })).thing).toEqual({ a: { b: 1 } })
    expect(() => Sample.make({ thing: [] as never })).toThrow(CastError)
  })

  item('cast enum', { promise: 'One of a set of values; anything else is an error.', verdict: 'same' }, async () => {
    const sample = await stored({ status: Status.Closed, level: Level.High })
    expect([sample.status, sample.level]).toEqual([Status.Closed, Level.High])
    expect(sample.toJSON()).toMatchObject({ status: 'closed', level: 1 })
    expect(await Sample.where('status', Status.Closed).ids()).toEqual([sample.id])
    expect(() => Sample.make({ status: 'open' as Status })).toThrow(CastError)
    expect(() => Sample.make({ level: Status.New as never })).toThrow(CastError)
  })

  item('T3', { promise: 'The times are moments without a declared cast.', verdict: 'same' }, async () => {
    expect(new Sample().created_at).toBeNull()
    const sample = await stored({})
    expect([dayjs.isDayjs(sample.created_at), dayjs.isDayjs(sample.updated_at)]).toEqual([true, true])
  })

  item(
    'T5',
    {
      promise: 'All moments are stored in one form.',
      verdict: 'mended',
      defects: ['D38'],
      on: ['redis', 'cluster', 'indexed'],
      why: 'ISO 8601 in UTC with milliseconds, whatever the object prints and whatever the zone of the process.',
    },
    async (store) => {
      await Sample.create({ id: 's', moment: dayjs('2024-09-24T08:30:00+05:00'), native: new Date(0) })
      const key = (await keysOf(store, 'samples:')).find((name) => name.includes(':id:s'))
      expect(await command(store, 'HGET', key!, 'moment')).toBe('2024-09-24T03:30:00.000Z')
      expect(await command(store, 'HGET', key!, 'native')).toBe('1970-01-01T00:00:00.000Z')
      expect(await command(store, 'HGET', key!, 'created_at')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    },
  )

  defect('D12', {}, async () => {
    const sample = await stored({ whole: 7, isOn: false, moment: '2024-01-01', day: '2024-01-01', status: Status.New })
    expect(await Sample.where('whole', '=', '7' as never).ids()).toEqual([sample.id])
    expect(await Sample.where('moment', '=', dayjs('2024-01-01T01:00:00+01:00')).ids()).toEqual([sample.id])
    expect(await Sample.where('day', '=', '2024-01-01T17:00:00Z').ids()).toEqual([sample.id])
    expect(() => Sample.where('whole', '=', 'x' as never)).toThrow(CastError)
  })
})

describePlainItems((item) => {
  item(
    'cast formats',
    {
      promise: 'Dates have one stored form.',
      verdict: 'left out',
      why: '`date:FMT` and `dateFormat` make stored text that sorts wrongly and says no zone; format where it is shown (`@Transform`, dayjs).',
    },
    () => {
      expect(() => {
        class Formatted extends Model {
          @Attribute({ cast: 'date:Y-m-d' as never }) declare day: Dayjs
        }
        return Formatted.make()
      }).toThrow("unknown cast 'date:Y-m-d'")
    },
  )

  item(
    'cast immutable',
    {
      promise: 'Moments that are read are immutable.',
      verdict: 'mended',
      why: 'A dayjs is: there is no second kind of cast for it.',
    },
    () => {
      const sample = Sample.make({ moment: '2024-01-01' })
      sample.moment?.add(1, 'day')
      expect(sample.moment?.toISOString()).toBe('2024-01-01T00:00:00.000Z')
      expect(() => {
        class Immutable extends Model {
          @Attribute({ cast: 'immutable_date' as never }) declare day: Dayjs
        }
        return Immutable.make()
      }).toThrow('unknown cast')
    },
  )

  item(
    'cast collection',
    {
      promise: 'There are no collections.',
      verdict: 'left out',
      why: 'JavaScript has arrays: cast `array`.',
    },
    () => {
      expect(() => {
        class Collected extends Model {
          @Attribute({ cast: 'collection' as never }) declare list: unknown[]
        }
        return Collected.make()
      }).toThrow("unknown cast 'collection'")
      expect(Sample.make({ list: [1, 2] }).list).toEqual([1, 2])
    },
  )

  item(
    'cast hashed',
    {
      promise: 'There is no `hashed` cast.',
      verdict: 'left out',
      why: 'It was declared and did nothing; a cast of one’s own can do it.',
    },
    () => {
      expect(() => {
        class Hashed extends Model {
          @Attribute({ cast: 'hashed' as never }) declare password: string
        }
        return Hashed.make()
      }).toThrow(DefinitionError)
    },
  )

  item(
    'T1',
    {
      promise: 'Names of casts are read without regard to case and spaces.',
      verdict: 'mended',
      why: 'An unknown name is a `DefinitionError` when the model is first used, and names those that exist.',
    },
    () => {
      class Loose extends Model {
        @Attribute({ cast: ' INTEGER ' as never }) declare whole: number
      }
      expect(Loose.make({ whole: 7 }).whole).toBe(7)
      class Wrong extends Model {
        @Attribute({ cast: 'intger' as never }) declare whole: number
      }
      expect(() => Wrong.make()).toThrow("unknown cast 'intger'; known are string, integer")
    },
  )

  item(
    'T2',
    {
      promise: 'A moment may be given as a Date, a dayjs, a number, a day or ISO 8601 text.',
      verdict: 'mended',
      why: 'Numbers are milliseconds, as everywhere in JavaScript. Text that is no ISO 8601 is refused rather than guessed at.',
    },
    () => {
      const expected = '2024-09-24T00:00:00.000Z'
      const ms = Date.parse(expected)
      for (const given of [new Date(ms), dayjs(ms), ms, '2024-09-24', '2024-09-24T02:00:00+02:00']) {
        expect(Sample.make({ moment: given as never }).moment?.toISOString()).toBe(expected)
      }
      for (const given of ['tomorrow', '24.9.2024', '2024-02-30', Number.NaN, {}]) {
        expect(() => Sample.make({ moment: given as never })).toThrow(CastError)
      }
    },
  )

  item(
    'T4',
    {
      promise: 'The casts of a model can be asked for.',
      verdict: 'mended',
      why: '`getCasts` and `hasCast`. What casts do inside (`fromJson`, `fromFloat`) is theirs; empty text is no JSON and refused.',
    },
    () => {
      expect(Sample.getCasts()).toMatchObject({ whole: 'integer', price: 'decimal:2', moment: 'datetime' })
      const made = new Sample()
      expect(made.getDates()).toContain('moment')
      expect([made.hasCast('whole'), made.hasCast('whole', 'integer'), made.hasCast('whole', ['date'])]).toEqual([
        true,
        true,
        false,
      ])
      const sample = Sample.make().setRawAttributes({ anything: '' }, true)
      expect(() => sample.anything).toThrow(CastError)
    },
  )
})
