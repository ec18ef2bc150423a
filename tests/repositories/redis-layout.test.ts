import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import type { Criteria, Criterion } from '../../src/repositories/criteria.js'
import { RedisRepository } from '../../src/repositories/redis/redis-repository.js'
import { datetimeCast } from '../../src/schema/casts/date-casts.js'
import { decimalCast } from '../../src/schema/casts/decimal-cast.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds } from '../support/targets.js'
import { keysUnder } from './index-auditor.js'
import { createRandom } from './random.js'
import { schemaOf } from './sample-schema.js'

jest.setTimeout(120_000)

describeTargets(serverKinds, (target) => {
  describe('the layout shared with the PHP library', () => {
    const schema = schemaOf('visits', 6, {
      user_id: [integerCast, 'range'],
      ip: [textCast, 'equality'],
      note: [textCast, 'none'],
    })
    const plain = schemaOf('plain', 6, { note: [textCast, 'none'] })
    let connection: Connection
    let repository: RedisRepository
    beforeAll(async () => {
      connection = await openTarget(target)
      repository = new RedisRepository(async () => connection)
    })
    afterEach(async () => {
      for (const key of await keysUnder(connection, '')) await command('DEL', key)
    })
    afterAll(() => connection.close())

    const command = (name: string, key: string, ...args: (string | number)[]) =>
      connection.send({ type: 'command', name, keys: [key], args })
    const insert = (id: string, ...fields: string[]) =>
      repository.insert(schema, { id, fields, expiresAtMs: null }, { replace: false })
    const select = async (where: Criterion, more: Partial<Criteria> = {}) => {
      const criteria = { where, order: [], limit: null, offset: 0, after: null, ...more }
      return (await repository.select(schema, criteria)).records
    }
    const equals = (attribute: string, value: string | null): Criterion => ({ type: 'equals', attribute, value })
    const everything: Criterion = { type: 'all', of: [] }

    test('has keys with the searchable values in alphabetical order of their names', async () => {
      await insert('1', 'user_id', '7', 'ip', '127.0.0.1', 'note', 'n')
      await insert('2')
      await insert('3', 'ip', ' 10.0.0.1\t', 'user_id', '0')
      await insert('4', 'ip', '', 'user_id', '-1')
      await insert('5', 'ip', '  ')
      await repository.insert(plain, { id: 'x-1', fields: ['note', 'n'], expiresAtMs: null }, { replace: false })
      expect(await keysUnder(connection, '')).toEqual([
        'plain:id:x-1',
        'visits:id:1:ip:127.0.0.1:user_id:7',
        'visits:id:2:ip:null:user_id:null',
        'visits:id:3:ip:10.0.0.1:user_id:0',
        'visits:id:4:ip:null:user_id:-1',
        'visits:id:5:ip:null:user_id:null',
      ])
      expect(await command('HGETALL', 'visits:id:3:ip:10.0.0.1:user_id:0')).toEqual([
        'ip',
        ' 10.0.0.1\t',
        'user_id',
        '0',
      ])
    })

    test('is read as PHP wrote it: the id from the key, null for what the hash lacks', async () => {
      await command('HSET', 'visits:id:9:ip:192.168.1.5:user_id:null', 'ip', '192.168.1.5', 'browser', 'Chrome')
      const record = { id: '9', fields: ['ip', '192.168.1.5', 'browser', 'Chrome'] }
      expect(await repository.fetch(schema, ['9'])).toEqual([record])
      expect(await select(equals('ip', '192.168.1.5'))).toEqual([record])
      expect(await select(equals('user_id', null))).toEqual([record])
      expect(await select({ type: 'like', attribute: 'ip', pattern: { parts: ['192.168.1.', ''] } })).toEqual([record])
      expect(await insert('9', 'ip', 'other')).toBe('duplicate')
      await repository.update(schema, { id: '9', set: ['user_id', '3'], unset: [] })
      expect(await keysUnder(connection, '')).toEqual(['visits:id:9:ip:192.168.1.5:user_id:3'])
    })

    test('is found by value and by id as PHP wrote it: `:`, `*` and `%` as they are, null for 0', async () => {
      const ids = async (where: Criterion) => (await select(where)).map((record) => record.id)
      await command('HSET', 'visits:id:v6:ip:2001:db8::1:user_id:null', 'ip', '2001:db8::1', 'user_id', '0')
      await command('HSET', 'visits:id:cut:user_id:3:ip:x:ip:2001:db8:user_id:3', 'ip', 'other', 'user_id', '3')
      await command('HSET', 'visits:id:50%*:ip:100%:user_id:4', 'ip', '100%', 'user_id', '4')
      await command('HSET', 'plain:id:50%*', 'note', 'n')
      expect(await ids(equals('ip', '2001:db8::1'))).toEqual(['v6'])
      expect(await ids(equals('user_id', '0'))).toEqual(['v6'])
      expect(await ids(equals('ip', '2001:db8'))).toEqual([])
      expect(await ids({ type: 'like', attribute: 'ip', pattern: { parts: ['2001:', '::1'] } })).toEqual(['v6'])
      expect(await ids({ type: 'like', attribute: 'user_id', pattern: { parts: ['', '0'] } })).toEqual(['v6'])
      expect(await ids(equals('ip', '100%'))).toEqual(['50%*'])
      expect(await ids(equals('id', '50%*'))).toEqual(['50%*'])
      expect(await ids(equals('ip', '%a'.repeat(1000)))).toEqual([])
      expect(await repository.fetch(schema, ['50%*', '50%', 'v6'])).toMatchObject([{ id: '50%*' }, null, { id: 'v6' }])
      expect(await repository.fetch(plain, ['50%*'])).toEqual([{ id: '50%*', fields: ['note', 'n'] }])
      expect(await insert('50%*', 'ip', 'other')).toBe('duplicate')
      expect(await repository.update(schema, { id: 'v6', set: ['user_id', '5'], unset: [] })).toBe('updated')
      expect(await ids(equals('ip', '2001:db8::1'))).toEqual(['v6'])
      expect(await repository.delete(schema, ['50%*', 'v6'])).toEqual([true, true])
    })

    test('is compared by value, whatever the text in which another library wrote it', async () => {
      const moments = schemaOf('moments', 6, { at: [datetimeCast, 'range'], price: [decimalCast(2), 'equality'] })
      const [key, fields] = [
        'moments:id:a:at:2024-09-24 08:30:00:price:1.5',
        ['at', '2024-09-24 08:30:00', 'price', '1.5'],
      ]
      await command('HSET', key, ...fields)
      await command('HSET', 'moments:id:b:at:24.09.2024:price:null', 'at', '24.09.2024')
      const ids = async (where: Criterion) => {
        const { records } = await repository.select(moments, { where, order: [], limit: null, offset: 0, after: null })
        return records.map((record) => record.id)
      }
      const at = '2024-09-24T08:30:00.000Z'
      expect(await ids(equals('at', at))).toEqual(['a'])
      expect(await ids(equals('price', '1.50'))).toEqual(['a'])
      expect(await ids(equals('at', null))).toEqual([])
      expect(await ids(equals('at', '24.09.2024'))).toEqual(['b'])
      const after: Criterion = { type: 'range', attribute: 'at', min: { value: at, inclusive: true } }
      await expect(ids(after)).rejects.toThrow(
        "[at] of model [Sample] cannot be read from the stored text '24.09.2024'",
      )
      expect(await repository.countBy(moments, everything, 'price')).toMatchObject({
        counts: new Map([
          ['1.50', 1],
          [null, 1],
        ]),
      })
      const change = { id: 'a', set: ['price', '2.00'], unset: [] }
      expect(await repository.update(moments, { ...change, condition: equals('at', at) })).toBe('updated')
      const [changed] = await repository.fetch(moments, ['a'])
      expect(changed?.fields).toEqual(expect.arrayContaining(['at', '2024-09-24 08:30:00', 'price', '2.00']))
      expect(await repository.deleteIf(moments, 'a', equals('at', at))).toBe('deleted')
    })

    test('with a hash tag is read without it too, as PHP wrote it, and gets it with the next write', async () => {
      const tagged = { ...schema, hashTag: schema.attributes.get('ip')! }
      await command('HSET', 'visits:id:p:ip:t1:user_id:7', 'ip', 't1', 'user_id', '7')
      await command('HSET', 'my_visits:id:x:ip:t1:user_id:7', 'ip', 't1', 'user_id', '7')
      await command('HSET', '{t1:my}:visits:id:y:ip:t1:user_id:7', 'ip', 't1', 'user_id', '7')
      const record = (id: string) => ({ id, fields: ['ip', 't1', 'user_id', '7'], expiresAtMs: null })
      expect(await repository.insert(tagged, record('p'), { replace: false })).toBe('duplicate')
      expect(await repository.insert(tagged, record('o'), { replace: false })).toBe('inserted')
      expect(await repository.count(tagged, equals('ip', 't1'))).toMatchObject({ count: 3 })
      expect(await repository.fetch(tagged, ['p'])).toMatchObject([{ id: 'p' }])
      expect(await repository.update(tagged, { id: 'p', tag: 't1', set: ['user_id', '8'], unset: [] })).toBe('updated')
      expect(await keysUnder(connection, '{t1}:')).toEqual([
        '{t1}:visits:id:o:ip:t1:user_id:7',
        '{t1}:visits:id:p:ip:t1:user_id:8',
      ])
    })

    test('percent-encodes what would forge another attribute or another pattern', async () => {
      await insert('a:ip:b', 'ip', '1:user_id:2', 'user_id', '9')
      await insert('*', 'ip', '100%', 'user_id', '2')
      expect(await keysUnder(connection, '')).toEqual([
        'visits:id:%2A:ip:100%25:user_id:2',
        'visits:id:a%3Aip%3Ab:ip:1%3Auser_id%3A2:user_id:9',
      ])
      expect((await select(equals('user_id', '2'))).map((record) => record.id)).toEqual(['*'])
      expect((await select(equals('id', '*'))).map((record) => record.id)).toEqual(['*'])
      expect(await repository.delete(schema, ['*'])).toEqual([true])
      expect(await repository.fetch(schema, ['a:ip:b'])).not.toEqual([null])
    })

    test('leaves out keys of other types, of other shapes and of other models', async () => {
      await insert('1', 'ip', 'a')
      await command('SET', 'visits:id:2:ip:a:user_id:null', 'text')
      await command('HSET', 'visits:id:3', 'ip', 'a')
      await command('HSET', 'visits:id:4:user_id:1:ip:a', 'ip', 'a')
      await command('HSET', 'visits_old:id:5:ip:a:user_id:null', 'ip', 'a')
      expect((await select(everything)).map((record) => record.id)).toEqual(['1'])
      expect(await repository.count(schema, everything)).toMatchObject({ count: 1 })
      expect(await repository.fetch(schema, ['2', '3', '4'])).toEqual([null, null, null])
      expect(await repository.clear(schema)).toBe(1)
      expect(await keysUnder(connection, '')).toHaveLength(4)
    })

    test('finds models without searchable attributes without a search', async () => {
      await repository.insert(plain, { id: 'a', fields: [], expiresAtMs: null }, { replace: false })
      const asked = jest.spyOn(connection, 'primaries')
      expect(await repository.fetch(plain, ['a', 'b'])).toEqual([{ id: 'a', fields: [] }, null])
      expect(await repository.update(plain, { id: 'a', set: ['note', 'n'], unset: [] })).toBe('updated')
      expect(await repository.delete(plain, ['a', 'b'])).toEqual([true, false])
      expect(asked).not.toHaveBeenCalled()
      asked.mockRestore()
    })

    test('after a crash between the steps of a move reads the newer hash, and each record once', async () => {
      const [old, moved] = ['visits:id:1:ip:old:user_id:null', 'visits:id:1:ip:new:user_id:null']
      await command('HSET', old, 'ip', 'old', '', `${Date.now() - 1} mover ${moved}`)
      expect(await repository.fetch(schema, ['1'])).toEqual([{ id: '1', fields: ['ip', 'old'] }])
      await command('HSET', moved, 'ip', 'new')
      expect(await repository.fetch(schema, ['1'])).toEqual([{ id: '1', fields: ['ip', 'new'] }])
      expect(await select(equals('ip', 'old'))).toEqual([])
      expect(await select(everything)).toHaveLength(1)
      expect(await repository.update(schema, { id: '1', set: ['ip', 'newest'], unset: [] })).toBe('updated')
      expect(await select(everything)).toEqual([{ id: '1', fields: ['ip', 'newest'] }])
      expect(await repository.delete(schema, ['1'])).toEqual([true])
    })

    test('takes over a move whose lease has ended', async () => {
      const key = 'visits:id:1:ip:old:user_id:null'
      await command('HSET', key, 'ip', 'old', '', `${Date.now() - 1} gone visits:id:1:ip:never:user_id:null`)
      expect(await repository.update(schema, { id: '1', set: ['ip', 'new'], unset: [] })).toBe('updated')
      expect(await keysUnder(connection, '')).toEqual(['visits:id:1:ip:new:user_id:null'])
      expect(await command('HGETALL', 'visits:id:1:ip:new:user_id:null')).toEqual(['ip', 'new'])
    })

    test('holds one hash for each id after simultaneous moves, and loses no field', async () => {
      const random = createRandom(7)
      await insert('1', 'ip', 'start', 'user_id', '0')
      const work = Array.from({ length: 4 }, async (_, writer) => {
        for (let at = 0; at < 12; at++) {
          const set = ['ip', `ip${random.below(4)}`, 'user_id', String(random.below(3)), `count${writer}`, String(at)]
          // A scan can miss a record that is being moved, however often it looks.
          while ((await repository.update(schema, { id: '1', set, unset: [] })) !== 'updated');
        }
      })
      await Promise.all(work)
      expect(await keysUnder(connection, '')).toHaveLength(1)
      const [record] = await repository.fetch(schema, ['1'])
      for (let writer = 0; writer < 4; writer++) {
        expect(record!.fields[record!.fields.indexOf(`count${writer}`) + 1]).toBe('11')
      }
    })

    test('does not bring back a record that was deleted during a move', async () => {
      for (let round = 0; round < 25; round++) {
        await insert('1', 'ip', 'a')
        const [, removed] = await Promise.all([
          repository.update(schema, { id: '1', set: ['ip', 'b'], unset: [] }),
          repository.delete(schema, ['1']),
        ])
        if (!removed[0]) await repository.delete(schema, ['1'])
        expect(await keysUnder(connection, '')).toEqual([])
      }
    })
  })
})
