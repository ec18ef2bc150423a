// Checked by the compiler alone: each expected error must be one, and each equality must hold.
import type { Dayjs } from 'dayjs'
import {
  Attribute,
  type AttributeName,
  type AttributeValues,
  Model,
  type ModelQuery,
  type Ranged,
  Searchable,
} from '../../src/index.js'

enum Status {
  New = 'new',
  Closed = 'closed',
}

class Visit extends Model {
  declare id: string
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute({ cast: 'datetime' }) @Searchable({ range: true }) declare seenAt: Ranged<Dayjs> | null
  @Attribute() declare startedAt: Date
  @Attribute() @Searchable() declare total: bigint
  @Attribute({ cast: 'enum', values: Status }) @Searchable() declare status: Status
  @Attribute({ cast: 'json' }) declare metadata: { tags: string[] }
  @Attribute() @Searchable() declare active: boolean

  describe(): string {
    return `${this.ip} ${this.userId}`
  }
}

type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

/** Attribute names are the properties of the class without methods and without what every record has. */
holds<
  Same<
    AttributeName<Visit>,
    'id' | 'ip' | 'userId' | 'seenAt' | 'startedAt' | 'total' | 'status' | 'metadata' | 'active'
  >
>()
holds<Same<AttributeName<Model>, never>>()
holds<Same<AttributeValues<Visit>['seenAt'], Dayjs | Date | string | number | null | undefined>>()
holds<Same<AttributeValues<Visit>['total'], bigint | undefined>>()
holds<Same<AttributeValues<Visit>['status'], Status | undefined>>()

/** Results have the type of the class on which the static was called. */
export async function results(visit: Visit, moment: Dayjs): Promise<void> {
  holds<Same<Awaited<ReturnType<typeof created>>, Visit>>()
  holds<Same<typeof found, Visit | null>>()
  const found = await Visit.find('1')
  const sure = await Visit.findOrFail(1n)
  holds<Same<typeof sure, Visit>>()
  const rows = await Visit.where('ip', '10.*').get()
  holds<Same<typeof rows, Visit[]>>()
  const query = Visit.query()
  holds<Same<typeof query, ModelQuery<Visit>>>()
  for await (const row of Visit.where('userId', '>=', 5)) holds<Same<typeof row, Visit>>()
  const copy = await visit.fresh()
  holds<Same<typeof copy, Visit | null>>()
  Visit.saving((record) => holds<Same<typeof record, Visit>>())
  Model.deleted((record) => holds<Same<typeof record, Model>>())
  await Visit.create({
    id: '1',
    ip: '10.0.0.1',
    userId: 7,
    seenAt: moment,
    total: 5n,
    status: Status.New,
    active: true,
  })
  await Visit.create({ seenAt: new Date(), startedAt: '2024-09-24T08:30:00Z' })
  await visit.update({ seenAt: null, metadata: { tags: ['a'] } })
  await Visit.insertMany([{ ip: '10.0.0.1' }, { userId: 8 }])
}

/** Conditions that compile. */
export function conditions(moment: Dayjs): ModelQuery<Visit>[] {
  return [
    Visit.where('ip', '192.168.1.*'),
    Visit.where('id', '=', 'x'),
    Visit.where('seenAt', '=', null),
    Visit.where('seenAt', 'in', [moment, null]),
    Visit.where('ip', 'like', 'a*'),
    Visit.where('userId', 'between', [1, 9]),
    Visit.where('seenAt', '>', moment),
    Visit.where('seenAt', '>=', new Date()),
    Visit.where('seenAt', null),
    Visit.where('total', 5n),
    Visit.where('status', Status.New),
    Visit.where('active', true),
    Visit.where({ ip: '10.0.0.1', status: Status.Closed, seenAt: null }),
    Visit.whereIn('userId', [1, 2]).orderBy('userId', 'desc').latest('seenAt'),
    Visit.query().where('ip', '!=', 'a').whereNull('seenAt').whereNotNull('seenAt').whereBetween('userId', 1, 2),
  ]
}

/** Conditions that do not compile. */
export function mistakes(query: ModelQuery<Visit>, visit: Visit): void {
  // @ts-expect-error misspelt attribute
  Visit.where('ipp', '10.0.0.1')
  // @ts-expect-error a method is no attribute
  Visit.where('describe', 'x')
  // @ts-expect-error a method of the base class is no attribute
  Visit.where('save', 'x')
  // @ts-expect-error what every record has is no attribute
  Visit.where('exists', true)
  // @ts-expect-error a number is no text
  Visit.where('ip', 5)
  // @ts-expect-error text is no number
  Visit.where('userId', '5')
  // @ts-expect-error an unknown operator
  Visit.where('userId', '=>', 5)
  // @ts-expect-error a list is needed
  Visit.where('userId', 'in', 5)
  // @ts-expect-error a list of numbers is needed
  Visit.where('userId', 'in', ['5'])
  // @ts-expect-error two ends are needed
  Visit.where('userId', 'between', [5])
  // @ts-expect-error null lies in no range
  Visit.where('userId', '>', null)
  // @ts-expect-error a number is no bigint
  Visit.where('total', 5)
  // @ts-expect-error the text of a value is not the enum
  Visit.where('status', 'new')
  // @ts-expect-error text is no boolean
  Visit.where('active', 'true')
  // @ts-expect-error a boolean is no moment
  Visit.where('seenAt', true)
  // @ts-expect-error misspelt attribute in a map
  Visit.where({ ipp: '10.0.0.1' })
  // @ts-expect-error wrong value in a map
  Visit.where({ userId: '5' })
  // @ts-expect-error misspelt attribute
  query.orderBy('user')
  // @ts-expect-error unknown direction
  query.orderBy('userId', 'down')
  // @ts-expect-error misspelt attribute
  query.whereNull('ipp')
  // @ts-expect-error wrong values
  query.whereIn('userId', ['5'])
  // @ts-expect-error misspelt attribute
  Visit.create({ ipp: '10.0.0.1' })
  // @ts-expect-error wrong value
  visit.update({ userId: '5' })
  // @ts-expect-error null where the attribute has none
  visit.update({ ip: null })
  // @ts-expect-error wrong row
  Visit.insertMany([{ userId: 'x' }])
  // @ts-expect-error misspelt attribute
  visit.isDirty('ipp')
  // @ts-expect-error unknown cast
  Attribute({ cast: 'datime' })
}

declare function created(): ReturnType<typeof Visit.create<Visit>>

/** What does not depend on the class can be called on one class of several. */
export async function emptyAll(models: readonly (typeof Visit | typeof Other)[]): Promise<number> {
  let rows = 0
  for (const model of models) {
    if (await model.exists()) rows += await model.count()
    await model.destroy(['1', '2'])
    await model.truncate()
  }
  return rows
}

class Other extends Model {
  @Attribute() declare name: string
}

export async function readAll(): Promise<string[]> {
  const found: string[] = []
  for await (const visit of Visit.query()) found.push(visit.ip)
  // @ts-expect-error the compiler does not infer the class where a class itself is iterated
  for await (const visit of Visit) found.push(visit.ip)
  return found
}
