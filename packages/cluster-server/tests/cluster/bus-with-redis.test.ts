import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { until } from '../../../../tests/support/until.js'
import { decodeMessage } from '../../src/cluster/bus-decoder.js'
import { encodeMessage } from '../../src/cluster/bus-encoder.js'
import { BusFrames } from '../../src/cluster/bus-frames.js'
import type { BusBody, BusMessage, BusMessageType, GossipEntry } from '../../src/cluster/bus-message.js'
import { describeBesideRedis } from '../support/server-pair.js'
import { idOf } from './node-ids.js'

jest.setTimeout(60_000)

type PingBody = Extract<BusBody, { readonly gossip: unknown }>

const MY_ID = idOf(0xabc)
const HOSTNAMES = ['first.example.org', 'second.example']

/** A node that knows nothing but the packets of the bus: it answers pings and keeps what it received. */
class BusListener {
  readonly received: { readonly packet: Buffer; readonly message: BusMessage }[] = []
  readonly port: number
  readonly #server: Server
  readonly #sockets: Socket[] = []

  constructor(port: number) {
    this.port = port
    this.#server = createServer((socket) => this.#serve(socket)).listen(port + 10000, '127.0.0.1')
  }

  of(type: BusMessageType): BusMessage[] {
    return this.received.map(({ message }) => message).filter(({ body }) => body.type === type)
  }

  message(body: BusBody): BusMessage {
    return {
      header: {
        senderId: MY_ID,
        flags: 1,
        primaryId: null,
        announcedIp: '127.0.0.1',
        port: this.port,
        plainPort: 0,
        busPort: this.port + 10000,
        currentEpoch: 0,
        configEpoch: 0,
        offset: 0,
        slots: new Uint8Array(2048),
        isOk: false,
        isPaused: false,
        forcesVote: false,
      },
      body,
    }
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    this.#sockets.push(socket)
    const frames = new BusFrames()
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      frames.push(chunk)
      for (const packet of frames) {
        const decoded = decodeMessage(packet)
        if (decoded.type === 'ignored') throw new Error(decoded.reason)
        this.received.push({ packet: Buffer.from(packet), message: decoded.message })
        const { type } = decoded.message.body
        if (type !== 'ping' && type !== 'meet') continue
        socket.write(encodeMessage(this.message({ type: 'pong', gossip: [], hostname: 'tester' })))
      }
      if (frames.isBroken) throw new Error('the stream of redis-server is broken')
    })
  }
}

describeBesideRedis('the cluster bus of redis-server', () => {
  const servers: RedisServer[] = []
  const clients: Redis[] = []
  let listener: BusListener
  let ids: string[]

  const pingsOf = (index: number): PingBody[] =>
    listener.received.flatMap(({ message: { header, body } }) =>
      header.senderId === ids[index] && body.type === 'ping' ? [body as PingBody] : [],
    )
  const gossipOf = (index: number): readonly GossipEntry[] => pingsOf(index).flatMap(({ gossip }) => gossip)

  beforeAll(async () => {
    for (const hostname of HOSTNAMES) {
      const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
      const server = await startRedisServer({ args: [...args, '--cluster-announce-hostname', hostname] })
      servers.push(server)
      clients.push(server.client())
    }
    ids = (await Promise.all(clients.map((client) => client.cluster('MYID')))) as string[]
    await clients[0]!.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8190', '16383', '16383')
    await clients[1]!.call('CLUSTER', 'ADDSLOTS', '8191')
    await clients[0]!.call('CLUSTER', 'SET-CONFIG-EPOCH', '7')
    await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(servers[1]!.port))
    listener = new BusListener(await freePort())
    await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(listener.port))
    await until(() => ids.every((_, index) => gossipOf(index).some(({ id }) => id === ids[1 - index])), 30_000)
    await clients[0]!.publish('news\xff', 'hello')
    await until(() => listener.of('publish').length > 0)
  })

  afterAll(async () => {
    listener?.close()
    for (const client of clients) client.disconnect()
    for (const server of servers) await server.stop()
  })

  test('is encoded to the bytes that it was read from', () => {
    const types = new Set<BusMessageType>()
    for (const { packet, message } of listener.received) {
      types.add(message.body.type)
      expect(encodeMessage(message).toString('hex')).toBe(packet.toString('hex'))
    }
    expect([...types].sort()).toEqual(['meet', 'ping', 'publish'])
  })

  test('tells who sends, where it is, and what it owns', () => {
    const header = listener.of('ping').findLast(({ header }) => header.senderId === ids[0])!.header
    expect(header).toMatchObject({
      primaryId: null,
      announcedIp: '',
      port: servers[0]!.port,
      plainPort: 0,
      busPort: servers[0]!.port + 10000,
      currentEpoch: 7,
      configEpoch: 7,
      isPaused: false,
      forcesVote: false,
    })
    expect(header.flags & 3).toBe(1)
    const slots = Buffer.from(header.slots)
    expect([slots[0], slots[1022], slots[1023], slots[1024], slots[2047]]).toEqual([0xff, 0xff, 0x7f, 0, 0x80])
  })

  test('names its hosts, and gossips of the nodes that it knows', () => {
    for (const [index, other] of [servers[1]!, servers[0]!].entries()) {
      expect(pingsOf(index).at(-1)?.hostname).toBe(HOSTNAMES[index])
      expect(gossipOf(index)).toContainEqual(
        expect.objectContaining({ id: ids[1 - index], ip: '127.0.0.1', port: other.port, busPort: other.port + 10000 }),
      )
    }
  })

  test('carries publications as they are', () => {
    const body = listener.of('publish')[0]!.body
    expect(body).toEqual({ type: 'publish', channel: Buffer.from('news\xff').toString('latin1'), message: 'hello' })
  })

  test('understands our messages', async () => {
    const nodes = (await clients[0]!.cluster('NODES')) as string
    expect(nodes).toContain(`${MY_ID} 127.0.0.1:${listener.port}@${listener.port + 10000},tester master - `)
  })

  test('answers our meeting with a pong', async () => {
    const socket = connect(servers[1]!.port + 10000, '127.0.0.1')
    try {
      await once(socket, 'connect')
      socket.write(encodeMessage(listener.message({ type: 'ping', gossip: [], hostname: '' })))
      const frames = new BusFrames()
      let answer: Buffer | undefined
      socket.on('data', (chunk) => {
        frames.push(chunk)
        for (const packet of frames) answer ??= packet
      })
      await until(() => answer !== undefined)
      const decoded = decodeMessage(answer!)
      expect(decoded).toMatchObject({
        type: 'message',
        message: { header: { senderId: ids[1] }, body: { type: 'pong' } },
      })
      if (decoded.type === 'message') expect(encodeMessage(decoded.message).equals(answer!)).toBe(true)
    } finally {
      socket.destroy()
    }
  })
})
