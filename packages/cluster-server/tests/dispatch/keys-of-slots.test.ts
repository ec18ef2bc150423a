import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/server/node.js'
import { keySlot, SLOT_COUNT } from '../../src/slot.js'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { ReplicationReader } from '../support/replication-reader.js'

const TAGS = ['{a}', '{b}', '{c}', '{d}']
const STEPS = process.env.FULL === '1' ? 20_000 : 2500

describe('the keys of each slot', () => {
  const directory = mkdtempSync(join(tmpdir(), 'activeredis-slots-'))
  const random = new Random(1)
  let node: Node
  let client: WireClient

  beforeAll(async () => {
    node = new Node({
      settings: { port: 0, bind: '127.0.0.1', 'cluster-enabled': true, 'enable-debug-command': 'yes', dir: directory },
    })
    const { port } = await node.listen()
    client = await WireClient.connect(port)
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  })
  afterAll(async () => {
    client.close()
    await node.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const makeCommand = (): string[] => {
    const tag = random.pick(TAGS)
    const [key, other] = [`${tag}${random.below(6)}`, `${tag}${random.below(6)}`]
    return random.pick<() => string[]>([
      () => ['SET', key, 'v'],
      () => ['SET', key, 'v', 'PX', random.pick(['1', '100000'])],
      () => ['HSET', key, 'f', 'v'],
      () => ['MSET', key, '1', other, '2'],
      () => ['DEL', key],
      () => ['UNLINK', key, other],
      () => ['RENAME', key, other],
      () => ['RENAMENX', key, other],
      () => ['COPY', key, other],
      () => ['COPY', key, other, 'REPLACE'],
      () => ['COPY', key, other, 'DB', '1'],
      () => ['MOVE', key, '1'],
      () => ['SWAPDB', '0', '1'],
      () => ['SELECT', '1'],
      () => ['RPOPLPUSH', key, other],
      () => ['RPUSH', key, 'x'],
      () => ['LPOP', key],
      () => ['SUNIONSTORE', key, other],
      () => ['GETDEL', key],
      () => ['PEXPIRE', key, '0'],
      () => ['RESTORE', key, '0', 'garbage'],
      () => ['EVAL', "redis.call('SET', KEYS[1], 'v') redis.call('RENAME', KEYS[1], KEYS[2])", '2', key, other],
      () => ['EVAL', "redis.call('SET', KEYS[1], 'v') return redis.call('nosuch')", '1', key],
      () => ['MULTI'],
      () => ['EXEC'],
      () => (random.chance(0.1) ? ['FLUSHALL', random.pick(['SYNC', 'ASYNC'])] : ['PING']),
      () => (random.chance(0.1) ? ['DEBUG', 'RELOAD'] : ['PING']),
      () => (random.chance(0.5) ? ['DUMP', key] : ['PING']),
    ])()
  }

  test('are listed and counted, whatever has happened to them', async () => {
    for (let step = 0; step < STEPS; step += 50) {
      await client.send(Array.from({ length: 50 }, makeCommand))
      await client.call('EXEC')
      const keys = node.server.databases[0]!.slots!
      const listed = Array.from({ length: SLOT_COUNT }, (_, slot) => keys.keys(slot, Number.MAX_SAFE_INTEGER))
      expect(listed.map((each) => each.length)).toEqual(Array.from(listed, (_, slot) => keys.count(slot)))
      for (const [slot, each] of listed.entries()) for (const key of each) expect(keySlot(key)).toBe(slot)
      const all = listed.flat()
      expect(new Set(all).size).toBe(all.length)
      expect(node.server.databases[0]?.size).toBe(all.length)
      expect(node.server.databases.slice(1).every(({ size }) => size === 0)).toBe(true)
    }
  })

  test('are removed with all who hear of it when another node has taken the slot', async () => {
    const { port } = node.address
    const second = new Node({ settings: { port: 0, bind: '127.0.0.1', 'cluster-enabled': true } })
    const other = await WireClient.connect((await second.listen()).port)
    await client.send([['FLUSHALL'], ['MSET', '{a}1', '1', '{a}2', '2'], ['SET', '{b}1', '3']])
    const stream = await ReplicationReader.attach(port)
    const watcher = await WireClient.connect(port)
    await watcher.send([['WATCH', '{a}1'], ['MULTI'], ['PING']])
    const listener = await WireClient.connect(port)
    await client.call('CONFIG', 'SET', 'notify-keyspace-events', 'Eg')
    await listener.call('SUBSCRIBE', '__keyevent@0__:del')
    const slot = String(keySlot('{a}1'))
    const id = showReply(await client.call('CLUSTER', 'MYID')).slice(2, -1)
    await other.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
    await until(async () => showReply(await other.call('CLUSTER', 'NODES')).includes(`${id} 127.0.0.1:${port}@`))
    await until(async () => showReply(await other.call('CLUSTER', 'NODES')).includes('connected 0-16383'))
    await other.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', id)
    const otherId = showReply(await other.call('CLUSTER', 'MYID')).slice(2, -1)
    await other.call('CLUSTER', 'SETSLOT', slot, 'NODE', otherId)
    await until(async () => showReply(await client.call('CLUSTER', 'COUNTKEYSINSLOT', slot)) === ':0')
    expect(showReply(await client.call('DBSIZE'))).toBe(':1')
    expect(showReply(await client.call('GET', '{a}1'))).toBe(`-MOVED ${slot} 127.0.0.1:${second.address.port}`)
    expect(showReply(await watcher.call('EXEC'))).toBe('*null')
    expect((await listener.read(2)).map(showReply).sort().join()).toContain('"{a}2"')
    await client.call('SET', '{b}1', 'end')
    const effects = await stream.readUntil((argv) => argv[2] === 'end')
    expect(effects.filter(([name]) => name === 'DEL').map((argv) => [...argv].sort())).toEqual([
      ['DEL', '{a}1', '{a}2'],
    ])
    for (const each of [watcher, listener, stream, other]) each.close()
    await second.close()
  })
})
