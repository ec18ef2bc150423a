import { expect, test } from '@jest/globals'
import {
  Attribute,
  ConfigurationError,
  CrossSlotError,
  DuplicateKeyError,
  Entity,
  HashTag,
  hashSlot,
  InvalidArgumentError,
  InvalidKeyError,
  InvalidStateError,
  Model,
  ModelNotFoundError,
  type Ranged,
  ReplicationError,
  Searchable,
  StaleModelError,
  TransactionCancelledError,
  transaction,
  Version,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { describeStores } from './support/stores.js'

@Entity({ partitions: 8 })
class Account extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare balance: Ranged<number>
}

@Entity({ partitions: 8 })
class Entry extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Searchable() declare accountId: string
  @Attribute({ cast: 'integer' }) declare amount: number
}

@Entity({ partitions: 4 })
class Other extends Model {
  declare id: string
  @HashTag() declare tenantId: string
}

@Entity({ partitions: 8 })
class Counted extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Attribute() declare title: string
  @Version() declare version: number
}

class Untagged extends Model {
  declare id: string
  @Searchable() declare tenantId: string
}

describeStores([Account, Entry, Other, Counted, Untagged], ({ repository, connections, target }) => {
  if (repository === 'redis' || repository === 'cluster') {
    test('a transaction is refused by a repository that has no such step', async () => {
      await expect(transaction('t', (tx) => tx.create(Account, { balance: 1 }))).rejects.toThrow(ConfigurationError)
      expect(await Account.count()).toBe(0)
    })
    return
  }

  const audit = async () => {
    if (repository !== 'indexed') return
    const connection = await connections.connection(undefined)
    for (const model of [Account, Entry]) {
      expect(await auditIndexes(connection, definitionOf(model.prototype).schema)).toEqual([])
    }
  }

  test('writes to several models are applied together, and queries see them', async () => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 100 })
    const gone = await Entry.create({ id: 'gone', tenantId: 't', accountId: 'a', amount: 1 })
    const entry = await transaction('t', async (tx) => {
      account.balance -= 30
      tx.save(account)
      tx.delete(gone)
      return tx.create(Entry, { accountId: account.id, amount: -30 })
    })
    expect([entry.exists, entry.wasRecentlyCreated, entry.isDirty(), entry.tenantId]).toEqual([true, true, false, 't'])
    expect([account.isDirty(), gone.exists]).toEqual([false, false])
    expect((await Account.where('balance', '<', 80).first())?.id).toBe('a')
    expect((await Entry.where('accountId', 'a').get()).map(({ id }) => id)).toEqual([entry.id])
    await audit()
  })

  test('a record that is created has its key within the transaction', async () => {
    const [account, entry] = await transaction('t', async (tx) => {
      const made = await tx.create(Account, { balance: 0 })
      return [made, await tx.create(Entry, { accountId: made.id, amount: 0 })] as const
    })
    expect((await Entry.findOrFail(entry.id)).accountId).toBe(account.id)
  })

  test('a key that is taken, a record that is gone: nothing at all is written', async () => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 100 })
    await Entry.create({ id: 'taken', tenantId: 't', accountId: 'x', amount: 1 })
    const vanished = await Entry.create({ id: 'v', tenantId: 't', accountId: 'x', amount: 1 })
    await Entry.where('accountId', 'x').whereKey('v').first()
    await Entry.destroy('v')
    account.balance = 1
    const duplicate = transaction('t', (tx) => {
      tx.save(account)
      void tx.create(Entry, { id: 'taken', accountId: 'y', amount: 2 })
    })
    await expect(duplicate).rejects.toThrow(DuplicateKeyError)
    const missing = transaction('t', (tx) => {
      tx.save(account)
      vanished.amount = 7
      tx.save(vanished)
    })
    await expect(missing).rejects.toThrow(ModelNotFoundError)
    const deleted = transaction('t', (tx) => {
      tx.save(account)
      tx.delete(vanished)
    })
    await expect(deleted).rejects.toThrow(ModelNotFoundError)
    expect((await Account.findOrFail('a')).balance).toBe(100)
    expect((await Entry.findOrFail('taken')).accountId).toBe('x')
    expect(await Entry.count()).toBe(1)
    expect([account.isDirty('balance'), account.balance, vanished.exists]).toEqual([true, 1, true])
    await audit()
  })

  test('a function that throws sends nothing', async () => {
    const failed = transaction('t', async (tx) => {
      await tx.create(Account, { id: 'a', balance: 1 })
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await Account.count()).toBe(0)
  })

  test('a record with another tag is refused by name of both keys and slots, before anything is sent', async () => {
    const there = await Account.create({ id: 'a', tenantId: 'there', balance: 1 })
    const error = await transaction('here', (tx) => {
      void tx.create(Entry, { accountId: 'a', amount: 1 })
      tx.save(there)
    }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CrossSlotError)
    const { keys, message } = error as CrossSlotError
    expect(keys.map(({ key }) => hashSlot(key))).toEqual(keys.map(({ slot }) => slot))
    for (const { key, slot } of keys) {
      expect(key).toMatch(/^accounts:\{8\.\d[a-z]*\}:id:a$/)
      expect(message).toContain(key)
      expect(message).toContain(`slot ${slot}`)
    }
    expect(message).toContain("'there'")
    expect(message).toContain("'here'")
    await expect(
      transaction('here', (tx) => tx.create(Entry, { tenantId: 'x', accountId: 'a', amount: 1 })),
    ).rejects.toThrow(CrossSlotError)
    there.tenantId = 'here'
    await expect(transaction('here', (tx) => tx.save(there))).rejects.toThrow(CrossSlotError)
    expect(await Entry.count()).toBe(0)
  })

  test('models with another number of partitions do not share a slot', async () => {
    const crossing = transaction('t', (tx) => {
      void tx.create(Account, { id: 'a', balance: 1 })
      void tx.create(Other, { id: 'o' })
    })
    await expect(crossing).rejects.toThrow(CrossSlotError)
    expect([await Account.count(), await Other.count()]).toEqual([0, 0])
  })

  test('a model without a hash tag, a second write to a record and a late one are refused', async () => {
    await expect(transaction('t', (tx) => tx.create(Untagged, { tenantId: 't' }))).rejects.toThrow(InvalidArgumentError)
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 1 })
    const again = await Account.findOrFail('a')
    const twice = transaction('t', (tx) => {
      tx.delete(account)
      again.balance = 3
      tx.save(again)
    })
    await expect(twice).rejects.toThrow(InvalidArgumentError)
    let kept: Parameters<Parameters<typeof transaction>[1]>[0] | null = null
    await transaction('t', (tx) => {
      kept = tx
    })
    expect(() => kept!.save(account)).toThrow(InvalidStateError)
    await expect(transaction('t', (tx) => tx.delete(new Account()))).rejects.toThrow(InvalidStateError)
    account.id = 'b'
    await expect(transaction('t', (tx) => tx.save(account))).rejects.toThrow(InvalidArgumentError)
    expect(await Account.query().ids()).toEqual(['a'])
  })

  test('events run around the write, and one that cancels ends it all', async () => {
    const seen: string[] = []
    const forget = [
      Account.saving(({ id }) => void seen.push(`saving ${id}`)),
      Account.updating(({ id }) => void seen.push(`updating ${id}`)),
      Account.updated(({ id }) => void seen.push(`updated ${id}`)),
      Entry.creating(({ amount }) => {
        seen.push(`creating ${amount}`)
        return amount !== 13
      }),
      Entry.created(async ({ id }) => void seen.push(`created, stored ${(await Entry.find(id)) !== null}`)),
      Entry.saved(() => void seen.push('saved')),
      Entry.deleting(({ amount }) => amount !== 99),
    ]
    try {
      const account = await Account.create({ id: 'a', tenantId: 't', balance: 5 })
      seen.length = 0
      await transaction('t', (tx) => {
        account.balance = 6
        tx.save(account)
        void tx.create(Entry, { accountId: 'a', amount: 1 })
      })
      expect(seen).toEqual(['saving a', 'updating a', 'creating 1', 'updated a', 'created, stored true', 'saved'])
      const vetoed = transaction('t', (tx) => {
        account.balance = 7
        tx.save(account)
        void tx.create(Entry, { accountId: 'a', amount: 13 })
      })
      await expect(vetoed).rejects.toThrow(TransactionCancelledError)
      expect((await Account.findOrFail('a')).balance).toBe(6)
      expect(account.isDirty('updated_at' as never)).toBe(false)
      const kept = await Entry.create({ id: 'k', tenantId: 't', accountId: 'a', amount: 99 })
      await expect(transaction('t', (tx) => tx.delete(kept))).rejects.toThrow(TransactionCancelledError)
      expect(kept.exists).toBe(true)
      await account.update({ balance: 8 })
    } finally {
      for (const remove of forget) remove()
    }
  })

  test('conditions and versions are tested before anything is written', async () => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 5 })
    const counted = await Counted.create({ id: 'c', tenantId: 't', title: 'one' })
    const stale = await Counted.findOrFail('c')
    await counted.update({ title: 'two' })
    account.balance = 6
    const overtaken = transaction('t', (tx) => {
      tx.save(account)
      stale.title = 'three'
      tx.save(stale)
    })
    await expect(overtaken).rejects.toThrow(StaleModelError)
    await expect(transaction('t', (tx) => tx.delete(stale))).rejects.toThrow(StaleModelError)
    const poor = transaction('t', (tx) => {
      tx.saveIf(account, (stored) => stored.where('balance', '>', 5))
      void tx.create(Entry, { accountId: 'a', amount: 1 })
    })
    const error = await poor.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StaleModelError)
    expect((error as StaleModelError<Account>).stored.balance).toBe(5)
    const untouched = await Counted.findOrFail('c')
    const guarded = transaction('t', (tx) => {
      tx.saveIf(untouched, { title: 'one' })
      tx.save(account)
    })
    await expect(guarded).rejects.toThrow(StaleModelError)
    expect([(await Account.findOrFail('a')).balance, await Entry.count()]).toEqual([5, 0])
    await transaction('t', (tx) => {
      tx.saveIf(account, { balance: 5 })
      tx.deleteIf(untouched, { title: 'two' })
    })
    expect([(await Account.findOrFail('a')).balance, await Counted.count()]).toEqual([6, 0])
    await audit()
  })

  test('a record that is given twice is written once, with all conditions and the last options', async () => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 5 })
    account.balance = 6
    const twice = transaction('t', (tx) => {
      tx.save(account)
      tx.saveIf(account, { balance: 99 })
      tx.save(account, { ttl: 60 })
    })
    await expect(twice).rejects.toThrow(StaleModelError)
    const removed = transaction('t', (tx) => {
      tx.delete(account)
      tx.deleteIf(account, { balance: 99 })
    })
    await expect(removed).rejects.toThrow(StaleModelError)
    await transaction('t', async (tx) => {
      tx.saveIf(account, { balance: 5 }, { ttlSeconds: 5000 })
      tx.save(account, { ttl: null })
      tx.save(await tx.create(Account, { id: 'b' }), { ttl: 60 })
    })
    expect([(await Account.findOrFail('a')).balance, await account.getExpiry()]).toEqual([6, null])
    expect(await (await Account.findOrFail('b')).getExpiry()).not.toBeNull()
    await audit()
  })

  test('a record whose key was taken off is refused, and keeps the one under which it is stored', async () => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 5 })
    account.setKey(null)
    account.balance = 6
    await expect(transaction('t', (tx) => tx.save(account))).rejects.toThrow(InvalidKeyError)
    expect(account.getOriginal('id')).toBe('a')
    await account.refresh()
    expect(account.balance).toBe(5)
  })

  test('waits for replicas where one of its writes asks for that', async () => {
    const waiting = (waitReplicas: number) =>
      transaction('t', async (tx) => {
        await tx.create(Account, { id: `w${waitReplicas}`, balance: 1 }, { waitReplicas, timeoutMs: 20 })
        await tx.create(Account, { balance: 2 })
      })
    // Memory has no replicas that could be late.
    await (repository === 'array' ? waiting(9) : expect(waiting(9)).rejects.toThrow(ReplicationError))
    expect((await Account.findOrFail('w9')).balance).toBe(1)
  })

  test('a record that is clean is not written, and one that expired meanwhile refuses the rest', async () => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 5 })
    await Account.destroy('a')
    await transaction('t', (tx) => tx.save(account))
    expect(await Account.count()).toBe(0)
    const brief = await Account.create({ id: 'b', tenantId: 't', balance: 5 })
    await brief.setExpiry(new Date(Date.now() - 1))
    const refused = transaction('t', (tx) => {
      void tx.create(Account, { id: 'b', balance: 6 })
      void tx.create(Account, { id: 'c', balance: 6 }, { ttlSeconds: 60 })
    })
    await refused
    expect((await Account.query().ids()).sort()).toEqual(['b', 'c'])
    expect(await (await Account.findOrFail('c')).getExpiry()).not.toBeNull()
    await audit()
  })

  test('transactions that read and write the same account one after the other lose nothing', async () => {
    await Account.create({ id: 'a', tenantId: 't', balance: 0 })
    const transfer = async (number: number) => {
      await transaction('t', async (tx) => {
        await tx.create(Entry, { id: `e${number}`, accountId: 'a', amount: 1 })
        await tx.create(Account, { id: `shadow${number}`, balance: 1 })
      })
    }
    await Promise.all(Array.from({ length: 40 }, (_, number) => transfer(number % 20).catch(() => {})))
    expect([await Entry.count(), await Account.count()]).toEqual([20, 21])
    await audit()
  })

  if (target.topology !== 'memory') {
    test('a transaction is one script call', async () => {
      const connection = await connections.connection(undefined)
      const { IndexedRepository } = await import('../../src/repositories/indexed/indexed-repository.js')
      const sent: string[] = []
      const spy = Object.assign(Object.create(Object.getPrototypeOf(connection)), {})
      void spy
      const counting = new Proxy(connection, {
        get(of, name) {
          const value = Reflect.get(of, name, of)
          if (typeof value !== 'function') return value
          return (...given: never[]) => {
            if (name === 'send' || name === 'execute') sent.push(String(name))
            return Reflect.apply(value, of, given)
          }
        },
      })
      const { schema } = definitionOf(Account.prototype)
      const store = new IndexedRepository(async () => counting)
      const write = (id: string) => ({
        type: 'insert' as const,
        schema,
        record: { id, fields: ['tenantId', 't', 'balance', '1'], expiresAtMs: null },
        replace: false,
      })
      await store.transact([write('a'), write('b')])
      expect(sent).toEqual(['send'])
    })
  }
})
