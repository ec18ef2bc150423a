import { describe, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { startRedisCluster } from '../../../../tests/support/redis-cluster.js'
import type { ServerProgram } from '../../../../tests/support/redis-server.js'
import { until } from '../../../../tests/support/until.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(120_000)

const KEYS = 3000
/** For each key of a copy: all of them take several times as long as it takes to elect a replica. */
const KEY_LOAD_DELAY_US = 2500

const field = (info: string, name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1]

const fill = async (client: Redis): Promise<void> => {
  const pipeline = client.pipeline()
  for (let index = 0; index < KEYS; index++) pipeline.set(`{tag}:${index}`, 'x'.repeat(100))
  await pipeline.exec()
}

describeBesideRedis('a primary that dies while its replica loads a copy', () => {
  describe.each<ServerProgram>(['redis-server', 'activeredis-server'])('of %s', (program) => {
    test('is replaced when all is loaded, and no key is missing', async () => {
      const cluster = await startRedisCluster({
        programs: Array.from({ length: 6 }, () => program),
        nodeTimeoutMs: 1000,
        args: ['--loading-process-events-interval-bytes', '1024', '--enable-debug-command', 'yes'],
      })
      const clients = cluster.nodes.map((node) => node.client())
      try {
        const slot = await clients[0]!.cluster('KEYSLOT', '{tag}')
        const at = Math.floor(Number(slot) / (16_384 / 3))
        const [victim, primary, replica] = [cluster.nodes[at]!, clients[at]!, clients[at + 3]!]
        await fill(primary)
        await primary.wait(1, 10_000)
        await replica.config('SET', 'key-load-delay', KEY_LOAD_DELAY_US)
        // Nothing of before can be gone on from: all is copied.
        await primary.call('DEBUG', 'CHANGE-REPL-ID')
        await primary.call('CLIENT', 'KILL', 'TYPE', 'replica')
        await until(async () => field(await replica.info('persistence'), 'loading') === '1', 30_000)
        await victim.stop()
        await until(async () => (await replica.role().catch(() => []))[0] === 'master', 60_000)
        await until(async () => field(String(await replica.cluster('INFO')), 'cluster_state') === 'ok', 30_000)
        expect(await replica.dbsize()).toBe(KEYS)
      } finally {
        for (const client of clients) client.disconnect()
        await cluster.stop()
      }
    })
  })
})
