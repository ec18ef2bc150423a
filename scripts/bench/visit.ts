import { Attribute, Entity, Model, type Ranged, Searchable } from 'activeredis'

/** A record of eight attributes, three of them indexed. */
@Entity({ repository: 'indexed', connection: 'bench', timestamps: false })
export class Visit extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute() @Searchable() declare device: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute() declare path: string
  @Attribute() declare referrer: string
  @Attribute() declare agent: string
  @Attribute() declare durationMs: number
  @Attribute() declare isBot: boolean
}

/** The attributes of the visit with this number: ten countries, five devices, 1,000 users. */
export const visitOf = (number: number) => ({
  id: `v${String(number).padStart(8, '0')}`,
  country: `C${number % 10}`,
  device: `D${Math.floor(number / 10) % 5}`,
  userId: (number * 7919) % 1000,
  path: `/articles/${number}`,
  referrer: 'https://example.org/start',
  agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  durationMs: 1000 + (number % 977),
  isBot: number % 17 === 0,
})

/** The same as names and values, as a bare HSET takes them. */
export const fieldsOf = (number: number): string[] => {
  const { id: _, ...attributes } = visitOf(number)
  return Object.entries(attributes).flatMap(([name, value]) => [name, String(value)])
}
