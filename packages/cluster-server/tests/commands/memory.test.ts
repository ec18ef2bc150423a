import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { WireReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const fieldsOf = (reply: WireReply | undefined): string[] =>
  reply !== undefined && 'text' in reply
    ? reply.text.split('\r\n').flatMap((line) => (line.includes(':') ? [line.split(':')[0]!] : []))
    : []

const namesOf = (reply: WireReply | undefined): string[] =>
  reply?.kind === 'aggregate'
    ? reply.items.flatMap((item, i) =>
        i % 2 === 0 && 'text' in item ? [item.text, ...namesOf(reply.items[i + 1])] : [],
      )
    : []

describeBesideRedis('what is asked about memory', () => {
  let pair: ServerPair

  beforeAll(async () => {
    pair = await ServerPair.start()
    await pair.ask(['SET', 'k', 'v'], ['SET', 'n', '5'], ['SET', 't', 'v', 'EX', '100'])
  })

  afterAll(() => pair.close())

  test('INFO memory has the fields of Redis in its order', async () => {
    const [ours, real] = await Promise.all([pair.ours.call('INFO', 'memory'), pair.real.call('INFO', 'memory')])
    expect(fieldsOf(real).length).toBeGreaterThan(40)
    expect(fieldsOf(ours)).toEqual(fieldsOf(real))
  })

  test('MEMORY STATS has the names of Redis in its order', async () => {
    const [ours, real] = await Promise.all([pair.ours.call('MEMORY', 'STATS'), pair.real.call('MEMORY', 'STATS')])
    expect(namesOf(real)).toContain('overhead.hashtable.main')
    expect(namesOf(ours)).toEqual(namesOf(real))
  })

  test('a value keeps nothing of the buffer that it arrived in', async () => {
    const large = ['SET', 'big', 'A'.repeat(100_000)]
    const { ours, real } = await pair.ask(large, ['SET', 'big', 'A'.repeat(33_000)], ['MEMORY', 'USAGE', 'big'])
    for (const answer of [ours[2]!, real[2]!]) expect(Number(answer.slice(1))).toBeLessThan(42_000)
  })

  test('MEMORY USAGE tells of an expired key that nobody has met yet', async () => {
    const { ours, real } = await pair.ask(['SET', 'x', 'v', 'EXAT', '1'], ['MEMORY', 'USAGE', 'x'], ['EXISTS', 'x'])
    expect(real).toEqual(['+OK', expect.stringMatching(/^:\d+$/), ':0'])
    expect(ours).toEqual(real.map((each, index) => (index === 1 ? expect.stringMatching(/^:\d+$/) : each)))
  })

  test.each(['noeviction', 'allkeys-lru', 'volatile-lfu', 'allkeys-random', 'volatile-ttl'])(
    'OBJECT FREQ, IDLETIME and REFCOUNT answer under %s as Redis does',
    async (policy) => {
      const { ours, real } = await pair.ask(
        ['CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', policy],
        ...['FREQ', 'IDLETIME'].flatMap((sub) => [
          ['SET', 'k', 'v'],
          ['OBJECT', sub, 'k'],
          ['OBJECT', sub, 'missing'],
          ['OBJECT', sub],
        ]),
        ['CONFIG', 'SET', 'maxmemory', '1gb'],
        ['SET', 'n', '5'],
        ['OBJECT', 'REFCOUNT', 'n'],
      )
      expect(ours).toEqual(real)
    },
  )

  test('MEMORY and its settings refuse what Redis refuses', async () => {
    const { ours, real } = await pair.ask(
      ['MEMORY', 'USAGE', 'missing'],
      ['MEMORY', 'USAGE', 'k', 'SAMPLES'],
      ['MEMORY', 'USAGE', 'k', 'SAMPLES', '-1'],
      ['MEMORY', 'USAGE', 'k', 'SAMPLES', 'x'],
      ['MEMORY', 'USAGE', 'k', 'SAMPLE', '1'],
      ['MEMORY', 'STATS', 'x'],
      ['MEMORY', 'NOSUCH'],
      ['MEMORY', 'PURGE'],
      ['CONFIG', 'SET', 'maxmemory-eviction-tenacity', '101'],
      ['CONFIG', 'SET', 'maxmemory-samples', '0'],
      ['CONFIG', 'SET', 'lfu-log-factor', '-1'],
      ['CONFIG', 'GET', 'lfu-log-factor'],
    )
    expect(ours).toEqual(real)
  })
})
