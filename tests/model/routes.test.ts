import { describe, expect, test } from '@jest/globals'
import { Attribute, AttributeNotSearchableError, Model, ModelNotFoundError, Searchable } from '../../src/index.js'
import { describeStores } from './support/stores.js'

class Post extends Model {
  declare id: string
  @Searchable() declare slug: string
  @Attribute({ cast: 'integer' }) @Searchable() declare number: number
  @Attribute() declare title: string
}

describeStores([Post], () => {
  test('a route value is a key, or the value of a searchable attribute, literally', async () => {
    await Post.createMany([
      { id: 'a', slug: 'first', number: 1 },
      { id: 'b*', slug: 'sec*', number: 2 },
    ])
    const idOf = async (value: string, field?: 'slug' | 'number') =>
      (await Post.resolveRouteBinding(value, field))?.id ?? null
    expect([await idOf('a'), await idOf('*'), await idOf('b*'), await idOf('')]).toEqual(['a', null, 'b*', null])
    expect([await idOf('first', 'slug'), await idOf('sec*', 'slug'), await idOf('f*', 'slug')]).toEqual([
      'a',
      'b*',
      null,
    ])
    expect([await idOf('2', 'number'), await idOf('two', 'number'), await idOf('x'.repeat(2 ** 20 + 1))]).toEqual([
      'b*',
      null,
      null,
    ])
    await expect(Post.resolveRouteBinding('x', 'title')).rejects.toThrow(AttributeNotSearchableError)
    const post = await Post.findOrFail('a')
    expect([post.getRouteKey(), post.getRouteKeyName()]).toEqual(['a', 'id'])
  })

  describe('the handler for Express', () => {
    const call = async (value: string, field?: 'slug' | 'title') => {
      const request: { post?: Post } = {}
      const errors: unknown[] = []
      await Post.routeParam(field)(request, null, (error?: unknown) => errors.push(error), value, 'post')
      return { request, errors }
    }

    test('puts the record on the request', async () => {
      await Post.create({ id: 'a', slug: 'first' })
      expect((await call('a')).request.post?.slug).toBe('first')
      const { request, errors } = await call('first', 'slug')
      expect([request.post?.id, errors]).toEqual(['a', [undefined]])
    })

    test('passes on that there is none, as 404, and what else went wrong', async () => {
      const { request, errors } = await call('nowhere')
      expect(request).toEqual({})
      expect(errors).toEqual([expect.any(ModelNotFoundError)])
      expect(errors[0]).toMatchObject({ status: 404, keys: ['nowhere'] })
      expect((await call('x', 'title')).errors[0]).toBeInstanceOf(AttributeNotSearchableError)
    })
  })
})
