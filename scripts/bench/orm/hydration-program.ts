import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ArrayRepository, Entity, type Fields, type RecordPage, type StoredRecord } from 'activeredis'
import { plainToInstance, Type } from 'class-transformer'
import { fieldsOf, VisitRecord, visitOf } from '../visit.js'
import type { HydrationCost } from './hydration.js'

// A program of its own: makes objects of what was read in one way, and prints what each round of it cost, as JSON. Arguments: the way,
// the number of rounds.

const RECORDS = 100_000
/** Rounds before those that count. */
const WARM_UP = 3

/** The records that every way is given: names and values, as a reply of HGETALL has them. */
const stored: readonly StoredRecord[] = Array.from({ length: RECORDS }, (_, number) => {
  const { id, ...attributes } = visitOf(number)
  return { id, fields: fieldsOf({ ...attributes, isBot: attributes.isBot ? 1 : 0 }) }
})

/** Answers every query with the same records, without a server. */
class Answers extends ArrayRepository {
  override async select(): Promise<RecordPage> {
    const trace = { slots: new Set<number>(), roundTrips: 0, commands: 0, plan: 'fixed' }
    return { records: stored, positions: [], hasMore: false, trace }
  }
}

@Entity({ repository: new Answers(), timestamps: false })
class HydratedVisit extends VisitRecord {}

class TransformedVisit {
  declare country: string
  declare device: string
  @Type(() => Number) declare userId: number
  declare path: string
  declare referrer: string
  declare agent: string
  @Type(() => Number) declare durationMs: number
  @Type(() => Boolean) declare isBot: boolean
}

const plainOf = ({ fields }: { readonly fields: Fields }): Record<string, string> => {
  const plain: Record<string, string> = {}
  for (let index = 0; index < fields.length; index += 2) plain[fields[index] ?? ''] = fields[index + 1] ?? ''
  return plain
}

const ways: Readonly<Record<string, () => Promise<readonly object[]>>> = {
  ours: () => HydratedVisit.query().get(),
  plain: async () => stored.map(plainOf),
  transformer: async () => plainToInstance(TransformedVisit, stored.map(plainOf)),
}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

const costOf = async (way: () => Promise<readonly object[]>): Promise<HydrationCost> => {
  collectGarbage()
  const heapBefore = process.memoryUsage().heapUsed
  const before = process.cpuUsage()
  const made = await way()
  const { user, system } = process.cpuUsage(before)
  collectGarbage()
  const bytes = process.memoryUsage().heapUsed - heapBefore
  if (made.length !== RECORDS) throw new Error(`${made.length} records were made`)
  return { cpuMs: (user + system) / 1000, bytes: bytes / RECORDS }
}

const [name = '', rounds] = process.argv.slice(2)
const way = ways[name]
if (way === undefined) throw new Error(`There is no way "${name}" of hydration`)
const costs: HydrationCost[] = []
for (let round = 0; round < WARM_UP + Number(rounds); round++) costs.push(await costOf(way))
console.log(JSON.stringify(costs.slice(WARM_UP)))
