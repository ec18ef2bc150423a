import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import type { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

describeBesideRedis('total_forks', () => {
  let pair: ServerPair
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'snapshot-count-'))
    pair = await ServerPair.start({ node: { settings: { dir: directory }, loadsFile: false } })
  })
  afterAll(async () => {
    await pair?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const info = async (client: WireClient): Promise<string> => showReply(await client.call('INFO', 'everything'))

  const BUSY = /(rdb_bgsave_in_progress|aof_rewrite_in_progress|aof_rewrite_scheduled):1/

  const count = async (client: WireClient, commands: readonly (readonly string[])[]): Promise<number> => {
    await client.send(commands)
    await until(async () => !BUSY.test(await info(client)))
    return Number(/total_forks:(\d+)/.exec(await info(client))?.[1])
  }

  test('counts what is written in the background, and is forgotten by CONFIG RESETSTAT', async () => {
    const steps: readonly (readonly (readonly string[])[])[] = [
      [['SET', 'k', 'v']],
      [['SAVE']],
      [['BGSAVE']],
      [['BGREWRITEAOF']],
      [['MULTI'], ['SET', 'k', 'w'], ['BGREWRITEAOF'], ['EXEC']],
      [['MULTI'], ['CONFIG', 'SET', 'appendonly', 'yes'], ['EXEC']],
      [['CONFIG', 'SET', 'appendonly', 'no']],
      [['CONFIG', 'RESETSTAT']],
      [['BGSAVE']],
    ]
    for (const step of steps) {
      const [ours, real] = [await count(pair.ours, step), await count(pair.real, step)]
      expect([step, ours]).toEqual([step, real])
    }
    expect(await info(pair.ours)).toMatch(/latest_fork_usec:[1-9]/)
  })
})
