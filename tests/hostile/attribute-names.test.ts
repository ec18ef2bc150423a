import { expect, test } from '@jest/globals'
import { Attribute, DefinitionError, Entity, Model, Searchable } from '../../src/index.js'
import { describeStores, type Store } from '../model/support/stores.js'
import { brokenValues, hostileValues } from './hostile-values.js'

const isFull = process.env.FULL === '1'
const isRefused = (name: string) =>
  name === '' || name === '__proto__' || name === 'constructor' || name in Model.prototype
const names = hostileValues(isFull ? 9_500 : 160, 99).filter((name) => !isRefused(name) && name !== 'id')
const perModel = 40
const searchablePerModel = 8

/** A model whose attributes are made when the program runs. */
function modelOf(prefix: string, attributes: readonly string[]): typeof Model & (new () => Model) {
  class Named extends Model {}
  for (const [at, name] of attributes.entries()) {
    Attribute({ cast: 'string' })(Named.prototype, name)
    if (at < searchablePerModel) Searchable({ range: at % 2 === 0 })(Named.prototype, name)
  }
  return Entity({ prefix, timestamps: false })(Named)
}

const models = Array.from({ length: Math.ceil(names.length / perModel) }, (_, at) => {
  const attributes = names.slice(at * perModel, (at + 1) * perModel)
  return { attributes, model: modelOf(`named${at}`, attributes) }
})

// Every third character of it is escaped, by client and scripts alike: one server is enough of that.
const longName = 'é:x'.repeat(2 ** 20 / 3)
const longNamed = modelOf('longnamed', [longName])

/** The keys of the records with a value in an attribute that no type knows. */
const equal = (model: typeof Model & (new () => Model), name: string, value: string | null): Promise<string[]> =>
  model.where({ [name]: value } as never).ids()

const isInScope = ({ repository }: Store, at: number) => repository === 'indexed' || repository === 'array' || at < 4

describeStores([...models.map(({ model }) => model), longNamed], (store) => {
  test(`${names.length} hostile attribute names hold their own value, and are asked by it alone`, async () => {
    for (const [at, { attributes, model }] of models.entries()) {
      if (!isInScope(store, at)) continue
      const valuesOf = (mark: string) =>
        Object.fromEntries(attributes.map((name, place) => [name, `${mark}${place}:${name}`]))
      await model.insertMany([{ id: 'a', ...valuesOf('a') }, { id: 'b', ...valuesOf('b') }, { id: 'none' }] as never)
      const [a, none] = [await model.findOrFail('a'), await model.findOrFail('none')]
      for (const [name, value] of Object.entries(valuesOf('a'))) {
        expect(a.getAttribute(name)).toBe(value)
        expect(Reflect.get(a, name)).toBe(value)
        expect(none.getAttribute(name)).toBeNull()
      }
      expect(a.toJSON()).toEqual({ id: 'a', ...valuesOf('a') })
      for (const name of attributes.slice(0, searchablePerModel)) {
        const search = (value: string) => equal(model, name, value)
        expect(await search(valuesOf('b')[name]!)).toEqual(['b'])
        expect(await search('id')).toEqual([])
        expect(await equal(model, name, null)).toEqual(['none'])
      }
      a.setAttribute(attributes[0]!, 'changed')
      await a.save()
      expect(await equal(model, attributes[0]!, 'changed')).toEqual(['a'])
    }
  }, 600_000)

  if (store.repository !== 'indexed' || store.target.kind !== 'redis-server') return
  test('a name of a mebibyte is as good as a short one', async () => {
    await longNamed.insertMany([{ id: 'a', [longName]: 'x' }, { id: 'none' }] as never)
    const found = await longNamed.findOrFail('a')
    expect(found.getAttribute(longName)).toBe('x')
    found.setAttribute(longName, 'y')
    await found.save()
    expect(await equal(longNamed, longName, 'x')).toEqual([])
    expect(await equal(longNamed, longName, 'y')).toEqual(['a'])
    expect(await equal(longNamed, longName, null)).toEqual(['none'])
  }, 120_000)
})

test('names that would hide a method, and names that UTF-8 cannot carry, are refused by name', () => {
  const refused = [
    '',
    '__proto__',
    'constructor',
    'toString',
    'save',
    'getKey',
    'exists',
    ...brokenValues(isFull ? 500 : 100, 5),
  ]
  for (const name of refused) {
    const model = modelOf('refused', [name])
    expect(() => model.make()).toThrow(DefinitionError)
  }
})
