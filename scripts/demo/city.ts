import { Attribute, Entity, Model, type Ranged, Searchable } from 'activeredis'

/** A city of GeoNames with more than 1,000 inhabitants; its key is the GeoNames id. */
@Entity({ repository: 'indexed', timestamps: false })
export class City extends Model {
  declare id: string
  @Searchable({ range: true, cast: String }) declare name: Ranged<string>
  @Attribute() @Searchable() declare country: string
  @Searchable({ range: true, cast: Number }) declare population: Ranged<number>
  @Attribute({ cast: 'string' }) @Searchable() declare municipality: string | null
  @Attribute({ cast: 'json' }) declare coordinates: [longitude: number, latitude: number]
}

/** The same city as a plain object: what the demo inserts, and what it checks the answers with. */
export interface PlainCity {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly population: number
  readonly municipality: string | null
  readonly coordinates: [longitude: number, latitude: number]
}
