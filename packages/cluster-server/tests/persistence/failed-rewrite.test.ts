import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import type { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const PATIENCE_MS = 60_000
const LOG = 'appendonlydir'
const SETTINGS = { 'enable-debug-command': 'yes', save: '3600 1' }

/** The parts of a pair, one after the other. */
interface Side {
  readonly client: WireClient
  readonly directory: string
}

describeBesideRedis('a file that cannot be put in its place', () => {
  let directory: string
  let pair: ServerPair

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'failed-'))
    pair = await ServerPair.start({ settings: SETTINGS, node: { settings: { dir: directory } } })
  })

  afterEach(async () => {
    await pair.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const info = async ({ client }: Side, name: string): Promise<string> => {
    const text = showReply(await client.call('INFO', 'persistence'))
    return new RegExp(`${name}:([^\\\\\\r]*)`).exec(text)?.[1] ?? ''
  }

  const temporaryFiles = ({ directory: parent }: Side): string[] =>
    readdirSync(parent).filter((name) => /^temp-.*\.(?:aof|rdb)$/.test(name))

  const manifest = ({ directory: parent }: Side): string =>
    readdirSync(parent).includes(LOG) && readdirSync(join(parent, LOG)).includes('appendonly.aof.manifest')
      ? readFileSync(join(parent, LOG, 'appendonly.aof.manifest'), 'latin1')
      : 'none'

  const failures = (side: Side): Promise<string> => info(side, 'aof_rewrites_consecutive_failures')

  /** Sees to it that what `begin` begins fails: its file is gone when it is done. */
  const fail = async (side: Side, begin: readonly string[], isOver: () => Promise<boolean>): Promise<void> => {
    await side.client.call('CONFIG', 'SET', 'rdb-key-save-delay', '500000')
    await side.client.call(...begin)
    await until(() => temporaryFiles(side).length > 0)
    for (const name of temporaryFiles(side)) rmSync(join(side.directory, name))
    await side.client.call('CONFIG', 'SET', 'rdb-key-save-delay', '0')
    await until(isOver)
  }

  const failRewrite = async (side: Side, ...begin: readonly string[]): Promise<void> => {
    const before = await failures(side)
    await fail(side, begin, async () => (await failures(side)) !== before)
  }

  /** Does the same on both, one after the other. @returns what each was found to be */
  const onBoth = async (steps: (side: Side) => Promise<readonly string[]>): Promise<void> => {
    const ours = await steps({ client: pair.ours, directory })
    const real = await steps({ client: pair.real, directory: pair.redis.directory })
    expect(ours).toEqual(real)
  }

  const rewrite = async (side: Side): Promise<void> => {
    await side.client.call('BGREWRITEAOF')
    await until(async () => (await info(side, 'aof_rewrite_in_progress')) === '0')
  }

  test(
    'leaves another increment of the log for each rewrite, and the next one that succeeds has them all',
    async () => {
      await onBoth(async (side) => {
        const found: string[] = []
        await side.client.send([
          ['CONFIG', 'SET', 'save', ''],
          ['RPUSH', 'l', '0'],
          ['CONFIG', 'SET', 'appendonly', 'yes'],
        ])
        await until(async () => (await info(side, 'aof_rewrite_in_progress')) === '0')
        for (let i = 1; i <= 3; i++) {
          await failRewrite(side, 'BGREWRITEAOF')
          await side.client.call('RPUSH', 'l', String(i))
          found.push(manifest(side), await info(side, 'aof_last_bgrewrite_status'))
          found.push(await failures(side))
        }
        await side.client.call('DEBUG', 'LOADAOF')
        found.push(showReply(await side.client.call('LRANGE', 'l', '0', '-1')))
        await rewrite(side)
        await side.client.call('DEBUG', 'LOADAOF')
        found.push(manifest(side), showReply(await side.client.call('LRANGE', 'l', '0', '-1')))
        return found
      })
      expect(manifest({ client: pair.ours, directory })).toMatch(
        /^file \S+\.2\.base\.rdb .*\nfile \S+\.5\.incr\.aof .*\n$/,
      )
    },
    PATIENCE_MS,
  )

  test(
    'leaves no log when it was the first base, and the next one is begun by itself',
    async () => {
      await onBoth(async (side) => {
        await side.client.send([
          ['CONFIG', 'SET', 'save', ''],
          ['SET', 'k', 'v'],
        ])
        await failRewrite(side, 'CONFIG', 'SET', 'appendonly', 'yes')
        await side.client.call('SET', 'other', 'w')
        await until(() => manifest(side) !== 'none')
        await until(async () => (await info(side, 'aof_rewrite_in_progress')) === '0')
        await side.client.call('DEBUG', 'LOADAOF')
        return [manifest(side), showReply(await side.client.call('MGET', 'k', 'other'))]
      })
    },
    PATIENCE_MS,
  )

  test(
    'keeps writes out after a save, until one succeeds',
    async () => {
      await onBoth(async (side) => {
        const { client } = side
        await client.call('SET', 'k', 'v')
        await fail(side, ['BGSAVE'], async () => (await info(side, 'rdb_bgsave_in_progress')) === '0')
        const found = await client.send([
          ['GET', 'k'],
          ['SET', 'k', 'w'],
          ['EVAL', "return redis.call('SET', KEYS[1], 'w')", '1', 'k'],
          ['EVAL', "return redis.call('GET', KEYS[1])", '1', 'k'],
          ['EVAL', "#!lua\nreturn redis.call('SET', KEYS[1], 'w')", '1', 'k'],
          ['EVAL', "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", '1', 'k'],
          ['BGSAVE'],
        ])
        await until(async () => (await info(side, 'rdb_bgsave_in_progress')) === '0')
        return [...found, await client.call('SET', 'k', 'w')].map(showReply)
      })
    },
    PATIENCE_MS,
  )
})
