import type { Dayjs } from 'dayjs'
import { Attribute, Entity, Model, type Ranged, Searchable } from '../../src/index.js'

/** The model of the first example: text, a number with a range index, a moment, JSON. */
@Entity({ connection: 'main' })
export class Visit extends Model {
  declare id: string
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute({ cast: 'datetime' }) declare seenAt: Dayjs | null
  @Attribute({ cast: 'json' }) declare metadata: { tags: string[] } | null
}

/** A model with every kind of index, in four partitions. */
@Entity({ connection: 'main', partitions: 4 })
export class City extends Model {
  declare id: string
  @Attribute({ cast: String }) @Searchable({ range: true }) declare name: Ranged<string>
  @Attribute() @Searchable() declare country: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare population: Ranged<number>
  @Attribute({ cast: 'string' }) @Searchable() declare municipality: string | null
}

/** As `Visit`, on the second connection. */
@Entity({ connection: 'second', prefix: 'visits' })
export class OtherVisit extends Model {
  declare id: string
  @Attribute() @Searchable() declare ip: string
}

/** A row of `City` before it is stored. */
export interface CityRow {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly population: number
  readonly municipality: string | null
}

/** Rows with shared names, ties, nulls and texts of several alphabets; the same for the same seed. */
export function cityRows(count: number): CityRow[] {
  const countries = ['DE', 'FR', 'IS', 'JP', 'Ωμ']
  const names = [
    'Berlin',
    'Bern',
    'Bergen',
    'Paris',
    'Perth',
    'Łódź',
    '東京',
    "L'Isle",
    'São Paulo',
    'New York',
    'x:y|z%2A*',
  ]
  return Array.from({ length: count }, (_, index) => ({
    id: `city-${index}`,
    name: `${names[index % names.length]}${index % 7 === 0 ? '' : ` ${index % 13}`}`,
    country: countries[(index * 7) % countries.length]!,
    population: ((index * 7919) % 1000) * (index % 3 === 0 ? 1000 : 10),
    municipality: index % 5 === 0 ? null : `M${index % 4}`,
  }))
}
