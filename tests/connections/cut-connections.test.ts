import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { openConnection } from '../../src/connections/open-connection.js'
import { ConnectionError } from '../../src/errors/connection-errors.js'
import { describeTargets } from '../support/targets.js'
import { TcpProxy } from '../support/tcp-proxy.js'

describeTargets(['redis-cluster', 'embedded-cluster'], (target) => {
  test('while sockets break at random, every write is executed at most once, and every acknowledged one exactly once', async () => {
    const proxies = await Promise.all(target.addresses.map((address) => TcpProxy.open(address)))
    const reachable = proxies.map(({ port }) => ({ host: '127.0.0.1', port }))
    const connection = await openConnection('cut', {
      kind: 'cluster',
      nodes: reachable,
      natMap: Object.fromEntries(
        target.addresses.map(({ host, port }, index) => [`${host}:${port}`, reachable[index]!]),
      ),
      keyPrefix: target.keyPrefix,
    })
    try {
      const counters = Array.from({ length: 24 }, (_, index) => `counter:${index}`)
      const acknowledged = new Map(counters.map((counter) => [counter, 0]))
      const unknown = new Map(acknowledged)
      let cuts = 0
      let isWriting = true
      const cutter = (async () => {
        while (isWriting) {
          proxies[Math.floor(Math.random() * proxies.length)]!.cut()
          cuts += 1
          await delay(Math.random() * 6)
        }
      })()
      const writers = Array.from({ length: 6 }, async () => {
        for (let round = 0; round < (process.env.FULL === '1' ? 1500 : 60); round += 1) {
          const outcomes = await connection.execute(
            counters.map((counter) => ({ type: 'command', name: 'INCR', keys: [counter], args: [] })),
          )
          for (const [index, outcome] of outcomes.entries()) {
            const counter = counters[index]!
            if (outcome.ok) acknowledged.set(counter, acknowledged.get(counter)! + 1)
            else if (!(outcome.error instanceof ConnectionError)) throw outcome.error
            else if (outcome.error.wasSent) unknown.set(counter, unknown.get(counter)! + 1)
          }
        }
      })
      await Promise.all(writers)
      isWriting = false
      await cutter
      const values = await connection.execute(
        counters.map((counter) => ({ type: 'command', name: 'GET', keys: [counter], args: [] })),
      )
      for (const [index, counter] of counters.entries()) {
        const outcome = values[index]!
        const value = outcome.ok ? Number(outcome.value) : Number.NaN
        expect(value).toBeGreaterThanOrEqual(acknowledged.get(counter)!)
        expect(value).toBeLessThanOrEqual(acknowledged.get(counter)! + unknown.get(counter)!)
      }
      const sum = (counts: Map<string, number>): number =>
        [...counts.values()].reduce((total, count) => total + count, 0)
      expect(sum(acknowledged)).toBeGreaterThan(0)
      expect(sum(unknown)).toBeGreaterThan(0)
      expect(cuts).toBeGreaterThan(10)
      expect(await connection.primaries()).toHaveLength(3)
    } finally {
      await connection.close()
      await Promise.all(proxies.map((proxy) => proxy.close()))
    }
  })
})
