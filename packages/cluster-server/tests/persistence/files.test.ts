import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startRedisServer } from '../../../../tests/support/redis-server.js'
import { Node } from '../../src/index.js'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'
import { randomDataset } from './random-dataset.js'

/** Whole servers are started on the way. */
const PATIENCE_MS = 300_000
const DATASETS = process.env.FULL === '1' ? 40 : 2
const KEYS = 40
const settings = { 'enable-debug-command': 'yes' }

const digestOf = async (client: WireClient): Promise<string> => showReply(await client.call('DEBUG', 'DIGEST'))

const withNode = async <T>(directory: string, work: (client: WireClient) => Promise<T>): Promise<T> => {
  const node = new Node({ settings: { ...settings, port: 0, dir: directory } })
  const client = await WireClient.connect((await node.listen()).port)
  try {
    return await work(client)
  } finally {
    client.close()
    await node.close()
  }
}

const withRedis = async <T>(directory: string, work: (client: WireClient) => Promise<T>): Promise<T> => {
  const redis = await startRedisServer({ directory, args: ['--enable-debug-command', 'yes'] })
  const client = await WireClient.connect(redis.port)
  try {
    return await work(client)
  } finally {
    client.close()
    await redis.stop()
  }
}

describeBesideRedis('files and payloads', () => {
  let directory: string
  let pair: ServerPair

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rdb-'))
    pair = await ServerPair.start({ settings, node: { settings: { dir: directory } } })
  })

  afterAll(async () => {
    await pair?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const fill = async (seed: number): Promise<void> => {
    const commands = [['FLUSHALL'], ...randomDataset(new Random(seed), KEYS)]
    await pair.ours.send(commands)
    await pair.real.send(commands)
  }

  test(
    'hold what redis-server holds: ours, loaded and saved by it, and loaded again, have one digest',
    async () => {
      for (let seed = 1; seed <= DATASETS; seed++) {
        await fill(seed)
        const digest = await digestOf(pair.ours)
        expect([seed, digest]).toEqual([seed, await digestOf(pair.real)])
        expect(
          showReply(await pair.ours.call(seed % 2 === 0 ? 'SAVE' : 'DEBUG', ...(seed % 2 === 0 ? [] : ['RELOAD']))),
        ).toContain('OK')
        const file = join(directory, 'dump.rdb')
        expect(execFileSync('redis-check-rdb', [file], { encoding: 'utf8' })).toContain('RDB looks OK')
        const other = mkdtempSync(join(directory, 'real-'))
        copyFileSync(file, join(other, 'dump.rdb'))
        const reals = await withRedis(other, async (client) => {
          const loaded = await digestOf(client)
          await client.call('SAVE')
          return loaded
        })
        expect([seed, reals]).toEqual([seed, digest])
        expect([seed, await withNode(other, digestOf)]).toEqual([seed, digest])
      }
    },
    PATIENCE_MS,
  )

  test(
    'DUMP answers the same bytes where there is one order, and each restores what the other dumped',
    async () => {
      for (let seed = 101; seed <= 100 + DATASETS; seed++) {
        await fill(seed)
        const keys = await pair.real.call('KEYS', '*')
        const names = keys.kind === 'aggregate' ? keys.items.map((item) => (item.kind === 'bulk' ? item.text : '')) : []
        expect(names.length).toBeGreaterThan(5)
        for (const name of names) {
          const [ours, real, encoding] = [
            await pair.ours.call('DUMP', name),
            await pair.real.call('DUMP', name),
            showReply(await pair.real.call('OBJECT', 'ENCODING', name)),
          ]
          if (ours.kind !== 'bulk' || real.kind !== 'bulk') throw new Error(`${seed} ${name}: no payload`)
          if (!/hashtable|skiplist|stream/.test(encoding))
            expect([seed, name, encoding, ours.text]).toEqual([seed, name, encoding, real.text])
          const restored = await pair.ask(['DEL', 'copy'])
          expect(restored.ours).toEqual(restored.real)
          await pair.ours.call('RESTORE', 'copy', '0', real.text)
          await pair.real.call('RESTORE', 'copy', '0', ours.text)
          const { ours: mine, real: its } = await pair.ask(
            ['OBJECT', 'ENCODING', 'copy'],
            ['DEBUG', 'DIGEST-VALUE', 'copy'],
          )
          expect([seed, name, mine]).toEqual([seed, name, its])
        }
      }
    },
    PATIENCE_MS,
  )
})
