import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import type { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const KEYS = 40
const BYTES = 5000

describeBesideRedis('a save in the background', () => {
  let pair: ServerPair
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'background-'))
    pair = await ServerPair.start({ node: { settings: { dir: directory } } })
  })
  afterAll(async () => {
    await pair?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const field = async (client: WireClient, name: string): Promise<number> => {
    const text = showReply(await client.call('INFO', 'persistence'))
    return Number(new RegExp(`${name}:(-?\\d+)`).exec(text)?.[1])
  }

  test('tells how many keys it has, and how much was copied of keys that changed', async () => {
    const change = async (client: WireClient, text: string): Promise<void> => {
      const value = text.repeat(BYTES)
      await client.send(Array.from({ length: KEYS }, (_, i) => ['SETRANGE', `k${i}`, '0', value]))
    }
    for (const client of [pair.ours, pair.real]) {
      await change(client, 'a')
      await client.send([['CONFIG', 'SET', 'rdb-key-save-delay', '100000'], ['BGSAVE']])
      await change(client, 'b')
      // Redis asks its child once a second.
      await until(async () => (await field(client, 'current_cow_size')) > (KEYS * BYTES) / 2, 10_000)
      expect(await field(client, 'current_save_keys_total')).toBe(KEYS)
      await until(async () => (await field(client, 'rdb_bgsave_in_progress')) === 0, 20_000)
      expect(await field(client, 'rdb_last_cow_size')).toBeGreaterThan((KEYS * BYTES) / 2)
      expect(await field(client, 'current_cow_size')).toBe(0)
    }
  }, 60_000)

  test('does not wait any longer when rdb-key-save-delay is taken back', async () => {
    const { ours } = pair
    await ours.send([['CONFIG', 'SET', 'rdb-key-save-delay', '100000000'], ['BGSAVE']])
    await until(async () => (await field(ours, 'current_save_keys_processed')) === 1)
    await ours.call('CONFIG', 'SET', 'rdb-key-save-delay', '0')
    await until(async () => (await field(ours, 'rdb_bgsave_in_progress')) === 0)
    expect(showReply(await ours.call('INFO', 'persistence'))).toContain('rdb_last_bgsave_status:ok')
  })
})
