import { expect } from '@jest/globals'
import {
  Attribute,
  ConnectionManager,
  Entity,
  HashTag,
  Model,
  type Ranged,
  Searchable,
  transaction,
  Unique,
} from '../../../src/index.js'
import type { Store } from '../../model/support/stores.js'
import { targetUrl } from '../../support/open-target.js'

@Entity({ timestamps: false, prefix: 'everything' })
class Everything extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @HashTag() declare tag: string | null
  @Attribute() @Searchable() @Unique() declare name: string
  @Attribute({ cast: 'string' }) @Searchable() declare city: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare points: Ranged<number>
  @Attribute({ cast: 'string' }) declare note: string | null
}

/**
 * Uses every part of the library as a user who may not call what Redis 6.2 has not, nor CONFIG, MODULE and DEBUG. For one real
 * server, which knows since when it has each command.
 */
export async function workWithoutNewerCommands({ connections, repository, target }: Store): Promise<void> {
  const admin = await connections.connection('default')
  const send = (name: string, ...args: string[]) => admin.send({ type: 'command', name, keys: [], args })
  const user = `old-${target.keyPrefix.replace(/\W/g, '')}-${repository}`
  const forbidden = [...newerCommands((await send('COMMAND', 'DOCS')) as unknown[]), 'config', 'module', 'debug']
  expect(forbidden).toEqual(expect.arrayContaining(['zintercard', 'pexpiretime', 'function']))
  await send(
    'ACL',
    'SETUSER',
    user,
    'reset',
    'on',
    '>secret',
    '~*',
    '&*',
    '+@all',
    ...forbidden.map((name) => `-${name}`),
  )
  const old = new ConnectionManager({})
  old.define('default', targetUrl(target).replace('://', `://${user}:secret@`))
  Model.useConnections(old)
  try {
    const newer = (await old.connection()).send({ type: 'command', name: 'PEXPIRETIME', keys: ['x'], args: [] })
    await expect(newer).rejects.toThrow('NOPERM')
    await work(repository)
  } finally {
    await Everything.truncate()
    await old.closeAll()
    Model.useConnections(connections)
    await send('ACL', 'DELUSER', user)
  }
}

async function work(repository: Store['repository']): Promise<void> {
  const rows = Array.from({ length: 60 }, (_, at) => {
    return { id: `e${at}`, tag: `t${at % 3}`, name: `n${at}`, city: `c${at % 4}`, points: at }
  })
  expect((await Everything.insertMany(rows)).inserted).toBe(60)
  const one = await Everything.findOrFail('e7')
  await one.update({ city: 'c9', points: 100 })
  await one.increment('points', 2, { max: 200 })
  await one.fill({ city: null }).saveIf({ points: 102 })
  await one.setExpiry(1000)
  expect((await one.getExpiry())!.valueOf()).toBeGreaterThan(Date.now())
  await one.setAttribute('id', 'moved').save()
  const ordered = Everything.where('city', 'c1').where('points', '>', 3).orderBy('points', 'desc').limit(2)
  expect(await ordered.ids()).toEqual(['e57', 'e53'])
  expect(await Everything.where('city', 'c2').where('tag', 't1').count()).toBe(5)
  const some = Everything.where('city', 'c1').orWhere('points', '<', 5).whereNot('name', 'x')
  expect((await some.cursorPaginate({ size: 4 })).rows).toHaveLength(4)
  expect(await Everything.query().sum('points')).toBe(1865)
  expect((await Everything.query().countBy('city')).get('c0')).toBe(15)
  expect(await Everything.query().max('points')).toBe(102)
  expect((await Everything.where('city', 'c1').explain({ analyze: true })).actual?.rows).toBe(15)
  await Everything.firstOrCreate({ name: 'new' })
  await expect(Everything.create({ name: 'n8' })).rejects.toThrow('must be unique')
  expect(await Everything.where('city', 'c3').update({ note: 'x' })).toBe(14)
  await (await Everything.findOrFail('e5')).setExpiry(new Date(Date.now() - 1))
  expect(await Everything.find('e5')).toBeNull()
  if (repository === 'indexed') {
    await transaction('t0', async (tx) => {
      tx.save((await Everything.findOrFail('e3')).fill({ note: 'y' }))
      await tx.create(Everything, { id: 'tx', name: 'tx' })
    })
    expect(await Everything.index.verify()).toMatchObject({ isClean: true })
    await Everything.index.repair()
    await Everything.index.sweep()
  }
  expect(await Everything.where('city', 'c1').delete()).toBe(14)
}

/** Commands that came after Redis 6.2, of a reply to COMMAND DOCS: names and facts alternate, and so do facts. */
function newerCommands(documents: readonly unknown[]): string[] {
  return documents.flatMap((name, at) => {
    const facts = documents[at + 1]
    if (at % 2 === 1 || !Array.isArray(facts)) return []
    const since = String(facts[facts.indexOf('since') + 1])
    const [major = 0, minor = 0] = since.split('.').map(Number)
    return major > 6 || (major === 6 && minor > 2) ? [String(name)] : []
  })
}
