// Checked by the compiler alone: the scopes of a class are typed methods of its queries, and of no others.
import { Attribute, Model, type ModelQuery, type Ranged, Searchable } from '../../src/index.js'

class Visit extends Model {
  static scopes = {
    popular: (query: ModelQuery<Visit>, min = 1) => query.where('hits', '>=', min),
    named: (query: ModelQuery<Visit>, first: string, ...others: string[]) => query.whereIn('ip', [first, ...others]),
  }
  static globalScopes = { known: (query: ModelQuery<Visit>) => query.where('ip', '!=', 'x') }

  declare id: string
  @Searchable() declare ip: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare hits: Ranged<number>
}

class Plain extends Model {
  @Searchable() declare ip: string
}

class SubVisit extends Visit {
  static override scopes = { ...Visit.scopes, quiet: (query: ModelQuery<SubVisit>) => query.where('hits', '<', 1) }
}

type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

export async function scopes(): Promise<void> {
  const rows = await Visit.query().popular().where('ip', 'a').popular(5).orderBy('hits').named('a', 'b').get()
  holds<Same<typeof rows, Visit[]>>()
  const [first] = await Visit.where('ip', 'a').withoutGlobalScope('known').popular().latest().get()
  holds<Same<typeof first, Visit | undefined>>()
  const subs = await SubVisit.query().quiet().popular(2).get()
  holds<Same<typeof subs, SubVisit[]>>()
  const plain = Plain.query()
  holds<Same<typeof plain, ModelQuery<Plain>>>()
  // @ts-expect-error a parameter of the wrong type
  Visit.query().popular('5')
  // @ts-expect-error a parameter that is missing
  Visit.query().named()
  // @ts-expect-error not a scope of this class
  Visit.query().quiet()
  // @ts-expect-error a class without scopes
  Plain.query().popular()
}

export async function writes(visit: Visit): Promise<void> {
  const made = await Visit.query().popular().firstOrCreate({ ip: 'a' }, { hits: 1 }, { ttl: new Date() })
  holds<Same<typeof made, Visit>>()
  const shown = visit.only('ip', 'hits')
  holds<Same<keyof typeof shown, 'ip' | 'hits'>>()
  await Visit.upsert([{ id: '1', hits: 2 }], ['ip', 'hits'], ['hits'])
  await Visit.query().update({ hits: 3 })
  Visit.observe({ created: (record) => holds<Same<typeof record, Visit>>() })
  // @ts-expect-error misspelt attribute
  await Visit.upsert([{ id: '1' }], 'ipp')
  // @ts-expect-error wrong type
  await Visit.query().update({ hits: 'x' })
  // @ts-expect-error misspelt attribute
  await Visit.firstOrCreate({ ipp: 'a' })
  // @ts-expect-error misspelt event
  Visit.observe({ creatd: () => {} })
}
