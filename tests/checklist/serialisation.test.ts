import { expect } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import {
  Attribute,
  AttributeNotSearchableError,
  Entity,
  JsonEncodingError,
  Model,
  Searchable,
} from '../../src/index.js'
import { describeItems, describePlainItems } from './support/describe-items.js'

enum Status {
  New = 'new',
}

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'string' }) declare secret: string | null
  @Attribute({ cast: 'datetime' }) declare seenAt: Dayjs | null
  @Attribute({ cast: 'enum', values: Status }) declare status: Status | null
  @Attribute({ cast: 'json' }) declare metadata: unknown
}

@Entity({ timestamps: false, key: 'slug' })
class Article extends Model {
  declare slug: string
}

describeItems([Visit], (item) => {
  item(
    'V4',
    {
      promise: 'A record is found for a route by its key or a searchable attribute.',
      verdict: 'mended',
      defects: ['D6'],
      why: 'Always by the exact text: what a request sends is never a pattern. There are no child bindings and no `resolveRouteBindingQuery`; `routeParam` is a handler for Express; there is no pipe for Nest.',
    },
    async () => {
      const visit = await Visit.create({ id: 'a', ip: 'x' })
      await Visit.create({ id: '*', ip: '*' })
      expect([visit.getRouteKey(), visit.getRouteKeyName()]).toEqual(['a', 'id'])
      expect((await Visit.resolveRouteBinding('a'))?.ip).toBe('x')
      expect((await Visit.resolveRouteBinding('x', 'ip'))?.id).toBe('a')
      expect((await Visit.resolveRouteBinding('*'))?.id).toBe('*')
      expect((await Visit.resolveRouteBinding('*', 'ip'))?.id).toBe('*')
      expect([await Visit.resolveRouteBinding('?'), await Visit.resolveRouteBinding('x*', 'ip')]).toEqual([null, null])
      await expect(async () => Visit.resolveRouteBinding('x', 'secret' as never)).rejects.toThrow(
        AttributeNotSearchableError,
      )
    },
  )
})

describePlainItems((item) => {
  item(
    'V1',
    {
      promise: 'The plain form has casts applied: moments as ISO 8601, enums as their value.',
      verdict: 'mended',
      why: 'There is no `toArray`: an array is a list. `toJSON` is what JSON.stringify asks for, with the decorators of class-transformer applied; it has every attribute, null where there is no value.',
    },
    () => {
      const visit = Visit.make({ id: 'a', seenAt: new Date(0), status: Status.New, metadata: { nested: [1] } })
      const expected = {
        id: 'a',
        ip: null,
        secret: null,
        seenAt: '1970-01-01T00:00:00.000Z',
        status: 'new',
        metadata: { nested: [1] },
      }
      expect(visit.toJSON()).toEqual(expected)
      expect(JSON.parse(JSON.stringify([visit]))).toEqual([expected])
    },
  )

  item(
    'V2',
    { promise: 'A record is JSON text; what JSON cannot express is an error with model and key.', verdict: 'same' },
    () => {
      const visit = Visit.make({ id: 'a', ip: 'x' })
      expect(visit.toJson()).toBe(JSON.stringify(visit))
      expect(String(visit)).toBe(visit.toJson())
      @Entity({ timestamps: false, appends: ['broken'] })
      class Broken extends Model {
        declare id: string
        get broken(): string {
          throw new Error('no value')
        }
      }
      expect(() => Broken.make({ id: 'a' }).toJson()).toThrow(JsonEncodingError)
      expect(() => Broken.make({ id: 'a' }).toJson()).toThrow('Error encoding model [Broken] with ID [a] to JSON: ')
    },
  )

  item('V3', { promise: 'Names can be shown and hidden, for a class and for one record.', verdict: 'same' }, () => {
    const visit = Visit.make({ id: 'a', ip: 'x', secret: 's' })
    expect([visit.getHidden(), visit.getVisible()]).toEqual([[], []])
    expect(visit.setVisible(['id', 'ip', 'secret']).setHidden(['secret']).toJSON()).toEqual({ id: 'a', ip: 'x' })
    expect(visit.makeVisible('secret', 'status').toJSON()).toEqual({ id: 'a', ip: 'x', secret: 's', status: null })
    expect(visit.makeHidden('ip', 'status').toJSON()).toEqual({ id: 'a', secret: 's' })
    expect(Object.keys(Visit.make().toJSON())).toContain('secret')
    expect(new Article({ slug: 's' }).toJSON()).toEqual({ slug: 's' })
  })
})
