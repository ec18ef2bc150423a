import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { Node } from '../../src/index.js'
import { Crc64 } from '../../src/persistence/crc64.js'
import { DatasetSnapshot } from '../../src/persistence/dataset-snapshot.js'
import { RdbForm } from '../../src/persistence/rdb-form.js'
import { WireClient } from '../differential/wire-client.js'
import { describeBesideRedis } from '../support/server-pair.js'

/** Whole programs are started on the way. */
const PATIENCE_MS = 60_000
const PROGRAM = fileURLToPath(new URL('../../bin/activeredis-server.mjs', import.meta.url))
const FORMAT = { compresses: false, checksums: true, usage: null, listNodeLimit: -2 } as const

/** One file with keys of several types, a deadline and a library; the key that came last stands first. */
const writeFile = async (): Promise<Buffer> => {
  const node = new Node({ settings: { port: 0 } })
  const client = await WireClient.connect((await node.listen()).port)
  await client.send([
    ['HSET', 'hash', 'field', 'one', 'other', 'two'],
    ['ZADD', 'zset', '1', 'a', '2', 'b'],
    ['SET', 'later', 'x', 'PXAT', '4102444800000'],
    ['SET', 'text', 'y'],
  ])
  const functions = ['#!lua name=lib\nredis.register_function("f", function() end)']
  const header = { auxiliary: [['redis-ver', '7.0.15']] as const, functions }
  const snapshot = new DatasetSnapshot(node.server.databases, new RdbForm(FORMAT, header))
  const pieces: Buffer[] = []
  for (let piece = snapshot.next(1024); piece !== null; piece = snapshot.next(1024)) pieces.push(piece)
  snapshot.close()
  client.close()
  await node.close()
  return Buffer.concat(pieces)
}

/** What a program prints until it ends by itself. */
const outputOf = async (program: string, words: readonly string[]): Promise<string> => {
  const port = String(await freePort())
  return new Promise((resolve) => {
    execFile(
      program,
      [...words, '--port', port, '--save', ''],
      { timeout: 20_000, encoding: 'latin1' },
      (_error, stdout) => resolve(stdout),
    )
  })
}

/** The report in it, without the place in the source of redis-server that found the damage. */
const reportIn = (output: string): string[] => {
  const lines = output.split('\n').map((line) => line.replace(/^\d+:\w \d+ \w+ \d+ [\d:.]+ \W /, ''))
  const start = lines.findIndex((line) => line.includes('RDB ERROR DETECTED'))
  const end = lines.findIndex((line) => line.includes('already expired'))
  // Before the first key redis-server names type 0.
  const isFirst = !lines.some((line) => line.includes('Reading key'))
  const report = lines.slice(start, end + 1).filter((line) => !(isFirst && line.includes('Reading type 0')))
  return report.map((line) => line.replace(/Internal error in RDB reading .* -> /, ''))
}

describeBesideRedis('a file that is damaged', () => {
  let directory: string
  let whole: Buffer

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'damage-'))
    whole = await writeFile()
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const withSum = (body: Buffer): Buffer => {
    const crc = new Crc64()
    crc.update(body)
    return Buffer.concat([body, crc.digest()])
  }

  /** The file with one text in the place of another, and a checksum that fits. */
  const changed = (found: string, other: string): Buffer => {
    const text = whole.toString('latin1', 0, whole.length - 8)
    expect(text.split(found)).toHaveLength(2)
    return withSum(Buffer.from(text.replace(found, other), 'latin1'))
  }

  test.each([
    ['in a hash', () => changed('\x85field', '\x86field')],
    ['in a sorted set', () => changed('\x81a', '\x81b')],
    ['in the name of a key', () => changed('\x04text', '\xc7text')],
    ['in a type', () => changed('\x00\x04text', '\x08\x04text')],
    ['in a deadline that the file ends in', () => whole.subarray(0, whole.indexOf('\x00\x05later', 'latin1') - 3)],
    ['in an auxiliary field', () => whole.subarray(0, 15)],
    ['in the checksum', () => Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8, 'x')])],
  ])(
    '%s is reported as by redis-server, with the place, the key and what was read before',
    async (_name, make) => {
      const dir = mkdtempSync(join(directory, 'dir-'))
      writeFileSync(join(dir, 'dump.rdb'), make())
      const words = ['--bind', '127.0.0.1', '--dir', dir, '--sanitize-dump-payload', 'yes']
      const [ours, real] = await Promise.all([
        outputOf(process.execPath, [PROGRAM, ...words]),
        outputOf('redis-server', words),
      ])
      expect(reportIn(real).length).toBeGreaterThan(3)
      expect(reportIn(ours)).toEqual(reportIn(real))
      expect(ours).toContain('Terminating server after rdb file reading failure.')
    },
    PATIENCE_MS,
  )
})
