import { beforeEach, expect, test } from '@jest/globals'
import { ArrayRepository, Attribute, DefinitionError, Entity, Model, Searchable } from '../../src/index.js'

/** As if two modules had declared a class of one name. */
const modules = {
  shop() {
    class Session extends Model {
      @Attribute() @Searchable() declare cart: string
    }
    return Session
  },
  login() {
    class Session extends Model {
      @Attribute() @Searchable() declare user: string
    }
    return Session
  },
}

beforeEach(() => {
  Model.setRepository(new ArrayRepository())
})

test('two models of one name and different attributes cannot share a key prefix', async () => {
  const ShopSession = modules.shop()
  const LoginSession = modules.login()
  await ShopSession.create({ cart: 'a' })
  const message =
    /Model \[Session\]: its key prefix 'sessions' is that of another model \[Session\] with another attribute 'cart'/
  for (const use of [
    () => LoginSession.create({ user: 'b' }),
    () => LoginSession.find('1'),
    () => LoginSession.all(),
    () => LoginSession.where('user', 'b').count(),
    () => LoginSession.insertMany([{ user: 'b' }]),
    () => LoginSession.destroy('1'),
    async () => LoginSession.truncate(),
  ]) {
    const failure = await use().then(
      () => null,
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(DefinitionError)
    expect(String(failure)).toMatch(message)
  }
  expect(await ShopSession.count()).toBe(1)
})

test('neither can models of different names, nor a model and its subclass', async () => {
  @Entity({ prefix: 'animals' })
  class Animal extends Model {}
  @Entity({ prefix: 'animals' })
  class Cat extends Animal {}
  @Entity({ prefix: 'animals' })
  class Plant extends Model {}
  await Animal.create()
  await expect(Cat.create()).rejects.toThrow('is that of another model [Animal] with another name')
  await expect(Plant.create()).rejects.toThrow('Give one of them a prefix of its own: @Entity({ prefix }).')
})

test('a model that is declared twice alike is one model', async () => {
  const [first, second] = [modules.shop(), modules.shop()]
  await first.create({ cart: 'a' })
  expect(await second.where('cart', 'a').count()).toBe(1)
})

test('one prefix in different repositories is no conflict', async () => {
  const ShopSession = modules.shop()
  const LoginSession = modules.login()
  LoginSession.setRepository(new ArrayRepository())
  await ShopSession.create({ cart: 'a' })
  await LoginSession.create({ user: 'b' })
  expect([await ShopSession.count(), await LoginSession.count()]).toEqual([1, 1])
})
