import { expect } from '@jest/globals'
import {
  ActiveRedisError,
  Attribute,
  AttributeNotSearchableError,
  CastError,
  DuplicateKeyError,
  Entity,
  InvalidArgumentError,
  InvalidKeyError,
  JsonEncodingError,
  Model,
  ModelNotFoundError,
  Searchable,
} from '../../src/index.js'
import { describeItems } from './support/describe-items.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'json' }) declare metadata: unknown
  @Attribute({ cast: 'integer' }) declare count: number | null
}

/** The error of a call, whether it throws or rejects. */
const errorOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
  } catch (error) {
    expect(error).toBeInstanceOf(ActiveRedisError)
    return error
  }
  throw new Error('nothing was thrown')
}

describeItems([Visit], (item) => {
  item(
    'AttributeNotSearchableError',
    { promise: 'A condition on an attribute without the index for it names model and attribute.', verdict: 'same' },
    async () => {
      const error = await errorOf(() => Visit.where('count', 1))
      expect(error).toBeInstanceOf(AttributeNotSearchableError)
      expect(error).toMatchObject({ model: 'Visit', attribute: 'count', code: 'ATTRIBUTE_NOT_SEARCHABLE' })
      expect((error as Error).message).toContain('The attribute [count] is not searchable on the model [Visit].')
    },
  )

  item(
    'DuplicateKeyError',
    { promise: 'A taken key is named, by creation and by a change of the key.', verdict: 'same' },
    async () => {
      await Visit.create({ id: 'a' })
      const other = await Visit.create({ id: 'b' })
      expect(await errorOf(() => Visit.create({ id: 'a' }))).toMatchObject({
        key: 'a',
        model: 'Visit',
        code: 'DUPLICATE_KEY',
      })
      other.id = 'a'
      expect(await errorOf(() => other.save())).toBeInstanceOf(DuplicateKeyError)
    },
  )

  item(
    'InvalidKeyError',
    {
      promise: 'A blank key is refused.',
      verdict: 'mended',
      defects: ['D14'],
      why: 'So is one that cannot be stored; the message says why, and `0` is a key.',
    },
    async () => {
      for (const key of ['', ' ', '\ud800', 'x'.repeat(2 ** 20 + 1)]) {
        const error = await errorOf(() => Visit.create({ id: key }))
        expect(error).toBeInstanceOf(InvalidKeyError)
        expect(error).toMatchObject({ key, model: 'Visit' })
      }
      expect(await Visit.count()).toBe(0)
    },
  )

  item(
    'JsonEncodingError',
    { promise: 'A value that JSON cannot express is refused, by attribute.', verdict: 'same' },
    async () => {
      const error = await errorOf(() => Visit.create({ metadata: { at: [10n] } }))
      expect(error).toBeInstanceOf(JsonEncodingError)
      expect(error).toMatchObject({ attribute: 'metadata', model: 'Visit' })
      expect((error as Error).message).toContain('Unable to encode attribute [metadata] for model [Visit] to JSON: ')
    },
  )

  item(
    'ModelNotFoundError',
    { promise: 'A record that must exist is named, with its keys.', verdict: 'same' },
    async () => {
      expect(await errorOf(() => Visit.findOrFail('a'))).toMatchObject({ model: 'Visit', keys: ['a'] })
      expect(await errorOf(() => Visit.firstOrFail())).toMatchObject({ model: 'Visit', keys: [] })
      const visit = await Visit.create({ id: 'a' })
      await Visit.destroy('a')
      expect(await errorOf(() => visit.refresh())).toBeInstanceOf(ModelNotFoundError)
      expect(await errorOf(() => visit.update({ ip: 'x' }))).toMatchObject({ keys: ['a'] })
    },
  )

  item(
    'InvalidArgumentError',
    { promise: 'An argument that a method does not accept is quoted.', verdict: 'same' },
    async () => {
      const calls: [() => unknown, string][] = [
        [() => Visit.setRepository('mongo'), 'Repository [mongo] is not supported.'],
        [() => Visit.query().limit(-1), 'limit is -1'],
        [() => Visit.where('ip', undefined as never), 'undefined'],
        [() => Visit.where('ip', '~' as never, 'x' as never), "Unknown operator '~'"],
        [() => Visit.create({}, { ttl: -1 } as never), '-1'],
      ]
      for (const [call, message] of calls) {
        const error = await errorOf(call)
        expect(error).toBeInstanceOf(InvalidArgumentError)
        expect((error as Error).message).toContain(message)
      }
    },
  )

  item(
    'CastError',
    {
      promise: 'A value that does not fit names attribute, value and the expected form.',
      verdict: 'mended',
      why: 'For every cast, and also for stored text that others wrote.',
    },
    async () => {
      const error = await errorOf(() => Visit.create({ count: 1.5 }))
      expect(error).toBeInstanceOf(CastError)
      expect(error).toMatchObject({ attribute: 'count', value: 1.5, model: 'Visit' })
      expect((error as Error).message).toContain('an integer')
    },
  )
})
