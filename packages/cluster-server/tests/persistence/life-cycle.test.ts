import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

jest.setTimeout(120_000)

const PROGRAM = fileURLToPath(new URL('../../bin/activeredis-server.mjs', import.meta.url))

let directory: string
const servers: Server[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'life-'))
})

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop('SIGKILL')))
  rmSync(directory, { recursive: true, force: true })
})

/** A program that serves the files of the directory. */
class Server {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  output = ''

  constructor(
    readonly port: number,
    more: readonly string[],
  ) {
    const words = [
      PROGRAM,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--enable-debug-command',
      'yes',
      ...more,
    ]
    this.child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    servers.push(this)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += String(chunk)
      })
    }
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  static async start(...more: readonly string[]): Promise<Server> {
    const server = new Server(await freePort(), more)
    await until(() => server.output.includes('Ready to accept connections') || server.child.exitCode !== null, 60_000)
    return server
  }

  async ask(...commands: readonly (readonly string[])[]): Promise<string[]> {
    const client = await WireClient.connect(this.port)
    try {
      return (await client.send(commands)).map(showReply)
    } finally {
      client.close()
    }
  }

  stop(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal)
    return this.ended
  }
}

const file = () => join(directory, 'dump.rdb')
const EXPIRES = String(Date.now() + 3_600_000)
const FILL = [
  ['SET', 'text', 'a\0b'],
  ['HSET', 'hash', 'f', 'v'],
  ['XADD', 'stream', '5-1', 'f', 'v'],
  ['PEXPIREAT', 'text', EXPIRES],
  ['SELECT', '3'],
  ['RPUSH', 'list', '1', '2'],
]

describe('the file of activeredis-server', () => {
  test('is written at the end where save points are set, and read at the start', async () => {
    const first = await Server.start('--save', '3600 1')
    await first.ask(...FILL)
    const [digest] = await first.ask(['DEBUG', 'DIGEST'])
    expect(existsSync(file())).toBe(false)
    expect(await first.stop('SIGTERM')).toBe(0)
    const second = await Server.start('--save', '')
    expect(await second.ask(['DEBUG', 'DIGEST'], ['PEXPIRETIME', 'text'])).toEqual([digest, `:${EXPIRES}`])
    await second.ask(['FLUSHALL'])
    expect(await second.stop('SIGTERM')).toBe(0)
    // Without save points the last word is what SAVE wrote.
    const third = await Server.start()
    expect(await third.ask(['DEBUG', 'DIGEST'])).toEqual([digest])
  })

  test('is the one before when the server is killed while it writes another', async () => {
    const server = await Server.start('--save', '')
    await server.ask(...FILL, ['SAVE'])
    const [digest] = await server.ask(['DEBUG', 'DIGEST'])
    const before = readFileSync(file())
    await server.ask(['DEBUG', 'POPULATE', '200000', 'key', '100'])
    const [started, info] = await server.ask(['BGSAVE'], ['INFO', 'persistence'])
    expect(started).toContain('Background saving started')
    expect(info).toContain('rdb_bgsave_in_progress:1')
    await server.stop('SIGKILL')
    expect(readFileSync(file()).equals(before)).toBe(true)
    const again = await Server.start('--save', '')
    expect(await again.ask(['DEBUG', 'DIGEST'])).toEqual([digest])
  })

  test('ends the server with status 1, and stays as it is, when it is damaged', async () => {
    const server = await Server.start('--save', '3600 1')
    await server.ask(...FILL)
    await server.stop('SIGTERM')
    const bytes = readFileSync(file())
    bytes[Math.floor(bytes.length / 2)]! ^= 0x40
    writeFileSync(file(), bytes)
    copyFileSync(file(), join(directory, 'copy'))
    const broken = await Server.start('--save', '3600 1')
    expect(await broken.ended).toBe(1)
    expect(readFileSync(file()).equals(readFileSync(join(directory, 'copy')))).toBe(true)
  })

  test('is written when enough keys have changed', async () => {
    const server = await Server.start('--save', '1 2')
    await server.ask(...FILL)
    await until(() => existsSync(file()), 30_000)
    await until(
      async () => /rdb_changes_since_last_save:0/.test((await server.ask(['INFO', 'persistence']))[0]!),
      30_000,
    )
    expect((await server.ask(['INFO', 'persistence']))[0]).toContain('rdb_last_bgsave_status:ok')
  })
})
