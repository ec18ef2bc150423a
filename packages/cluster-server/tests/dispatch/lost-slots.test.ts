import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Of the slots 5061, 866 and 12182. */
const [BAR, HELLO, FOO] = ['bar', 'hello', 'foo']

describeBesideRedis('a slot that a node does not serve any more', () => {
  let pair: ServerPair
  const clients: WireClient[] = []
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { 'cluster-enabled': 'yes', 'cluster-require-full-coverage': 'no' } })
    await pair.ask(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
    await isOk()
  })
  afterAll(async () => {
    for (const client of clients) client.close()
    await pair?.close()
  })

  const isOk = () =>
    until(async () => {
      const { ours, real } = await pair.ask(['CLUSTER', 'INFO'])
      return [...ours, ...real].every((text) => text.includes('cluster_state:ok'))
    })

  /** A client of each of the two servers that has sent `words`. */
  const both = async (...words: string[]): Promise<readonly [WireClient, WireClient]> => {
    const connected = await Promise.all(
      [pair.node.address.port, pair.redis.port].map((port) => WireClient.connect(port)),
    )
    clients.push(...connected)
    for (const client of connected) client.write([words])
    return connected as [WireClient, WireClient]
  }

  const readBoth = async (of: readonly [WireClient, WireClient], count: number) => {
    const [ours, real] = await Promise.all(of.map(async (client) => (await client.read(count)).map(showReply)))
    return { ours, real }
  }

  test.each([2, 3])('is told to the subscribers of its channels, with RESP%i', async (protocol) => {
    const subscribers = await both('HELLO', String(protocol))
    await readBoth(subscribers, 1)
    for (const client of subscribers) {
      client.write([
        ['SSUBSCRIBE', `{${BAR}}b`, `{${BAR}}a`],
        ['SSUBSCRIBE', HELLO],
        ['SUBSCRIBE', BAR],
      ])
    }
    await readBoth(subscribers, 4)
    await pair.ask(['CLUSTER', 'DELSLOTS', '5061'])
    const { ours, real } = await readBoth(subscribers, 2)
    expect(ours).toEqual(real)
    expect(ours?.[0]).toContain('sunsubscribe')
    const channels = await pair.ask(['PUBSUB', 'SHARDCHANNELS', '*{bar}*'], ['PUBSUB', 'SHARDNUMSUB', HELLO])
    expect(channels.ours).toEqual(channels.real)
    await pair.ask(['CLUSTER', 'ADDSLOTS', '5061'])
    for (const client of subscribers) client.close()
  })

  test('ends the wait of clients for its keys, and of no others', async () => {
    const waiting = [await both('BLPOP', BAR, '0'), await both('XREAD', 'BLOCK', '0', 'STREAMS', BAR, '$')] as const
    const other = await both('BZPOPMIN', HELLO, '0')
    await until(async () => {
      const { ours, real } = await pair.ask(['INFO', 'clients'])
      return [...ours, ...real].every((text) => text.includes('blocked_clients:3'))
    })
    await pair.ask(['CLUSTER', 'DELSLOTS', '5061'])
    for (const each of waiting) {
      const { ours, real } = await readBoth(each, 1)
      expect(ours).toEqual(real)
      expect(ours).toEqual(['-CLUSTERDOWN Hash slot not served'])
    }
    await pair.ask(['ZADD', HELLO, '1', 'm'])
    expect((await readBoth(other, 1)).ours?.[0]).toContain('"m"')
    await pair.ask(['CLUSTER', 'ADDSLOTS', '5061'])
    await isOk()
  })

  test('ends a transaction that was queued before', async () => {
    const clients = await both('WATCH', HELLO)
    await readBoth(clients, 1)
    for (const client of clients) client.write([['MULTI'], ['SET', BAR, '1'], ['GET', BAR]])
    await readBoth(clients, 3)
    await pair.ask(['CLUSTER', 'DELSLOTS', '5061'], ['SET', HELLO, 'changed'])
    for (const client of clients) client.write([['EXEC'], ['EXEC'], ['MULTI'], ['GET', HELLO], ['EXEC']])
    const { ours, real } = await readBoth(clients, 5)
    expect(ours).toEqual(real)
    expect(ours?.[0]).toBe('-CLUSTERDOWN Hash slot not served')
    await pair.ask(['CLUSTER', 'ADDSLOTS', '5061'], ['DEL', HELLO])
    await isOk()
  })

  test('ends all waits for keys when the whole cluster is down for it', async () => {
    const waiting = await both('BRPOP', FOO, '0')
    const counting = await both('WAIT', '1', '0')
    await until(async () => {
      const { ours, real } = await pair.ask(['INFO', 'clients'])
      return [...ours, ...real].every((text) => text.includes('blocked_clients:2'))
    })
    await pair.ask(['CONFIG', 'SET', 'cluster-require-full-coverage', 'yes'], ['CLUSTER', 'DELSLOTS', '866'])
    const { ours, real } = await readBoth(waiting, 1)
    expect(ours).toEqual(real)
    expect(ours).toEqual(['-CLUSTERDOWN The cluster is down'])
    const states = await pair.ask(['INFO', 'errorstats'], ['INFO', 'clients'])
    const [counted, countedThere] = [...states.ours.slice(0, 1), ...states.real.slice(0, 1)].map(
      (text) => /errorstat_CLUSTERDOWN:count=\d+/.exec(text)?.[0],
    )
    expect(counted).toBe(countedThere)
    expect(states.ours[1]).toContain('blocked_clients:1')
    for (const client of counting) client.close()
  })
})
