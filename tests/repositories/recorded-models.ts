import { expect } from '@jest/globals'
import {
  Attribute,
  ConnectionManager,
  confirmed,
  Entity,
  HashTag,
  Index,
  Model,
  type Ranged,
  Searchable,
  transaction,
  Unique,
  Version,
} from '../../src/index.js'

@Entity({ partitions: 5 })
@Index(['country', 'state'])
class Customer extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute({ cast: String }) @Searchable() declare state: string | null
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare credit: Ranged<number>
  @Attribute() @Unique() declare email: string
  @Attribute({ cast: 'integer' }) @Version() declare version: number
}

@Entity({ partitions: 5 })
class Invoice extends Model {
  declare id: string
  @HashTag() declare tenant: string
  @Attribute({ cast: String }) @Searchable({ range: true }) declare text: Ranged<string>
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare amount: Ranged<number>
}

/** Calls every operation of models that reaches a server, against one URL, on the indexed repository. */
export async function useEverything(url: string, isReplicated: boolean): Promise<void> {
  const connections = new ConnectionManager({})
  connections.define('default', url)
  Model.useConnections(connections)
  for (const model of [Customer, Invoice]) model.setRepository('indexed')

  const first = await Customer.create({ id: 'a:{b}', country: 'DE', state: null, credit: 5, email: 'a@x' })
  await expect(Customer.create({ country: 'DE', credit: 1, email: 'a@x' })).rejects.toMatchObject({ code: 'UNIQUE' })
  await Customer.createMany(
    Array.from({ length: 60 }, (_, at) => ({
      country: at % 2 ? 'DE' : 'FR',
      state: at % 3 ? 'open' : 'shut',
      credit: at,
      email: `${at}@x`,
    })),
  )
  await Customer.insertMany(
    Array.from({ length: 300 }, (_, at) => ({ country: 'IS', state: 'many', credit: at, email: `many${at}@x` })),
  )
  await first.update({ country: 'FR', email: 'b@x', credit: 6 })
  await first.setExpiry(3600)
  await first.getExpiry()
  await first.increment('credit', 4, { max: 100 })
  await first.saveIf((stored) => stored.where('credit', '>', 1)).catch(() => {})
  first.country = 'JP'
  await first.saveIf((stored) => stored.where('credit', '>', 1))
  await first.update({ id: 'elsewhere' })
  await first.refresh()
  await Customer.firstOrCreate({ email: 'c@x' }, { country: 'NO', credit: 1 }).catch(() => {})
  await Customer.updateOrCreate({ country: 'NO' }, { credit: 2, email: 'd@x' })
  await Customer.query().where('country', 'IS').limit(20).updateMany({ state: 'some' })
  await Customer.query().where('country', 'IS').where('credit', '<', 50).deleteMany()

  const query = Customer.query()
  for (const asked of isReplicated ? [query, query.fromReplica({ readYourWrites: true })] : [query]) {
    await asked.where('country', 'DE').where('state', 'open').get()
    await asked.where('country', 'DE').orWhere('credit', '>', 40).orderBy('credit', 'desc').limit(7).get()
    await asked.whereNot('country', 'DE').count()
    await asked.where('credit', 'between', [3, 30]).sum('credit')
    await asked.max('credit')
    await asked.countBy('country')
    await asked.pluck('email', 'id')
    await asked.paginate(2, 10)
    await asked.cursorPaginate({ size: 10 })
    await asked.whereNull('state').exists()
    await asked.where('country', 'F*').ids()
    await asked.whereKey(['elsewhere', 'nowhere']).get()
    for await (const row of asked.where('country', 'DE').lazy({ size: 7 })) expect(row.country).toBe('DE')
  }
  await query.where('country', 'DE').orderBy('credit').explain()

  await transaction('t1', async (tx) => {
    const kept = await tx.create(Invoice, { id: 'i1', text: 'one', amount: 1 })
    kept.amount = 2
    await tx.create(Invoice, { id: 'i2', text: 'two', amount: 2 })
  })
  const invoice = await Invoice.where('tenant', 't1').where('text', '>', 'o').firstOrFail()
  await Invoice.find('i2')
  await invoice.update({ tenant: 't2' })
  await transaction('t2', (tx) => tx.delete(invoice))
  if (isReplicated) {
    await confirmed({ waitReplicas: 1, timeoutMs: 5_000 }, () => Invoice.create({ tenant: 't', text: 'x', amount: 3 }))
  }
  await Customer.create({ country: 'brief', credit: 1, email: 'brief@x' }, { ttlSeconds: 0.05 })
  for (const model of [Customer, Invoice]) {
    expect((await model.index.verify()).isClean).toBe(true)
    await model.index.repair()
    await model.index.rebuild()
    await model.index.status()
  }
  await first.delete()
  await Customer.destroy(await Customer.query().limit(3).ids())
  for (const model of [Customer, Invoice]) await model.truncate()
  await connections.closeAll()
}
