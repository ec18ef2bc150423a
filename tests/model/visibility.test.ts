import { beforeEach, describe, expect, test } from '@jest/globals'
import { Expose } from 'class-transformer'
import {
  ArrayRepository,
  Attribute,
  Computed,
  DefinitionError,
  Entity,
  InvalidArgumentError,
  Model,
} from '../../src/index.js'

@Entity({ timestamps: false, hidden: ['password', 'initials'] })
class Account extends Model {
  declare id: string
  @Attribute() declare name: string
  @Attribute() declare password: string
  @Attribute({ cast: 'bigint' }) declare total: bigint

  @Computed()
  get initials(): string {
    return this.name.slice(0, 1)
  }

  @Computed()
  shout(): string {
    return `${this.name.toUpperCase()}!`
  }

  get domain(): string {
    return 'example.org'
  }
}

@Entity({ timestamps: false })
class Public extends Account {
  static override visible = ['name', 'domain', 'shown']
  static override appends = ['domain']

  @Expose()
  get shown(): number {
    return 1
  }

  @Expose()
  get notShown(): number {
    return 2
  }
}

const account = () => Account.make({ id: 'a', name: 'ada', password: 'x', total: 5n })

beforeEach(() => Model.setRepository(new ArrayRepository()))

describe('the serialised form', () => {
  test('leaves out what is hidden, and has what is computed', () => {
    expect(account().toJSON()).toEqual({ id: 'a', name: 'ada', total: '5', shout: 'ADA!' })
    expect(account().toJson()).toBe('{"id":"a","name":"ada","total":"5","shout":"ADA!"}')
    expect(account().password).toBe('x')
  })

  test('has only what is visible, as far as it is not hidden', () => {
    const record = Public.make({ id: 'a', name: 'ada', password: 'x' })
    expect(record.toJSON()).toEqual({ name: 'ada', domain: 'example.org', shown: 1 })
    expect(record.makeHidden('name', ['shown']).toJSON()).toEqual({ domain: 'example.org' })
  })

  test('is chosen for one record, and no other', () => {
    const record = account().makeVisible('password')
    expect(record.toJSON()).toMatchObject({ password: 'x' })
    expect(record.getHidden()).toEqual(['initials'])
    expect(account().getHidden()).toEqual(['password', 'initials'])
    expect(record.setVisible(['id']).makeVisible('name').getVisible()).toEqual(['id', 'name'])
    expect(record.toJSON()).toEqual({ id: 'a', name: 'ada' })
    expect(record.setVisible([]).setHidden(['id', 'name', 'password', 'total']).toJSON()).toEqual({
      initials: 'a',
      shout: 'ADA!',
    })
    expect(record.append('domain').makeHidden(['initials', 'shout']).toJSON()).toEqual({ domain: 'example.org' })
    expect(record.getAppends()).toEqual(['initials', 'shout', 'domain'])
  })

  test('names what the class has', () => {
    @Entity({ appends: ['name'] })
    class Wrong extends Account {}
    @Entity({ hidden: ['passwort'] })
    class Misspelt extends Account {}
    for (const model of [Wrong, Misspelt]) expect(() => new model()).toThrow(DefinitionError)
    expect(() => account().append('nothing').toJSON()).not.toThrow()
  })
})

test('only, except and replicate refuse a name that the record does not have', async () => {
  expect(() => account().only('pasword' as never)).toThrow(InvalidArgumentError)
  expect(() => account().except('pasword' as never)).toThrow("has no attribute 'pasword'")
  await expect(account().replicate(['pasword' as never])).rejects.toThrow(InvalidArgumentError)
})

test('only and except give the values themselves, hidden ones too', () => {
  expect(account().only('name', ['password'])).toEqual({ name: 'ada', password: 'x' })
  expect(account().except(['id'], 'name')).toEqual({ password: 'x', total: 5n })
})
