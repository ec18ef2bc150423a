// Checked by the compiler alone: a class asks what its queries ask, with the same types.
import { Attribute, Model, type ModelQuery, type Ranged, Searchable } from '../../src/index.js'
import type { NotOnClasses } from '../query/queries-only.js'

class Visit extends Model {
  static scopes = { popular: (query: ModelQuery<Visit>, min = 1) => query.where('hits', '>=', min) }

  declare id: string
  @Searchable() declare ip: string
  @Searchable({ cast: 'string' }) declare note: string | null
  @Searchable({ range: true, cast: 'integer' }) declare hits: Ranged<number>
  @Attribute() declare total: bigint
}

class Plain extends Model {
  @Searchable() declare ip: string
}

type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

/** Every public method of queries is declared at classes, or listed as an exception. */
holds<Same<Exclude<keyof ModelQuery<Plain>, keyof typeof Plain | NotOnClasses>, never>>()

export async function refining(ip: string | undefined): Promise<void> {
  const rows = await Visit.whereNot('hits', '>', 5).popular().get()
  holds<Same<typeof rows, Visit[]>>()
  const plain = Plain.whereNotLike('ip', 'a*')
  holds<Same<typeof plain, ModelQuery<Plain>>>()
  Visit.whereNot((group) => group.popular().orWhere('note', null))
  Visit.whereNot({ ip: 'a', note: null })
  Visit.whereNotBetween('hits', 1, 5).whereStartsWith('ip', '10.')
  Visit.when(ip, (query, given) => query.popular().where('ip', '=', given)).popular(2)
  Visit.unless(ip, (query) => query.popular()).popular()
  Visit.tap((query) => query.popular()).popular()
  Visit.select('ip', 'hits').popular().take(3).skip(1)
  Visit.select(['ip'])
  Visit.orderByDesc('hits').popular()
  Visit.reorder('hits', 'desc').popular()
  Visit.fromReplica({ readYourWrites: true }).popular()
  Visit.onTrace((trace) => trace.roundTrips).whereKeyNot(['1'])
  // @ts-expect-error no range index
  Visit.whereNot('ip', '>', 'a')
  // @ts-expect-error no range index
  Visit.whereNotBetween('ip', 'a', 'b')
  // @ts-expect-error values of another type
  Visit.whereNotBetween('hits', '1', '5')
  // @ts-expect-error a number is no text
  Visit.whereContains('hits', '1')
  // @ts-expect-error misspelt attribute
  Visit.select('ipp')
  // @ts-expect-error no range index
  Visit.orderByDesc('ip')
  // @ts-expect-error it must return the query
  Visit.unless(ip, () => 5)
  // @ts-expect-error a class without scopes
  Plain.take(1).popular()
}

export async function answering(): Promise<void> {
  const sole = await Visit.sole()
  holds<Same<typeof sole, Visit>>()
  const either = await Visit.firstOr(() => 5)
  holds<Same<typeof either, Visit | number>>()
  const notes = await Visit.pluck('note')
  holds<Same<typeof notes, (string | null)[]>>()
  const byIp = await Visit.pluck('note', 'ip')
  holds<Same<typeof byIp, Map<string | null, string | null>>>()
  const total = await Visit.sum('total')
  holds<Same<typeof total, bigint>>()
  const mean = await Visit.avg('hits')
  holds<Same<typeof mean, number | null>>()
  const most = await Visit.max('hits')
  holds<Same<typeof most, number | null>>()
  const counts = await Visit.countBy('ip')
  holds<Same<typeof counts, Map<string | null, number>>>()
  const value = await Visit.value('note')
  holds<Same<typeof value, string | null>>()
  const { rows } = await Visit.cursorPaginate({ size: 2 })
  holds<Same<typeof rows, readonly Visit[]>>()
  const page = await Visit.paginate(1, 10)
  holds<Same<typeof page.rows, readonly Visit[]>>()
  for await (const row of Visit.lazy({ size: 10 })) holds<Same<typeof row, Visit>>()
  // @ts-expect-error text has no sum
  await Visit.sum('ip')
  // @ts-expect-error text has no mean
  await Visit.avg('ip')
  // @ts-expect-error misspelt attribute
  await Visit.countBy('ipp')
}

/** What does not depend on the class can be called on one class of several. */
export async function idsOf(models: readonly (typeof Visit | typeof Plain)[]): Promise<string[]> {
  const ids = await Promise.all(models.map((model) => model.ids()))
  return ids.flat()
}
