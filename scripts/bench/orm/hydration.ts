import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ArrayRepository, Entity, type Fields, type RecordPage, type StoredRecord } from 'activeredis'
import { plainToInstance, Type } from 'class-transformer'
import { median } from '../statistics.js'
import { fieldsOf, VisitRecord, visitOf } from '../visit.js'
import type { Suite } from './suite.js'

const RECORDS = 100_000

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

/** Processor time and memory of making objects of what was read: ours, plain ones of text, and class-transformer's. */
export const hydration: Suite = async (bench) => {
  if (bench.target.name !== 'redis' || !bench.wants('hydrate-plain', 'hydrate-transformer')) return
  const ways = {
    ours: () => HydratedVisit.query().get(),
    plain: async () => stored.map(plainOf),
    transformer: async () => plainToInstance(TransformedVisit, stored.map(plainOf)),
  } as const
  const costs = { ours: [] as Cost[], plain: [] as Cost[], transformer: [] as Cost[] }
  for (const way of Object.values(ways)) await costOf(way)
  for (let round = 0; round < (bench.options.rounds ?? 9); round++) {
    for (const name of ['plain', 'ours', 'transformer'] as const) costs[name].push(await costOf(ways[name]))
  }
  const ratioTo = (peer: 'plain' | 'transformer'): number =>
    median(costs.ours.map(({ cpuMs }, round) => cpuMs / (costs[peer][round]?.cpuMs ?? Number.NaN)))
  const detail = (peer: 'plain' | 'transformer'): string =>
    `${shown(costs.ours)} beside ${shown(costs[peer])}, processor time with its share of garbage collection`
  bench.report({ name: 'hydrate-plain', ratio: ratioTo('plain'), detail: detail('plain') })
  bench.report({ name: 'hydrate-transformer', ratio: 1 / ratioTo('transformer'), detail: detail('transformer') })
}

interface Cost {
  readonly cpuMs: number
  readonly bytes: number
}

const costOf = async (way: () => Promise<readonly object[]>): Promise<Cost> => {
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

const shown = (costs: readonly Cost[]): string =>
  `${median(costs.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms, ${median(costs.map(({ bytes }) => bytes)).toFixed(0)} bytes each`

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()
