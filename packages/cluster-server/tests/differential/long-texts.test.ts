import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'
import { Random } from './random.js'

jest.setTimeout(60_000)

const KEYS = ['a', 'b', 'c']
const ROUNDS = process.env.FULL === '1' ? 100 : 20
const BATCH = 50

/** Commands that read and change strings of some thousand bytes, in part and as a whole. */
const makeCommand = (random: Random): string[] => {
  const key = random.pick(KEYS)
  const place = (): string => String(random.below(random.chance(0.1) ? 30_000 : 6000))
  const index = (): string => String(random.below(12_000) - 6000)
  const bit = (): string => String(random.below(60_000))
  const part = (): string => 'abcdefgh'.slice(random.below(8)).repeat(1 + random.below(random.chance(0.1) ? 900 : 3))
  const field = (): string => `${random.chance(0.5) ? 'u' : 'i'}${1 + random.below(63)}`
  switch (random.below(24)) {
    case 0:
      return ['SET', key, part().repeat(1 + random.below(900))]
    case 1:
    case 2:
    case 3:
      return ['SETRANGE', key, place(), part()]
    case 4:
    case 5:
    case 6:
      return ['SETBIT', key, bit(), String(random.below(2))]
    case 7:
    case 8:
      return ['APPEND', key, part()]
    case 9:
      return ['BITFIELD', key, 'OVERFLOW', 'FAIL', 'INCRBY', field(), bit(), '77', 'GET', field(), bit()]
    case 10:
      return ['BITFIELD', key, 'SET', field(), bit(), '5', 'OVERFLOW', 'SAT', 'INCRBY', field(), bit(), '-9']
    case 11:
      return ['BITFIELD_RO', key, 'GET', field(), bit(), 'GET', 'u8', '#3']
    case 12:
      return ['GETRANGE', key, index(), index()]
    case 13:
      return ['GETBIT', key, bit()]
    case 14:
      return ['BITCOUNT', key, index(), index(), random.chance(0.5) ? 'BIT' : 'BYTE']
    case 15:
      return ['BITPOS', key, String(random.below(2)), index(), index()]
    case 16:
      return random.pick([
        ['BITCOUNT', key],
        ['BITPOS', key, '0'],
        ['BITPOS', key, '1'],
        ['STRLEN', key],
      ])
    case 17:
      return ['BITOP', random.pick(['AND', 'OR', 'XOR']), key, ...KEYS]
    case 18:
      return ['GET', key]
    case 19:
      return ['MGET', ...KEYS]
    case 20:
      return random.pick([
        ['COPY', key, random.pick(KEYS), 'REPLACE'],
        ['RENAME', key, random.pick(KEYS)],
        ['GETSET', key, 'short'],
        ['GETDEL', key],
      ])
    case 21:
      return random.pick([
        ['TYPE', key],
        ['OBJECT', 'ENCODING', key],
        ['LPUSH', key, 'x'],
        ['INCR', key],
        ['HGETALL', key],
        ['SORT', key],
      ])
    case 22:
      return ['SORT', 'list', 'BY', 'nosort', 'GET', '*', 'LIMIT', '0', String(1 + random.below(3))]
    default:
      return ['DEBUG', 'DIGEST-VALUE', ...KEYS]
  }
}

describeBesideRedis('long strings', () => {
  let pair: ServerPair
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'long-texts-'))
    const node = { settings: { dir: directory }, loadsFile: false }
    pair = await ServerPair.start({ settings: { 'enable-debug-command': 'yes' }, node })
    await pair.ask(['RPUSH', 'list', ...KEYS])
  })
  afterAll(async () => {
    await pair?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('are read and changed in part as by redis-server', async () => {
    const random = new Random(Number(process.env.SEED ?? 11))
    for (let round = 0; round < ROUNDS; round++) {
      const batch = Array.from({ length: BATCH }, () => makeCommand(random))
      const { ours, real } = await pair.ask(...batch, ['DEBUG', 'DIGEST'])
      const differing = ours.findIndex((answer, index) => answer !== real[index])
      const asked = batch[differing] ?? ['DEBUG', 'DIGEST']
      if (differing !== -1) {
        const short = (text?: string): string | undefined => text?.slice(0, 200)
        expect([asked.map(short), short(ours[differing])]).toEqual([asked.map(short), short(real[differing])])
      }
      expect(differing).toBe(-1)
    }
  })

  test('survive a file and DUMP after they were changed', async () => {
    const { ours, real } = await pair.ask(
      ['SET', 'a', 'x'.repeat(9000)],
      ['SETRANGE', 'a', '5000', 'changed'],
      ['DEBUG', 'RELOAD'],
      ['SETBIT', 'a', '40001', '1'],
      ['DEBUG', 'DIGEST-VALUE', 'a'],
      ['DUMP', 'a'],
    )
    expect(ours).toEqual(real)
  })
})
