import { Attribute, Entity, Model, type Ranged, Searchable } from 'activeredis'

/** A record of eight attributes, three of them indexed. */
export abstract class VisitRecord extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute() @Searchable() declare device: string
  @Searchable({ range: true, cast: Number }) declare userId: Ranged<number>
  @Attribute() declare path: string
  @Attribute() declare referrer: string
  @Attribute() declare agent: string
  @Attribute() declare durationMs: number
  @Attribute() declare isBot: boolean
}

/** In the default number of partitions. */
@Entity({ repository: 'indexed', connection: 'bench', timestamps: false })
export class Visit extends VisitRecord {}

/** The attributes of the visit with this number: two countries, five devices, 1,000 users. */
export const visitOf = (number: number) => ({
  id: `v${String(number).padStart(8, '0')}`,
  country: `C${number % 2}`,
  device: `D${Math.floor(number / 2) % 5}`,
  userId: (number * 7919) % 1000,
  path: `/articles/${number}`,
  referrer: 'https://example.org/start',
  agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  durationMs: 1000 + (number % 977),
  isBot: number % 17 === 0,
})

/** The same, of a visit that was changed so many times: no attribute is what it was. */
export const changedVisitOf = (number: number, times: number) => {
  const { id: _, ...attributes } = visitOf(number)
  return {
    ...attributes,
    country: `K${times % 7}`,
    device: `E${times % 7}`,
    userId: (attributes.userId + times * 31) % 1000,
    path: `/articles/${number}/${times}`,
    referrer: `https://example.org/${times}`,
    agent: `Mozilla/5.0 (X11; ${times})`,
    durationMs: 1000 + times,
    isBot: times % 2 === 0,
  }
}

/** Attributes as names and values, as a bare HSET takes them. */
export const fieldsOf = (attributes: object): string[] =>
  Object.entries(attributes).flatMap(([name, value]) => [name, String(value)])
