import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Connection } from '../../../src/connections/connection.js'
import { IndexedRepository } from '../../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../../src/repositories/indexed/layout.js'
import type { TransactionWrite } from '../../../src/repositories/repository.js'
import { openTarget } from '../../support/open-target.js'
import { describeTargets } from '../../support/targets.js'
import { auditIndexes } from '../index-auditor.js'
import { sampleSchema } from '../sample-schema.js'

describeTargets(['redis-server', 'embedded-cluster'], (target) => {
  let connection: Connection
  let repository: IndexedRepository
  beforeAll(async () => {
    connection = await openTarget(target)
    repository = new IndexedRepository(async () => connection)
  })
  afterAll(() => connection?.close())

  const record = (id: string, ip: string, expiresAtMs: number | null = null) => {
    return { id, fields: ['ip', ip, 'name', 'n', 'userId', '1'], expiresAtMs }
  }

  test.each([
    [':ip:a', 'the index of a value'],
    [':userId', 'a range index'],
  ])('what scripts left that failed half-way at a foreign key (%s) is seen and repaired', async (suffix) => {
    const schema = sampleSchema(1, `half${suffix.replaceAll(':', '')}`)
    const foreign = `${partitionsOf(schema)[0]!.keys[0]}${suffix}`
    await repository.insert(schema, record('kept', 'b', Date.now() + 600_000), { replace: false })
    await connection.send({ type: 'command', name: 'DEL', keys: [foreign], args: [] })
    await connection.send({ type: 'command', name: 'SET', keys: [foreign], args: ['of somebody else'] })
    const insert = (id: string, ip: string): TransactionWrite => {
      return { type: 'insert', schema, record: record(id, ip), replace: false }
    }
    const writes = [
      () => repository.insert(schema, record('half', 'a'), { replace: false }),
      () => repository.update(schema, { id: 'kept', set: ['ip', 'a', 'userId', '7'], unset: [] }),
      () => repository.transact([insert('first', 'b'), insert('second', 'a')]),
    ]
    for (const write of writes) await expect(write()).rejects.toThrow('WRONGTYPE')
    const report = await repository.indexes.verify(schema)
    expect(report.isClean).toBe(false)
    expect(report.missing).toBeGreaterThan(0)
    expect((await repository.indexes.repair(schema)).mended).toBeGreaterThan(0)
    expect(await repository.indexes.verify(schema, { scanKeys: true })).toMatchObject({ isClean: true })
    expect(await auditIndexes(connection, schema)).toEqual([])
    await repository.clear(schema)
  })
})
