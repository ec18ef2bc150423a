import { Attribute, Entity, Model, Searchable } from 'activeredis'

/** A city of GeoNames with more than 1,000 inhabitants; its key is the GeoNames id. */
@Entity({ repository: 'indexed', timestamps: false })
export class City extends Model {
  declare id: string
  @Attribute() @Searchable({ range: true }) declare name: string
  @Attribute() @Searchable() declare country: string
  @Attribute() @Searchable({ range: true }) declare population: number
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
