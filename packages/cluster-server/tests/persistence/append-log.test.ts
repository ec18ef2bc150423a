import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/index.js'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Whole servers are started on the way. */
const PATIENCE_MS = 300_000
const TRUNCATIONS = process.env.FULL === '1' ? 100 : 8

const FILES_LEFT = 'appendonly.aof.3.base.rdb,appendonly.aof.3.incr.aof,appendonly.aof.manifest'

const withNode = async <T>(
  directory: string,
  work: (client: WireClient) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> => {
  const all = { 'enable-debug-command': 'yes', appendonly: 'yes', ...settings, port: 0, dir: directory }
  const node = new Node({ settings: all, log: () => {} })
  const client = await WireClient.connect((await node.listen()).port)
  try {
    return await work(client)
  } finally {
    client.close()
    await node.close()
  }
}

describe('the append-only file', () => {
  let directory: string

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-'))
  })

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  test(
    'that ends at any byte is loaded up to the last whole command or transaction',
    async () => {
      const dir = mkdtempSync(join(directory, 'tail-'))
      const random = new Random(3)
      // What the counter says after each unit, and where the unit ends in the file.
      const ends: number[] = []
      const name = (): string =>
        join(dir, 'appendonlydir', readdirSync(join(dir, 'appendonlydir')).find((each) => /incr/.test(each)) ?? '')
      await withNode(
        dir,
        async (client) => {
          for (let i = 0; i < 20; i++) {
            if (i % 3 === 0) await client.send([['MULTI'], ['INCR', 'n'], ['SET', 'copy', String(i + 1)], ['EXEC']])
            else await client.send([['INCR', 'n']])
            ends.push(statSync(name()).size)
          }
        },
        { appendfsync: 'always' },
      )
      for (let round = 0; round < TRUNCATIONS; round++) {
        const size = 24 + random.below(statSync(name()).size - 24)
        truncateSync(name(), size)
        const whole = ends.filter((end) => end <= size).length
        await withNode(dir, async (client) => {
          expect([size, showReply(await client.call('GET', 'n'))]).toEqual([
            size,
            whole === 0 ? '$null' : `$"${whole}"`,
          ])
        })
        if (statSync(name()).size <= 24) break
      }
    },
    PATIENCE_MS,
  )

  test(
    'has everything that was answered when the server is killed, with appendfsync always',
    async () => {
      const dir = mkdtempSync(join(directory, 'killed-'))
      const program = fileURLToPath(new URL('../../bin/activeredis-server.mjs', import.meta.url))
      const settings = [
        '--port',
        '0',
        '--bind',
        '127.0.0.1',
        '--dir',
        dir,
        '--save',
        '',
        '--appendonly',
        'yes',
        '--appendfsync',
        'always',
      ]
      const child = spawn(process.execPath, [program, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] })
      const port = await new Promise<number>((resolve) => {
        let log = ''
        child.stdout.on('data', (chunk: Buffer) => {
          log += chunk.toString()
          const found = log.includes('Ready to accept') ? /port=(\d+)\./.exec(log) : null
          if (found !== null) resolve(Number(found[1]))
        })
      })
      const client = await WireClient.connect(port)
      let answered = ''
      for (let i = 0; i < 200; i++) {
        if (i === 100) await client.call('BGREWRITEAOF')
        answered = showReply(await client.call('APPEND', 'k', 'x'))
      }
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
      client.close()
      expect(answered).toBe(':200')
      await withNode(dir, async (after) => {
        expect(showReply(await after.call('STRLEN', 'k'))).toBe(answered)
      })
      expect(readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.manifest'), 'latin1')).toMatch(/ type b\n/)
    },
    PATIENCE_MS,
  )
})

describeBesideRedis('files of the log that are no longer needed', () => {
  test('stay with aof-disable-auto-gc, and go as soon as it is turned off', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'log-'))
    const pair = await ServerPair.start({ settings: { appendonly: 'yes' }, node: { settings: { dir: directory } } })
    const both = <T>(read: (directory: string) => T): readonly T[] => [directory, pair.redis.directory].map(read)
    const manifests = (): readonly string[] =>
      both((parent) => readFileSync(join(parent, 'appendonlydir', 'appendonly.aof.manifest'), 'latin1'))
    const files = (): readonly string[] => both((parent) => readdirSync(join(parent, 'appendonlydir')).sort().join())
    try {
      await pair.ask(['CONFIG', 'SET', 'aof-disable-auto-gc', 'yes'])
      for (const client of [pair.ours, pair.real]) {
        for (let round = 0; round < 2; round++) {
          await client.call('BGREWRITEAOF')
          await until(async () =>
            showReply(await client.call('INFO', 'persistence')).includes('aof_rewrite_in_progress:0'),
          )
        }
      }
      const [ours, real] = manifests()
      expect(ours).toBe(real)
      expect(real?.match(/ type h$/gm)).toHaveLength(4)
      const { ours: reply } = await pair.ask(['CONFIG', 'SET', 'aof-disable-auto-gc', 'no'])
      expect(reply).toEqual(['+OK'])
      expect(manifests()[0]).toBe(manifests()[1])
      expect(manifests()[0]).not.toContain('type h')
      await until(() => new Set([...files(), FILES_LEFT]).size === 1)
    } finally {
      await pair.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

describeBesideRedis('a shutdown while the first base is written', () => {
  test('is refused, and the log says why', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'log-'))
    const logged: string[] = []
    const pair = await ServerPair.start({
      node: { settings: { dir: directory }, log: (_level, message) => logged.push(message) },
    })
    try {
      const { ours, real } = await pair.ask(
        ['SET', 'k', 'v'],
        ['CONFIG', 'SET', 'rdb-key-save-delay', '30000000'],
        ['CONFIG', 'SET', 'appendonly', 'yes'],
        ['SHUTDOWN'],
        ['GET', 'k'],
      )
      expect(ours).toEqual(real)
      expect(real[3]).toContain('Errors trying to SHUTDOWN')
      expect(logged.slice(-2)).toEqual([
        "Writing initial AOF, can't exit.",
        'Errors trying to shut down the server. Check the logs for more information.',
      ])
    } finally {
      // Only then can redis-server end.
      await pair.ask(['CONFIG', 'SET', 'appendonly', 'no'])
      await pair.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
