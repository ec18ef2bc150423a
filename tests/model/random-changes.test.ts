import { expect, test } from '@jest/globals'
import dayjs, { type Dayjs } from 'dayjs'
import fc from 'fast-check'
import { ArrayRepository, Attribute, Entity, Model, type Ranged, Searchable } from '../../src/index.js'

@Entity({ timestamps: false })
class Item extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare name: string | null
  @Attribute({ cast: 'float' }) @Searchable({ range: true }) declare size: Ranged<number> | null
  @Attribute({ cast: 'boolean' }) declare active: boolean | null
  @Attribute({ cast: 'json' }) declare data: { list: unknown[] } | null
  @Attribute({ cast: 'datetime' }) declare at: Dayjs | null
}

/** The same as plain data: what the record must show, and what must be stored. */
interface Mirror {
  name: string | null
  size: number | null
  active: boolean | null
  data: { list: unknown[] } | null
  at: string | null
}

const empty: Mirror = { name: null, size: null, active: null, data: null, at: null }
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)))

type Step =
  | { readonly type: 'set'; readonly values: Partial<Mirror> }
  | { readonly type: 'push'; readonly value: unknown }
  | { readonly type: 'save' | 'refresh' | 'load' | 'read' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('set' as const),
    values: fc.record(
      {
        name: fc.option(fc.string({ unit: 'grapheme', maxLength: 3 })),
        size: fc.option(fc.constantFrom(0, 1, 1.5, -2)),
        active: fc.option(fc.boolean()),
        data: fc.option(fc.record({ list: fc.array(json, { maxLength: 2 }) })),
        at: fc.option(fc.constantFrom('1970-01-01T00:00:00.000Z', '2024-09-24T08:30:00.125Z')),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ type: fc.constant('push' as const), value: json }),
  fc.record({ type: fc.constantFrom('save' as const, 'refresh' as const, 'load' as const, 'read' as const) }),
)

const shownBy = ({ name, size, active, data, at }: Item): Mirror => ({
  name,
  size,
  active,
  data,
  at: at === null ? null : dayjs(at).toISOString(),
})

test('whatever is set, changed in place, saved and read again: the record shows it, knows what is dirty, and stores it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 15 }), async (program) => {
      Item.setRepository(new ArrayRepository())
      let item = await Item.create({ id: 'i' })
      let shown = structuredClone(empty)
      let stored = structuredClone(empty)
      for (const step of program) {
        switch (step.type) {
          case 'set':
            item.fill(structuredClone(step.values))
            shown = { ...shown, ...structuredClone(step.values) }
            break
          case 'push':
            item.data?.list.push(step.value)
            shown.data?.list.push(structuredClone(step.value))
            break
          case 'save':
            expect(await item.save()).toBe(JSON.stringify(sorted(shown)) !== JSON.stringify(sorted(stored)))
            stored = structuredClone(shown)
            break
          case 'refresh':
            await item.refresh()
            shown = structuredClone(stored)
            break
          case 'load':
            item = await Item.findOrFail('i')
            shown = structuredClone(stored)
            break
          case 'read':
            expect(shownBy(await Item.findOrFail('i'))).toEqual(stored)
            break
        }
        expect(shownBy(item)).toEqual(shown)
        expect(item.isDirty()).toBe(JSON.stringify(sorted(shown)) !== JSON.stringify(sorted(stored)))
      }
    }),
    { numRuns: 200 },
  )
})

/** The same data with the keys of objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)])
}
