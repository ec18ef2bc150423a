import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import { QueryBuffer } from '../../src/dispatch/query-buffer.js'
import type { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const word = (length: number): string => `$${length}\r\n${'x'.repeat(length)}\r\n`
const SET = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n'

const CASES: readonly (readonly [title: string, sent: string])[] = [
  ['words of a command that is not complete', `*250\r\n${word(1000).repeat(5)}`],
  ['a word that is not complete', `*250\r\n${word(1000).repeat(5)}$1000\r\nxxx`],
  ['many words', `*250\r\n${word(1000).repeat(249)}`],
  ['words longer than the usual buffer', `*250\r\n${word(40_000).repeat(3)}`],
  ['an announcement', `*250\r\n${word(40_000).repeat(3)}$50000\r\n`],
  ['a part of a long word', `${SET}$400000\r\n${'x'.repeat(300_000)}`],
  ['a long command', `${SET}${word(400_000)}`],
  ['a short command behind a long one', `${SET}${word(400_000)}*1\r\n$4\r\nPING\r\n`],
  ['one queued command', `*1\r\n$5\r\nMULTI\r\n${SET}${word(4000)}`],
  ['three queued commands', `*1\r\n$5\r\nMULTI\r\n${`${SET}${word(10)}`.repeat(3)}`],
]

const FIELDS = ['qbuf', 'qbuf-free', 'argv-mem', 'multi-mem', 'tot-mem']

describeBesideRedis('the memory of a client', () => {
  let pair: ServerPair
  const sockets: Socket[] = []
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { 'enable-debug-command': 'yes' } })
    await pair.ask(['DEBUG', 'PAUSE-CRON', '1'])
  })
  beforeEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await pair?.close()
  })

  const send = async (port: number, title: string, text: string): Promise<void> => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    const name = title.replaceAll(' ', '-')
    socket.write(`*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$${name.length}\r\n${name}\r\n${text}`)
  }

  const look = async (client: WireClient, title: string): Promise<string> => {
    const list = JSON.parse(showReply(await client.call('CLIENT', 'LIST')).slice(1)) as string
    const line = list.split('\n').find((each) => each.includes(`name=${title.replaceAll(' ', '-')} `)) ?? ''
    return line
      .split(' ')
      .filter((field) => FIELDS.includes(field.replace(/=.*/, '')))
      .join(' ')
  }

  test.each(CASES)('is that of Redis: %s', async (title, text) => {
    await Promise.all([send(pair.node.address.port, title, text), send(pair.redis.port, title, text)])
    let [ours, real] = ['', ' ']
    const agree = async (): Promise<boolean> => {
      ;[ours, real] = [await look(pair.ours, title), await look(pair.real, title)]
      return ours === real && ours !== ''
    }
    await until(agree).catch(() => {})
    expect(ours).toBe(real)
  })
})

test('a query buffer is given back when it was not needed for a while', () => {
  const buffer = new QueryBuffer()
  buffer.note(30_000)
  expect(buffer.allocatedBytes).toBe(0)
  buffer.note(400_002)
  expect(buffer.allocatedBytes).toBe(458_752)
  buffer.resize(0, false)
  expect(buffer.allocatedBytes).toBe(458_752)
  buffer.note(100_000)
  buffer.resize(0, false)
  expect(buffer.allocatedBytes).toBe(114_688)
  buffer.resize(60_000, true)
  expect(buffer.allocatedBytes).toBe(65_536)
  buffer.resize(0, true)
  expect(buffer.allocatedBytes).toBe(0)
})
