import { expect, test } from '@jest/globals'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import type { TransactionWrite } from '../../src/repositories/repository.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { auditIndexes } from './index-auditor.js'
import { schemaOf } from './sample-schema.js'

const before = schemaOf('transacted', 1, { ip: [textCast, 'equality'], userId: [integerCast, 'none'] })
const after = schemaOf('transacted', 1, { ip: [textCast, 'equality'], userId: [integerCast, 'range'] })

describeTargets(['redis-server', 'embedded-cluster'], (target) => {
  test.each([
    ['an older release', after, before],
    ['a newer release, whose index is being built', before, after],
  ])('a transaction of %s that empties a partition and fills it again is done whole', async (_, first, second) => {
    const connection = await openTarget(target)
    const repository = new IndexedRepository(async () => connection)
    const record = (id: string) => ({ id, fields: ['ip', 'a', 'userId', '1'], expiresAtMs: null })
    await repository.insert(first, record('old'), { replace: false })
    const writes: TransactionWrite[] = [
      { type: 'delete', schema: second, key: 'old' },
      { type: 'insert', schema: second, record: record('new'), replace: false },
    ]
    expect((await repository.transact(writes)).type).toBe('applied')
    const ids = { where: { type: 'all', of: [] }, order: [], limit: null, offset: 0, after: null } as const
    expect((await repository.select(before, ids)).records.map(({ id }) => id)).toEqual(['new'])
    expect(await auditIndexes(connection, second)).toEqual([])
    await repository.transact([{ type: 'delete', schema: second, key: 'new' }])
    expect(
      await connection.send({
        type: 'command',
        name: 'EXISTS',
        keys: [`${partitionsOf(before)[0]!.keys[0]}:%schema`],
        args: [],
      }),
    ).toBe(0)
    await repository.clear(before)
    await connection.close()
  })
})
