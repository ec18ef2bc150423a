// biome-ignore-all lint/complexity/noThisInStatic: that is what is tested

// Checked by the compiler alone: what the methods and statics of a model may do with their `this`.
import { Attribute, Model, type Query, type Ranged, Searchable } from '../../src/index.js'

export class Visit extends Model {
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId: Ranged<number>

  static ofUser(userId: number): Query<Visit> {
    return this.where('userId', '=', userId).orderBy('userId')
  }

  static async record(ip: string): Promise<Visit> {
    return (await this.where('ip', ip).first()) ?? this.create({ ip })
  }

  async block(): Promise<boolean> {
    if (this.isDirty('ip', 'userId') || this.getOriginal('ip') === 'blocked') return false
    this.ip = 'blocked'
    // @ts-expect-error misspelt attribute
    this.isDirty('ipp')
    return this.save()
  }

  async copy(): Promise<Visit> {
    const fresh = await this.fresh()
    return (await (fresh ?? this).refresh()).setAttribute('ip', 'x')
  }
}
