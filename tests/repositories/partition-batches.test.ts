import { describe, expect, test } from '@jest/globals'
import type { Connection, Outcome, Request } from '../../src/connections/connection.js'
import { ServerError } from '../../src/errors/connection-errors.js'
import { executeTogether, type QueryCall } from '../../src/repositories/indexed/partition-batches.js'

const script = { name: 'select', source: 'return 1', sha1: 'x', isReadOnly: true }
const call = (number: number, rows: number, args: string[] = ['a']): QueryCall => {
  return { script, keys: [`i{${number}}`, `r{${number}}`], args, rows }
}

/** Answers each call with its keys; a joined one by a list, or with what `refuse` says. */
function fakeConnection(kind: Connection['kind'], refuse: (request: Request) => Error | null = () => null) {
  const sent: Request[] = []
  const execute = async (requests: readonly Request[]): Promise<Outcome[]> => {
    sent.push(...requests)
    return requests.map((request) => {
      const error = refuse(request)
      if (error !== null) return { ok: false, error }
      const indexes = request.keys.filter((_, at) => at % 2 === 0)
      return { ok: true, value: indexes.length === 1 ? indexes[0] : indexes }
    })
  }
  return { connection: { name: 'fake', kind, keyPrefix: '', execute } as unknown as Connection, sent }
}

const valuesOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error))

describe('calls about several partitions', () => {
  test('are one call on a server without slots, with the arguments that all share sent once', async () => {
    const { connection, sent } = fakeConnection('standalone')
    const { outcomes, commands } = await executeTogether(connection, [call(1, 10), call(2, 10), call(3, 10)])
    expect(valuesOf(outcomes)).toEqual(['i{1}', 'i{2}', 'i{3}'])
    expect(commands).toBe(1)
    expect(sent.map(({ args }) => args)).toEqual([['=', 'a']])
    await executeTogether(connection, [call(1, 10, ['a', 'b']), call(2, 10, ['c'])])
    expect(sent.at(-1)?.args).toEqual(['+', 2, 'a', 'b', 1, 'c'])
  })

  test('are one for each partition on a cluster', async () => {
    const { connection, sent } = fakeConnection('cluster')
    const { outcomes, commands } = await executeTogether(connection, [call(1, 10), call(2, 10)])
    expect([valuesOf(outcomes), commands, sent.length]).toEqual([['i{1}', 'i{2}'], 2, 2])
  })

  test('bring no more rows together than one call may', async () => {
    const { connection, sent } = fakeConnection('standalone')
    const calls = [call(1, 400), call(2, 400), call(3, 400), call(4, 1000), call(5, 5000), call(6, 0)]
    const { outcomes, commands } = await executeTogether(connection, calls)
    expect(sent.map(({ keys }) => keys.length / 2)).toEqual([2, 1, 1, 1, 1])
    expect(commands).toBe(5)
    expect(valuesOf(outcomes)).toEqual(['i{1}', 'i{2}', 'i{3}', 'i{4}', 'i{5}', 'i{6}'])
  })

  test('are separated for good where a server turns out to have slots', async () => {
    const crossSlot = (connection: string) =>
      new ServerError(connection, 'select', "CROSSSLOT Keys in request don't hash to the same slot")
    const { connection, sent } = fakeConnection('standalone', ({ keys }) =>
      keys.length > 2 ? crossSlot('fake') : null,
    )
    const calls = [call(1, 1), call(2, 1)]
    expect(valuesOf((await executeTogether(connection, calls)).outcomes)).toEqual(['i{1}', 'i{2}'])
    expect(sent).toHaveLength(3)
    await executeTogether(connection, calls)
    expect(sent).toHaveLength(5)
  })

  test('fail together', async () => {
    const gone = new Error('the connection is gone')
    const { connection } = fakeConnection('standalone', () => gone)
    const { outcomes } = await executeTogether(connection, [call(1, 1), call(2, 1)])
    expect(valuesOf(outcomes)).toEqual([gone, gone])
  })
})
