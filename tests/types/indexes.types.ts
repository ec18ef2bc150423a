// Checked by the compiler alone: a condition compiles where the attribute has the index and the type for it, and nowhere else.
import type { Dayjs } from 'dayjs'
import {
  Attribute,
  Model,
  type NullableName,
  type NumberName,
  type OperatorOf,
  type Query,
  type Ranged,
  type RangedName,
  Searchable,
  type SearchableOptions,
  type TextName,
} from '../../src/index.js'

enum Status {
  New = 'new',
  Closed = 'closed',
}

class Visit extends Model {
  declare id: string
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: 'string' }) @Searchable() declare note: string | null
  @Attribute({ cast: String }) @Searchable({ range: true }) declare name: Ranged<string>
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare age: Ranged<number> | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) size: Ranged<number | null> = null
  @Attribute({ cast: 'datetime' }) @Searchable({ range: true }) declare seenAt: Ranged<Dayjs> | null
  @Attribute({ cast: Date }) @Searchable({ range: true }) declare created_at: Ranged<Date>
  @Attribute() @Searchable() declare total: bigint
  @Attribute({ values: Status }) @Searchable() declare status: Status
  @Attribute() @Searchable() declare kind: 'a' | 'b'
  @Attribute({ cast: String }) @Searchable({ range: true }) declare grade: Ranged<'low' | 'high'> | null
  @Attribute({ cast: String }) @Searchable({ range: true }) declare code: Ranged<`x-${string}`>
  @Attribute({ values: Status }) @Searchable({ range: true }) declare stage: Ranged<Status>
  @Attribute() @Searchable() declare active: boolean
  @Attribute({ cast: 'json' }) declare metadata: { tags: string[] }
}

type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

holds<
  Same<
    RangedName<Visit>,
    'id' | 'name' | 'userId' | 'age' | 'size' | 'seenAt' | 'created_at' | 'grade' | 'code' | 'stage'
  >
>()
holds<Same<NullableName<Visit>, 'note' | 'age' | 'size' | 'seenAt' | 'grade'>>()
holds<Same<TextName<Visit>, 'id' | 'ip' | 'note' | 'name' | 'kind' | 'grade' | 'code'>>()
holds<Same<NumberName<Visit>, 'userId' | 'age' | 'size' | 'total'>>()
holds<Same<OperatorOf<Visit, 'total'>, '=' | '!=' | 'in' | 'not in'>>()
holds<Same<OperatorOf<Visit, 'ip'>, '=' | '!=' | 'in' | 'not in' | 'like' | 'not like'>>()
holds<
  Same<OperatorOf<Visit, 'age'>, '=' | '!=' | 'in' | 'not in' | '>' | '>=' | '<' | '<=' | 'between' | 'not between'>
>()

/** A ranged property is read and assigned like one without. */
export function assign(visit: Visit, moment: Dayjs): number {
  visit.userId = 7
  visit.userId++
  visit.age = visit.userId * 2
  visit.age = null
  visit.name = `${visit.name.toUpperCase()} ${visit.userId}`
  visit.seenAt = moment
  visit.created_at = new Date(visit.created_at.getTime() + 1)
  const plain: number = visit.userId
  const [first]: string[] = [visit.name]
  return plain + (first?.length ?? 0) + (visit.seenAt?.year() ?? 0)
}

/** What is computed has the type of the attribute. */
export async function computed(query: Query<Visit>): Promise<void> {
  holds<Same<typeof oldest, Date | null>>()
  const oldest = await query.min('created_at')
  holds<Same<typeof greatest, number | null>>()
  const greatest = await query.where('ip', '10.0.0.1').max('age')
  holds<Same<typeof last, string | null>>()
  const last = await query.max('ip')
  await query.sum('userId')
  await query.avg('age')
  // @ts-expect-error text has no sum
  await query.sum('ip')
  // @ts-expect-error moments have no mean
  await query.avg('created_at')
  // @ts-expect-error a boolean has no least value
  await query.min('active')
  // @ts-expect-error an object has no greatest value
  await query.max('metadata')
}

/** Groups ask questions of the same class. */
export function grouped(query: Query<Visit>): Query<Visit>[] {
  return [
    query.where((group) => group.where('userId', '>', 5).orWhere('note', null)),
    Visit.where((group) => group.where('userId', '>', 5).orWhere('note', null)),
    // @ts-expect-error no range index
    Visit.where((group) => group.where('ip', '>', 'a')),
    query.orWhere((group) => group.whereNot((inner) => inner.where('name', 'not like', 'a*'))),
    query.orWhere('age', 'not between', [1, 2]).whereNot('note', null).orWhereNot({ ip: '10.0.0.1' }),
    // @ts-expect-error no range index
    query.where((group) => group.where('ip', '>', 'a')),
    // @ts-expect-error no range index
    query.orWhere((group) => group.whereNot((inner) => inner.where('total', '<', 5n))),
    // @ts-expect-error no range index
    query.orWhere('ip', 'not between', ['a', 'b']),
    // @ts-expect-error a number is no text
    query.whereNot('age', 'not like', '1*'),
    // @ts-expect-error not nullable
    query.orWhereNot('ip', null),
  ]
}

/** Questions that have an index. */
export function compiling(query: Query<Visit>, moment: Dayjs, operator: '>' | '<='): Query<Visit>[] {
  return [
    Visit.where('userId', '>', 5),
    Visit.where('userId', operator, 5),
    Visit.where('age', 'between', [1, 9]),
    Visit.where('name', 'between', ['a', 'b']),
    Visit.where('name', 'like', 'a*'),
    Visit.where('kind', 'like', 'a*'),
    Visit.where('id', '>=', 'a'),
    Visit.where('seenAt', '<', moment),
    Visit.where('created_at', '<=', new Date()),
    Visit.where('age', null),
    Visit.where('age', '=', null),
    Visit.where('age', '!=', null),
    Visit.where('note', 'in', ['a', null]),
    Visit.where({ note: null, ip: '10.0.0.1' }),
    Visit.whereNull('note'),
    Visit.whereNotNull('age'),
    Visit.whereBetween('userId', 1, 9),
    Visit.whereBetween('seenAt', moment, '2026-01-01'),
    Visit.whereLike('ip', '10.*'),
    Visit.orderBy('userId', 'desc'),
    Visit.orderBy('id'),
    Visit.latest('seenAt'),
    Visit.oldest(),
    query.where('userId', '>', 5).where('age', 'between', [1, 9]).orderBy('name').latest('created_at'),
    query.whereNull('seenAt').whereNotNull('note').whereBetween('name', 'a', 'b').whereLike('note', '*'),
  ]
}

/** Questions without one. */
export function refused(query: Query<Visit>): void {
  // @ts-expect-error no range index
  Visit.where('ip', '>', 'a')
  // @ts-expect-error no range index
  query.where('ip', '>', 'a')
  // @ts-expect-error no range index
  Visit.where('total', 'between', [1n, 2n])
  // @ts-expect-error no range index
  query.where('total', 'between', [1n, 2n])
  // @ts-expect-error no order at all
  query.where('metadata', '<', { tags: [] })
  // @ts-expect-error no range index
  Visit.whereBetween('ip', 'a', 'b')
  // @ts-expect-error no range index
  query.whereBetween('ip', 'a', 'b')
  // @ts-expect-error no range index
  Visit.orderBy('ip')
  // @ts-expect-error no range index
  query.orderBy('ip')
  // @ts-expect-error no range index
  Visit.latest('status')
  // @ts-expect-error no range index
  query.oldest('status')
  // @ts-expect-error a number is no text
  Visit.where('userId', 'like', '1*')
  // @ts-expect-error a number is no text
  query.where('userId', 'like', '1*')
  // @ts-expect-error an enum is no text
  query.where('status', 'like', 'n*')
  // @ts-expect-error a boolean is no text
  Visit.whereLike('active', 't*')
  // @ts-expect-error a bigint is no text
  query.whereLike('total', '1*')
  // @ts-expect-error not nullable
  Visit.where('ip', null)
  // @ts-expect-error not nullable
  query.where('ip', null)
  // @ts-expect-error not nullable
  query.where('userId', '=', null)
  // @ts-expect-error not nullable
  query.where('userId', '!=', null)
  // @ts-expect-error not nullable
  query.whereIn('ip', ['a', null])
  // @ts-expect-error not nullable
  Visit.where('status', 'not in', [Status.New, null])
  // @ts-expect-error not nullable
  Visit.where({ ip: null })
  // @ts-expect-error not nullable
  Visit.whereNull('userId')
  // @ts-expect-error not nullable
  query.whereNotNull('ip')
  // @ts-expect-error null lies in no range, also where there may be none
  query.where('age', '>', null)
  // @ts-expect-error null is no end of a range
  query.whereBetween('age', null, 5)
  // @ts-expect-error text is no number
  query.where('userId', '>', '5')
  // @ts-expect-error text is no number
  query.where('age', 'between', ['1', 2])
}

declare const options: SearchableOptions

/** The decorator and the type demand each other. */
export class Declarations<Kind extends string, Other extends object> extends Model {
  // @ts-expect-error a range index needs a ranged type
  @Attribute() @Searchable({ range: true }) declare plain: number
  // @ts-expect-error the same, where the type is inferred
  @Searchable({ range: true }) inferred = 5
  // @ts-expect-error the same with null
  @Attribute({ cast: 'datetime' }) @Searchable({ range: true }) declare at: Dayjs | null
  // @ts-expect-error a ranged type needs a range index
  @Attribute({ cast: 'integer' }) @Searchable() declare unordered: Ranged<number>
  // @ts-expect-error the same, said explicitly
  @Attribute({ cast: 'integer' }) @Searchable({ range: false }) declare said: Ranged<number> | null
  @Attribute() @Searchable({ range: false }) declare equal: string
  @Attribute({ cast: Date }) @Searchable({ range: true }) declare when: Ranged<Date>
  @Attribute() @Searchable(options) declare known: string
  @Attribute() @Searchable(options) declare later: Ranged<string>
  @Attribute({ cast: 'string' }) @Searchable() declare kind: Kind
  @Attribute({ cast: 'json' }) @Searchable() declare other: Other
  @Attribute() @Searchable() declare protected inner: string
}
