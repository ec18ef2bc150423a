import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, jest, test } from '@jest/globals'
import { startRedisServer } from '../../../../tests/support/redis-server.js'
import { until } from '../../../../tests/support/until.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

/** More than sockets, and the node for one of them, keep for somebody who does not read. */
const VALUES = 40
const VALUE_BYTES = 1_000_000

describeBesideRedis('a replica that goes away in the middle of its copy', () => {
  test.each([
    ['in a file', 'no'],
    ['as it is made', 'yes'],
  ])('while its primary waits for it to read (%s) leaves the primary as it was', async (_title, diskless) => {
    // In a process of its own: what such a replica breaks may be its whole event loop.
    const primary = await startRedisServer({
      program: 'activeredis-server',
      args: ['--repl-diskless-sync', diskless, '--rdbcompression', 'no', '--enable-debug-command', 'yes'],
    })
    const client = primary.client({ commandTimeout: 10_000 })
    try {
      for (let index = 0; index < VALUES; index++) await client.set(`k${index}`, 'x'.repeat(VALUE_BYTES))
      for (let round = 0; round < 3; round++) {
        const replica = connect(primary.port, '127.0.0.1')
        replica.on('error', () => {})
        replica.write('REPLCONF capa eof capa psync2\r\n')
        let received = ''
        replica.on('data', (chunk) => {
          received += chunk.toString('latin1')
          if (received === '+OK\r\n') replica.write('PSYNC ? -1\r\n')
          // Its first bytes are there, then it reads no more.
          if (received.includes('REDIS')) replica.pause()
        })
        await until(() => replica.isPaused(), 20_000)
        expect(received).toContain('+FULLRESYNC ')
        await delay(200)
        replica.destroy()
        await until(async () => String(await client.info('replication')).includes('connected_slaves:0'), 20_000)
      }
      // What is answered in another turn of the event loop than it was asked in.
      const others = Array.from({ length: 5 }, () => primary.client({ commandTimeout: 10_000 }))
      expect(await Promise.all(others.map((other) => other.ping()))).toEqual(Array(5).fill('PONG'))
      expect(await client.wait(1, 50)).toBe(0)
      expect(await client.dbsize()).toBe(VALUES)
      for (const other of others) other.disconnect()
    } finally {
      client.disconnect()
      await primary.stop()
    }
  })
})
