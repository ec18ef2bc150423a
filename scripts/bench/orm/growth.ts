import { Attribute, Entity, Model, type Ranged, Searchable } from 'activeredis'
import { interleaved, median } from '../statistics.js'

import type { Suite } from './suite.js'

const SMALL = 10_000
/** Rows that each query finds, however many there are. */
const FOUND = 100

abstract class Reading extends Model {
  declare id: string
  /** So many different ones that each has 100 records. */
  @Attribute() @Searchable() declare sensor: string
  @Attribute() @Searchable() declare kind: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare value: Ranged<number>
  @Attribute() declare note: string
}

@Entity({ repository: 'indexed', connection: 'bench', timestamps: false })
class SmallReading extends Reading {}

@Entity({ repository: 'indexed', connection: 'bench', timestamps: false })
class LargeReading extends Reading {}

type ReadingClass = typeof SmallReading | typeof LargeReading

const questions: Readonly<Record<string, (model: ReadingClass) => Promise<unknown>>> = {
  equality: (model) => model.where('sensor', '=', 's7').get(),
  'two equalities': (model) => model.where('sensor', '=', 's7').where('kind', '=', 'k1').get(),
  count: (model) => model.where('sensor', '=', 's7').count(),
  'ordered page': (model) => model.orderBy('value', 'desc').limit(FOUND).get(),
  'range page': (model) => model.where('value', '>=', 5_000).orderBy('value').limit(FOUND).get(),
  'newest page': (model) => model.query().latest().limit(FOUND).get(),
  find: (model) => model.find('r0000042'),
}

/** How much longer the same answers take when there are many more records. */
export const growth: Suite = async (bench) => {
  if (!bench.wants('growth')) return
  const large = bench.options.largeRecords
  await SmallReading.insertMany(readings(SMALL))
  await LargeReading.insertMany(readings(large))
  const details: string[] = []
  const ratios: number[] = []
  for (const [name, ask] of Object.entries(questions)) {
    const times = name === 'count' || name === 'find' ? 50 : 5
    const repeated = (model: ReadingClass) => async () => {
      for (let count = 0; count < times; count++) await ask(model)
    }
    await repeated(LargeReading)()
    await repeated(SmallReading)()
    const { ratio } = await interleaved({
      rounds: bench.options.rounds ?? 15,
      ours: repeated(LargeReading),
      peer: repeated(SmallReading),
    })
    ratios.push(1 / ratio)
    details.push(`${name} ${(1 / ratio).toFixed(2)}`)
  }
  bench.report({
    name: 'growth',
    ratio: Math.max(...ratios),
    detail: `${SMALL.toLocaleString('en')} to ${large.toLocaleString('en')} records, the worst of: ${details.join(', ')}; median ${median(ratios).toFixed(2)}`,
  })
  for (const model of [SmallReading, LargeReading]) await model.truncate()
}

function* readings(records: number) {
  const sensors = records / FOUND
  for (let number = 0; number < records; number++) {
    yield {
      id: `r${String(number).padStart(7, '0')}`,
      sensor: `s${number % sensors}`,
      kind: `k${Math.floor(number / sensors) % 2}`,
      value: (number * 7919) % 10_000,
      note: `reading ${number}`,
    }
  }
}
