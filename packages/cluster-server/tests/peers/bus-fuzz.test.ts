import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { redisServerVersion } from '../../../../tests/support/redis-server.js'
import { until } from '../../../../tests/support/until.js'
import { encodeMessage } from '../../src/cluster/bus-encoder.js'
import { BusFrames } from '../../src/cluster/bus-frames.js'
import { splitSlots } from '../../src/cluster/slot-split.js'
import { idOf } from '../cluster/node-ids.js'
import { Random } from '../differential/random.js'
import { type Program, Programs } from '../support/programs.js'
import { BusAttacker } from './bus-attacks.js'

const FULL = process.env.FULL === '1'
const CONNECTIONS = FULL ? 4000 : 150
const ANY_PACKETS = FULL ? 20_000 : 500
const OPEN_CONNECTIONS = FULL ? 1000 : 200
const NODE_TIMEOUT_MS = 3000
/** More than a node of this size takes for what it is told here, whatever it is. */
const MEMORY_LIMIT_BYTES = 200 << 20
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)

jest.setTimeout(FULL ? 600_000 : 60_000)

interface Member {
  readonly port: number
  readonly program: Program
  readonly client: Redis
  readonly isOurs: boolean
}

/** Two primaries of ours, a replica of the first, and a primary of Redis, if there is one. */
class MixedCluster {
  readonly members: Member[] = []
  readonly #programs = new Programs()

  async start(): Promise<void> {
    const third = (await redisServerVersion()) === null ? 'ours' : 'redis'
    const kinds = ['ours', 'ours', third, 'ours'] as const
    this.members.push(...(await Promise.all(kinds.map((kind, at) => this.#start(at, kind === 'ours')))))
    const [first, ...others] = this.members
    for (const [at, { start, end }] of splitSlots(3).entries()) {
      await this.members[at]!.client.call('CLUSTER', 'ADDSLOTSRANGE', start, end)
      await this.members[at]!.client.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1)
    }
    for (const { port } of others) await first!.client.call('CLUSTER', 'MEET', '127.0.0.1', port)
    const id = (await first!.client.call('CLUSTER', 'MYID')) as string
    const replica = this.members[3]!.client
    await until(async () => (await replica.call('CLUSTER', 'REPLICATE', id).catch(() => '')) === 'OK')
    // Until a replica has received anything, CLUSTER SLOTS does not list it.
    await until(async () => (await first!.client.set('k2', 'v').catch(() => '')) === 'OK')
    await until(async () => (await Promise.all(this.members.map(isSettled))).every(Boolean), 30_000)
  }

  async stop(): Promise<void> {
    await this.#programs.endAll()
    this.#programs.remove()
  }

  get ours(): readonly Member[] {
    return this.members.filter(({ isOurs }) => isOurs)
  }

  /** What each node says of the cluster, without times and states of connections. */
  async topology(): Promise<readonly unknown[]> {
    return Promise.all(
      this.members.map(async ({ client }) => {
        const nodes = ((await client.call('CLUSTER', 'NODES')) as string).trim().split('\n')
        const info = (await client.call('CLUSTER', 'INFO')) as string
        return {
          nodes: nodes
            .map((line) =>
              line
                .split(' ')
                .filter((_, word) => ![4, 5, 7].includes(word))
                .join(' '),
            )
            .sort(),
          slots: ((await client.call('CLUSTER', 'SLOTS')) as unknown[]).map((range) => JSON.stringify(range)).sort(),
          epoch: /cluster_current_epoch:\d+/.exec(info)?.[0],
          state: /cluster_state:\w+/.exec(info)?.[0],
        }
      }),
    )
  }

  /** A pong of each node. */
  async captured(): Promise<Buffer[]> {
    return Promise.all(this.members.map(({ port }) => pongOf(port + 10_000)))
  }

  async #start(at: number, isOurs: boolean): Promise<Member> {
    const port = await freePort()
    const name = `nodes-${at}.conf`
    const words = ['--port', `${port}`, '--save', '', '--cluster-enabled', 'yes', '--cluster-config-file', name]
    words.push('--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--dbfilename', `${port}.rdb`)
    const program = await (isOurs ? this.#programs.run(words) : this.#programs.runReal(words)).ready()
    return { port, program, client: this.#programs.client({ port }), isOurs }
  }
}

const isSettled = async ({ client }: Member): Promise<boolean> => {
  // A replica that is being filled answers nothing else.
  if ((await client.info('replication')).includes('master_link_status:down')) return false
  const info = (await client.call('CLUSTER', 'INFO')) as string
  const nodes = (await client.call('CLUSTER', 'NODES')) as string
  const shards = (await client.call('CLUSTER', 'SLOTS')) as unknown[][]
  if (!shards.some(([, , ...members]) => members.length === 2)) return false
  return info.includes('cluster_state:ok') && /slave [0-9a-f]{40} /.test(nodes) && !nodes.includes('handshake')
}

const open = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const pongOf = async (busPort: number): Promise<Buffer> => {
  const socket = await open(busPort)
  const frames = new BusFrames()
  const pong = new Promise<Buffer>((resolve) => {
    socket.on('data', (chunk) => {
      frames.push(chunk)
      for (const packet of frames) resolve(Buffer.from(packet))
    })
  })
  socket.write(encodeMessage({ header: STRANGER, body: { type: 'ping', gossip: [], hostname: '' } }))
  const packet = await pong
  socket.destroy()
  return packet
}

const STRANGER = {
  ...{ senderId: idOf(0xabcdef), flags: 1, primaryId: null, announcedIp: '', port: 1, plainPort: 0, busPort: 2 },
  ...{ currentEpoch: 0, configEpoch: 0, offset: 0, slots: new Uint8Array(2048) },
  ...{ isOk: true, isPaused: false, forcesVote: false },
}

/** Sends all of it, and returns once the node has read it and closed its side. */
const deliver = async (busPort: number, packets: readonly Buffer[]): Promise<void> => {
  const socket = await open(busPort)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  for (const packet of packets) socket.write(packet)
  socket.end()
  await closed
}

const residentBytes = ({ program }: Member): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))?.[1]) * 1024

const expectAlive = async (members: readonly Member[]): Promise<void> => {
  for (const { client } of members) expect(await client.ping()).toBe('PONG')
}

describe('the port of the cluster bus', () => {
  let cluster: MixedCluster
  /** Answers nothing that a node understands. */
  let listener: Server
  let attacker: BusAttacker

  beforeAll(async () => {
    cluster = new MixedCluster()
    await cluster.start()
    const busPort = (await freePort()) + 10_000
    listener = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('not a node')
    }).listen(busPort, '127.0.0.1')
    attacker = new BusAttacker(new Random(SEED), await cluster.captured(), busPort)
  })

  afterAll(async () => {
    listener?.close()
    await cluster?.stop()
  })

  beforeEach(() => {
    // To make a failing run again.
    process.stdout.write(`SEED=${SEED} ${expect.getState().currentTestName}\n`)
  })

  /** Nothing is different after `attack`, once strangers are forgotten. */
  const expectUnchangedBy = async (attack: () => Promise<void>): Promise<void> => {
    const before = await cluster.topology()
    await attack()
    await expectAlive(cluster.members)
    await until(async () => !JSON.stringify(await cluster.topology()).includes('handshake'), 20_000)
    await until(async () => JSON.stringify(await cluster.topology()) === JSON.stringify(before)).catch(() => {})
    expect(await cluster.topology()).toEqual(before)
  }

  test('takes nothing from garbage, damaged packets, strangers and stale claims', async () => {
    await expectUnchangedBy(async () => {
      for (let done = 0; done < CONNECTIONS; done += 10) {
        const wave = Array.from({ length: 10 }, () => attacker.next())
        await Promise.all(
          wave.map((attack, at) => deliver(cluster.ours[at % cluster.ours.length]!.port + 10_000, attack)),
        )
      }
    })
  })

  test('forgets strangers that ask to be met and say nothing more', async () => {
    await expectUnchangedBy(async () => {
      for (const { port, client } of cluster.ours) {
        await deliver(
          port + 10_000,
          Array.from({ length: 20 }, () => attacker.meeting()),
        )
        await until(async () => ((await client.call('CLUSTER', 'NODES')) as string).includes('handshake'))
      }
    })
  })

  test('keeps little of what claims to be huge, and of many connections', async () => {
    const target = cluster.ours[0]!
    const before = residentBytes(target)
    const sockets: Socket[] = []
    await expectUnchangedBy(async () => {
      await deliver(target.port + 10_000, attacker.impossible(300 << 20))
      for (let at = 0; at < OPEN_CONNECTIONS; at++) {
        const socket = await open(target.port + 10_000)
        socket.on('data', () => {})
        for (const piece of at < 20 ? attacker.endless(1 << 20) : attacker.next()) socket.write(piece)
        sockets.push(socket)
      }
      await expectAlive([target])
      expect(residentBytes(target) - before).toBeLessThan(MEMORY_LIMIT_BYTES)
      for (const socket of sockets) socket.destroy()
    })
  })

  test('survives whatever a known node may say', async () => {
    for (let sent = 0; sent < ANY_PACKETS; ) {
      const packets = Array.from({ length: 50 }, () => attacker.anything())
      await deliver(cluster.ours[(sent / 50) % cluster.ours.length]!.port + 10_000, packets)
      sent += packets.length
    }
    await expectAlive(cluster.ours)
    for (const member of cluster.ours) expect(residentBytes(member)).toBeLessThan(2 * MEMORY_LIMIT_BYTES)
    for (const { client } of cluster.ours) expect(await client.call('CLUSTER', 'NODES')).toContain('myself,')
  })
})
