import { beforeEach, expect, test } from '@jest/globals'
import { ArrayRepository, Attribute, DefinitionError, Entity, Model, Searchable } from '../../src/index.js'

interface Written {
  readonly Class: typeof Account
}

@Entity({ prefix: 'ledger', partitions: 3, key: 'number' })
class Account extends Model {
  static readonly written: Written = { Class: Account }

  static open(owner: string): Promise<Account> {
    return Account.create({ owner })
  }

  static of(owner: string): Promise<Account[]> {
    return Account.where('owner', owner).get()
  }

  declare number: string
  @Attribute() @Searchable() owner!: string
  @Attribute() balance: number = 10
  #pin = 1234

  copy(): Account {
    const copy = new Account()
    copy.owner = this.owner
    return copy
  }

  isAccount(other: unknown): boolean {
    return other instanceof Account && other.#pin === 1234
  }
}

@Entity()
class Savings extends Account {
  @Attribute() rate: number = 2
}

const { Class: WrittenAccount } = Account.written

beforeEach(() => {
  Account.setRepository(new ArrayRepository())
})

test('the name of a decorated class means the same model within its body', async () => {
  const opened = await Account.open('Ann')
  expect(opened).toBeInstanceOf(Account)
  expect(opened.isAccount(opened)).toBe(true)
  expect((await Account.of('Ann')).map((account) => account.number)).toEqual([opened.number])
  expect(await Account.count()).toBe(1)
})

test('records made of the class as it was written are records of the decorated class', async () => {
  for (const copy of [
    (await Account.open('Ann')).copy(),
    new WrittenAccount(),
    WrittenAccount.make({ owner: 'Bob' }),
  ]) {
    expect(copy).toBeInstanceOf(Account)
    expect(copy.constructor).toBe(Account)
    expect(copy.isAccount(copy)).toBe(true)
    expect(copy.balance).toBe(10)
    expect(copy.getKeyName()).toBe('number')
    await copy.save()
    expect(copy).toEqual(await Account.find(copy.number))
    expect(copy).not.toEqual(new Account())
    expect(copy.is(await Account.find(copy.number))).toBe(true)
  }
})

test('settings and handlers of either serve both', async () => {
  const repository = new ArrayRepository()
  WrittenAccount.setRepository(repository)
  expect(Account.getRepository()).toBe(repository)
  const seen: string[] = []
  const removers = [
    WrittenAccount.creating((account) => seen.push(`written ${account.owner}`)),
    Account.creating((account) => seen.push(`decorated ${account.owner}`)),
  ]
  await WrittenAccount.create({ owner: 'Ann' })
  for (const remove of removers) remove()
  expect(seen).toEqual(['written Ann', 'decorated Ann'])
})

test('a decorated subclass has its own place, and the fields of both', async () => {
  const savings = await Savings.create({ owner: 'Eve', balance: 7 })
  expect(savings).toBeInstanceOf(Account)
  expect(await Savings.findOrFail(savings.number)).toMatchObject({ owner: 'Eve', balance: 7, rate: 2 })
  expect(await Account.count()).toBe(0)
})

test('a static field that uses the model before @Entity has said how it is stored is refused', () => {
  const declare = () => {
    @Entity({ prefix: 'ledger' })
    class Early extends Model {
      static readonly whole = Early.query()
    }
    return Early
  }
  expect(declare).toThrow(DefinitionError)
  expect(declare).toThrow('Model [Early]: a static field or block of it makes records or queries before its decorators')
})

test('handlers and the repository may be set in a static block', async () => {
  const repository = new ArrayRepository()
  @Entity({ prefix: 'notes' })
  class Note extends Model {
    @Attribute() text!: string
    static {
      Note.setRepository(repository)
      Note.creating((note) => {
        note.text ??= 'empty'
      })
    }
  }
  expect((await Note.create()).text).toBe('empty')
  expect(Note.getRepository()).toBe(repository)
})
