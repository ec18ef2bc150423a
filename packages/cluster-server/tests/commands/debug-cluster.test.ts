import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/server/node.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const COMMANDS = [
  'DEBUG CLUSTERLINK KILL TO',
  'DEBUG CLUSTERLINK KILL TO x',
  'DEBUG CLUSTERLINK KILL all x y',
  'DEBUG DROP-CLUSTER-PACKET-FILTER',
  'DEBUG DROP-CLUSTER-PACKET-FILTER x',
  'DEBUG DROP-CLUSTER-PACKET-FILTER 3',
  'DEBUG DROP-CLUSTER-PACKET-FILTER -1',
]

for (const isClustered of ['yes', 'no']) {
  describeBesideRedis(`DEBUG about the bus with cluster-enabled ${isClustered}`, () => {
    let pair: ServerPair
    beforeAll(async () => {
      pair = await ServerPair.start({ settings: { 'cluster-enabled': isClustered, 'enable-debug-command': 'yes' } })
    })
    afterAll(() => pair?.close())

    test.each(COMMANDS)('%s is answered as by redis-server', async (command) => {
      const { ours, real } = await pair.ask(command.split(' '))
      expect(ours).toEqual(real)
    })
  })
}

describe('DEBUG about the bus', () => {
  let nodes: Node[]
  let clients: WireClient[]
  beforeAll(async () => {
    nodes = [0, 1].map(
      () =>
        new Node({ settings: { port: 0, bind: '127.0.0.1', 'cluster-enabled': true, 'enable-debug-command': 'yes' } }),
    )
    const addresses = await Promise.all(nodes.map((node) => node.listen()))
    clients = await Promise.all(addresses.map(({ port }) => WireClient.connect(port)))
    await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(addresses[1]!.port))
    await until(async () => (await links()).length === 2)
  })
  afterAll(async () => {
    for (const client of clients) client.close()
    await Promise.all(nodes.map((node) => node.close()))
  })

  /** The direction and the time of each connection of node 0. */
  const links = async (): Promise<string[]> => {
    const text = showReply(await clients[0]!.call('CLUSTER', 'LINKS'))
    return [...text.matchAll(/"direction", \$"(\w+)".*?"create-time", :(\d+)/g)].map(([, way, at]) => `${way} ${at}`)
  }

  test.each(['to', 'FROM', 'all'])('CLUSTERLINK KILL %s closes connections, which are made again', async (which) => {
    const before = await links()
    const id = nodes[1]!.server.cluster!.table.myself.id
    // Times are told in milliseconds.
    await until(() => Date.now() > Math.max(...before.map((each) => Number(each.split(' ')[1]))))
    expect(showReply(await clients[0]!.call('DEBUG', 'CLUSTERLINK', 'KILL', which, id))).toBe('+OK')
    await until(async () => {
      const after = await links()
      const renewed = after.filter((each) => !before.includes(each)).map((each) => each.split(' ')[0])
      const wanted = which === 'all' ? ['from', 'to'] : [which.toLowerCase()]
      return after.length === 2 && wanted.every((way) => renewed.includes(way))
    })
  })

  test('DROP-CLUSTER-PACKET-FILTER passes over what others send of one type', async () => {
    const [publisher, switching] = clients as [WireClient, WireClient]
    const publishType = 4
    const published = () => nodes[1]!.server.cluster!.statistics.received[publishType] ?? 0
    const listener = await WireClient.connect(nodes[1]!.address.port)
    await listener.call('SUBSCRIBE', 'c')
    await switching.call('DEBUG', 'DROP-CLUSTER-PACKET-FILTER', String(publishType))
    await publisher.call('PUBLISH', 'c', 'dropped')
    await until(() => published() === 1)
    await switching.call('DEBUG', 'DROP-CLUSTER-PACKET-FILTER', '-1')
    await publisher.call('PUBLISH', 'c', 'delivered')
    expect((await listener.read(1)).map(showReply)).toEqual(['*[$"message", $"c", $"delivered"]'])
    listener.close()
  })
})
