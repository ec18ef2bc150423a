import { expect } from '@jest/globals'
import {
  ActiveRedisError,
  Attribute,
  CrossSlotError,
  Entity,
  HashTag,
  hashSlot,
  IndexNotReadyError,
  Model,
  migratingFrom,
  type Ranged,
  type RepositoryChoice,
  ScanRefusedError,
  Searchable,
  StaleModelError,
  transaction,
  Unique,
  UniqueConstraintError,
  Version,
} from '../../src/index.js'
import { describeItems } from './support/describe-items.js'
import { keysOf } from './support/keys-of.js'
import { RecordedConnections } from './support/recorded-connections.js'

@Entity({ timestamps: false, prefix: 'accounts' })
class Account extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare balance: Ranged<number>
}

@Entity({ timestamps: false, prefix: 'entries' })
class Entry extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Attribute({ cast: 'string' }) @Searchable() declare note: string | null
}

@Entity({ timestamps: false, prefix: 'users' })
class User extends Model {
  declare id: string
  @Attribute() @Unique() declare mail: string
  @Version() declare version: number
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare points: Ranged<number>
}

/** What a promise is rejected with. */
const errorOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
  } catch (error) {
    expect(error).toBeInstanceOf(ActiveRedisError)
    return error
  }
  throw new Error('nothing was thrown')
}

describeItems([Account, Entry, User], (item, defect) => {
  item(
    'StaleModelError',
    {
      promise: 'A conditional write that is refused carries the record as it is stored.',
      verdict: 'mended',
      why: 'New: `@Version()` and `saveIf`.',
    },
    async () => {
      const user = await User.create({ id: 'u', mail: 'a', points: 1 })
      const copy = await User.findOrFail('u')
      await user.update({ points: 2 })
      const stale = await errorOf(() => copy.update({ points: 3 }))
      expect(stale).toBeInstanceOf(StaleModelError)
      expect(stale).toMatchObject({ model: 'User', key: 'u', code: 'STALE_MODEL' })
      expect((stale as StaleModelError<User>).stored.points).toBe(2)
      const condition = await errorOf(() => user.fill({ points: 9 }).saveIf({ points: 5 }))
      expect(condition).toBeInstanceOf(StaleModelError)
      expect((await User.findOrFail('u')).points).toBe(2)
    },
  )

  item(
    'UniqueConstraintError',
    {
      promise: 'A value that is unique over the whole cluster has one holder, which the error names.',
      verdict: 'mended',
      why: 'New: `@Unique()`, also of several attributes.',
    },
    async () => {
      await User.create({ id: 'u', mail: 'a' })
      const error = await errorOf(() => User.create({ id: 'v', mail: 'a' }))
      expect(error).toBeInstanceOf(UniqueConstraintError)
      expect(error).toMatchObject({ model: 'User', attributes: ['mail'], values: ['a'], holder: 'u' })
      const outcomes = await Promise.allSettled(
        Array.from({ length: 6 }, (_, at) => User.create({ id: `w${at}`, mail: 'b' })),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await User.count()).toBe(2)
      await User.destroy('u')
      expect((await User.create({ id: 'x', mail: 'a' })).exists).toBe(true)
    },
  )

  item(
    'IndexNotReadyError',
    {
      promise: 'A query on an index that does not hold all records yet is refused.',
      verdict: 'mended',
      defects: ['D15'],
      on: ['indexed'],
      why: 'New: an attribute that becomes searchable is filled by `Model.index.build()`, while writes keep both forms.',
    },
    async (store) => {
      const modelOf = (isSearchable: boolean) => {
        class Visit extends Model {
          declare id: string
          declare ip: string
        }
        Attribute({ cast: 'string' })(Visit.prototype, 'ip')
        if (isSearchable) Searchable()(Visit.prototype, 'ip')
        return Entity({ prefix: 'evolving', timestamps: false })(Visit)
      }
      const Before = modelOf(false)
      await Before.insertMany(Array.from({ length: 20 }, (_, at) => ({ id: `v${at}`, ip: `ip${at % 2}` })))
      // Another process, with another release.
      Model.useConnections({ connection: () => store.connections.connection('default') })
      const After = modelOf(true)
      try {
        await After.create({ id: 'new', ip: 'ip1' })
        const error = await errorOf(() => After.where('ip', 'ip1').get())
        expect(error).toBeInstanceOf(IndexNotReadyError)
        expect(error).toMatchObject({ model: 'Visit', attributes: ['ip'], code: 'INDEX_NOT_READY' })
        expect(await After.count()).toBe(21)
        await After.index.build()
        expect(await After.where('ip', 'ip1').count()).toBe(11)
        expect(await After.truncate()).toBe(21)
      } finally {
        Model.useConnections(store.connections)
      }
    },
  )

  item(
    'Y12',
    {
      promise: 'Existing records of `redis` and `cluster` are moved to `indexed` by a command that can be run again.',
      verdict: 'mended',
      defects: ['D60', 'D15'],
      on: ['indexed'],
      why: 'New: `Model.migrate`, with a rehearsal; meanwhile `migratingFrom` reads and writes both layouts, so that no row is invisible or doubled.',
    },
    async (store) => {
      const old = store.target.kind === 'redis-server' ? 'redis' : 'cluster'
      const model = (repository: RepositoryChoice) => {
        class Legacy extends Model {
          declare id: string
          declare ip: string
        }
        Searchable()(Legacy.prototype, 'ip')
        Attribute({ cast: 'string' })(Legacy.prototype, 'ip')
        return Entity({ prefix: 'legacy', timestamps: false, repository })(Legacy)
      }
      const Old = model(old)
      const rows = Array.from({ length: 50 }, (_, at) => ({ id: `v${at}`, ip: `ip${at % 5}` }))
      await Old.insertMany(rows)
      const New = model(migratingFrom(old))
      expect(await New.where('ip', 'ip3').count()).toBe(10)
      const plan = await New.migrate({ from: old, dryRun: true })
      expect([plan.found, plan.moved, await Old.count()]).toEqual([50, 50, 50])
      const controller = new AbortController()
      const stopped = New.migrate({
        from: old,
        batchSize: 10,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      })
      await expect(stopped).rejects.toThrow()
      expect([await New.count(), await New.where('ip', 'ip3').count()]).toEqual([50, 10])
      await New.create({ id: 'later', ip: 'ip3' })
      await (await New.findOrFail('v49')).update({ ip: 'changed' })
      const report = await New.migrate({ from: old })
      expect([report.failures, report.left]).toEqual([[], 0])
      expect([await New.count(), await Old.count()]).toEqual([51, 0])
      await New.migrate({ from: old, finish: true })
      const Indexed = model('indexed')
      expect(await Indexed.where('ip', 'ip3').count()).toBe(11)
      expect(await Indexed.where('ip', 'changed').ids()).toEqual(['v49'])
      expect(await Indexed.truncate()).toBe(51)
      expect((await keysOf(store, 'legacy')).length).toBe(0)
    },
  )

  item(
    'ScanRefusedError',
    {
      promise: 'Strict mode refuses what no index answers.',
      verdict: 'mended',
      on: ['array', 'indexed'],
      why: 'New: for one query, a model, or all; nothing is sent.',
    },
    async () => {
      const error = await errorOf(() => Entry.where('note', '!=', 'x').strict().get())
      expect(error).toBeInstanceOf(ScanRefusedError)
      expect(error).toMatchObject({ model: 'Entry', code: 'SCAN_REFUSED' })
      expect(await Entry.where('tenantId', 't').where('note', '=', 'x').strict().get()).toEqual([])
      expect(await errorOf(() => Entry.where('note', '=', 'x').strict().get())).toBeInstanceOf(ScanRefusedError)
    },
  )

  item(
    'CrossSlotError',
    {
      promise: 'Keys of one request in different slots are refused with both keys and slots, before anything is sent.',
      verdict: 'mended',
      defects: ['D41'],
      on: ['array', 'indexed'],
      why: 'New, for transactions; every request of a connection is checked alike.',
    },
    async (store) => {
      const [one, two] = [
        await Account.create({ id: 'a', tenantId: 't1', balance: 1 }),
        await Account.create({ id: 'b', tenantId: 't2', balance: 1 }),
      ]
      const recorded = new RecordedConnections(store.connections)
      // Other connections are other memory.
      if (store.repository !== 'array') Model.useConnections(recorded)
      try {
        const error = await errorOf(() =>
          transaction('t1', (tx) => {
            one.balance = 0
            two.balance = 2
            tx.save(one)
            tx.save(two)
          }),
        )
        expect(error).toBeInstanceOf(CrossSlotError)
        const { keys } = error as CrossSlotError
        expect(keys.map(({ key, slot }) => hashSlot(key) === slot)).toEqual([true, true])
        expect(keys[0].slot).not.toBe(keys[1].slot)
        expect(recorded.requests).toEqual([])
      } finally {
        if (store.repository !== 'array') Model.useConnections(store.connections)
      }
      expect((await Account.findOrFail('a')).balance).toBe(1)
      if (store.repository === 'array') return
      const connection = await store.connections.connection('default')
      const batch = connection.execute([{ type: 'command', name: 'DEL', keys: ['x', 'y'], args: [] }])
      const outcome = await batch.then(
        ([first]) => (first?.ok === false ? first.error : null),
        (error: unknown) => error,
      )
      if (connection.kind === 'cluster') expect(outcome).toBeInstanceOf(CrossSlotError)
    },
  )

  item(
    'Y9',
    {
      promise:
        'Records with one hash tag lie in one slot; conditions, updates, deletion and transactions work on them.',
      verdict: 'mended',
      defects: ['D41', 'D43', 'D30'],
      on: ['array', 'indexed'],
      why: 'The tag is a declared attribute (`@HashTag()`), part of every key and path, instead of an overridden key method.',
    },
    async (store) => {
      const account = await Account.create({ id: 'a', tenantId: 't', balance: 10 })
      await Account.create({ id: 'b', tenantId: 'u', balance: 20 })
      const entry = await transaction('t', async (tx) => {
        account.balance = 7
        tx.save(account)
        return tx.create(Entry, { id: 'e', note: 'three' })
      })
      expect([entry.exists, entry.tenantId, (await Account.find('a'))?.balance]).toEqual([true, 't', 7])
      expect(await Account.where('tenantId', 't').where('balance', '<', 8).ids()).toEqual(['a'])
      expect(hashSlot(account.getHashKey())).toBe(hashSlot(entry.getHashKey()))
      const slots: number[] = []
      await Account.where('tenantId', 't')
        .onTrace((trace) => void slots.push(trace.slots.size))
        .get()
      if (store.repository === 'indexed') expect(slots).toEqual([1])
      await account.update({ tenantId: 'u' })
      expect([await Account.where('tenantId', 't').count(), await Account.where('tenantId', 'u').count()]).toEqual([
        0, 2,
      ])
      expect(await account.delete()).toBe(true)
      await expect(
        transaction('t', (tx) => {
          tx.delete(entry)
          return tx.create(Entry, { id: 'e' })
        }),
      ).rejects.toThrow(ActiveRedisError)
      expect((await Entry.findOrFail('e')).note).toBe('three')
    },
  )

  defect('D43', {}, async (store) => {
    const account = await Account.create({ id: 'a', tenantId: 't', balance: 1 })
    expect(await Account.where('tenantId', 't').ids()).toEqual(['a'])
    await account.update({ balance: 2 })
    account.tenantId = 'u'
    await account.save()
    expect([
      (await Account.find('a'))?.tenantId,
      await Account.count(),
      await Account.where('balance', 1).count(),
    ]).toEqual(['u', 1, 0])
    if (store.repository === 'array') return
    expect((await keysOf(store)).filter((key) => /accounts.*:id:a/.test(key))).toHaveLength(1)
  })

  defect('D38', {}, async () => {
    const user = await User.create({ id: 'u', mail: 'a', points: 1 })
    const copies = await Promise.all(Array.from({ length: 5 }, () => User.findOrFail('u')))
    await Promise.all(copies.map((copy) => copy.increment('points', 2)))
    expect((await user.refresh()).points).toBe(11)
    expect(await User.where('points', 11).ids()).toEqual(['u'])
  })
})
