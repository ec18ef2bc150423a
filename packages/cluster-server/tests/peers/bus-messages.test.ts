import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { decodeMessage } from '../../src/cluster/bus-decoder.js'
import { encodeMessage } from '../../src/cluster/bus-encoder.js'
import { HEADER } from '../../src/cluster/bus-layout.js'
import {
  BUS_MESSAGE_TYPES,
  type BusBody,
  type BusHeader,
  type BusMessage,
  type GossipEntry,
} from '../../src/cluster/bus-message.js'
import type { KnownNode } from '../../src/cluster/known-node.js'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import type { BusSocket } from '../../src/peers/bus/bus-link.js'
import type { ClusterBus } from '../../src/peers/bus/cluster-bus.js'
import { idOf } from '../cluster/node-ids.js'
import { SimulatedCluster, type SimulatedNode } from './simulated-cluster.js'

const ALL_SLOTS = new Uint8Array(2048).fill(0xff)
const NO_SLOTS = new Uint8Array(2048)
/** A port on which no node listens. */
const ELSEWHERE = 4000

let cluster: SimulatedCluster

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['nextTick', 'queueMicrotask'] })
})

afterEach(() => {
  cluster?.close()
  jest.useRealTimers()
})

const start = (primaries: number, replicas: number, settings: Record<string, string> = {}): void => {
  cluster = new SimulatedCluster(primaries, replicas, () => 0.5, settings)
  cluster.run(2500)
}

const node = (index: number): SimulatedNode => cluster.nodes[index]!
const bus = (index = 0): ClusterBus => node(index).bus!
/** Node `about`, as node `index` knows it. */
const known = (about: number, index = 0): KnownNode => bus(index).table.node(idOf(about + 1))!

/** The other end of a connection to a node, moved by hand: what the node sends is read at once. */
class Puppet extends EventEmitter implements BusSocket {
  localAddress = '10.0.0.1'
  remoteAddress = '127.0.0.1'
  writableLength = 0
  isClosed = false
  readonly answers: BusMessage[] = []

  /** @param index of the node that is connected to */
  constructor(index = 0) {
    super()
    bus(index).accept(this)
  }

  write(packet: Buffer): void {
    const decoded = decodeMessage(packet)
    if (decoded.type === 'message') this.answers.push(decoded.message)
  }

  destroy(): void {
    this.isClosed = true
  }

  setNoDelay(): void {}

  send(header: Partial<BusHeader>, body: BusBody): void {
    this.emit('data', packetOf(header, body))
  }
}

const packetOf = (header: Partial<BusHeader>, body: BusBody): Buffer =>
  encodeMessage({
    header: {
      ...{ senderId: idOf(99), flags: NODE_FLAGS.primary, primaryId: null, announcedIp: '' },
      ...{ port: ELSEWHERE, plainPort: 0, busPort: ELSEWHERE, currentEpoch: 0, configEpoch: 0, offset: 0 },
      ...{ slots: NO_SLOTS, isOk: true, isPaused: false, forcesVote: false },
      ...header,
    },
    body,
  })

/** What a node of the cluster says of itself at present. */
const headerOf = (index: number): Partial<BusHeader> => {
  const { myself, currentEpoch } = bus(index).table
  return {
    senderId: myself.id,
    flags: myself.flags,
    primaryId: myself.primary?.id ?? null,
    port: myself.port,
    busPort: myself.busPort,
    currentEpoch,
    configEpoch: myself.claimEpoch,
    offset: node(index).offset,
    slots: new Uint8Array((myself.primary ?? myself).slots.bytes),
  }
}

const heartbeat = (type: 'ping' | 'pong' | 'meet', gossip: readonly GossipEntry[] = [], hostname = ''): BusBody => ({
  type,
  gossip,
  hostname,
})

const gossipOf = (number: number, change: Partial<GossipEntry> = {}): GossipEntry => ({
  id: idOf(number),
  pingSentSeconds: 0,
  pongReceivedSeconds: 1_700_000_000,
  ip: '127.0.0.1',
  port: ELSEWHERE,
  busPort: ELSEWHERE,
  plainPort: 0,
  flags: NODE_FLAGS.primary,
  ...change,
})

const numberOf = (type: BusBody['type']): number => BUS_MESSAGE_TYPES.indexOf(type)

describe('a packet', () => {
  test('that is damaged is counted and told to the log, and has no answer', () => {
    start(2, 0)
    const before = bus().statistics.received[numberOf('ping')]!
    const packet = packetOf({}, heartbeat('ping', [gossipOf(7)]))
    packet.writeUInt16BE(2, HEADER.count)
    const puppet = new Puppet()
    puppet.emit('data', packet)
    expect(node(0).log).toContain('Received invalid ping packet of length 2360 but expected length 2464')
    expect(bus().statistics.received[numberOf('ping')]).toBe(before + 1)
    expect(puppet.answers).toEqual([])
    expect(puppet.isClosed).toBe(false)
  })

  test('that is none ends the connection', () => {
    start(2, 0)
    const puppet = new Puppet()
    puppet.send({}, heartbeat('ping'))
    expect(puppet.answers.map(({ body }) => body.type)).toEqual(['pong'])
    puppet.emit('data', Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    expect(node(0).log).toContain('Bad message length or signature received from Cluster bus.')
    expect(puppet.isClosed).toBe(true)
    puppet.send({}, heartbeat('ping'))
    expect(puppet.answers).toHaveLength(1)
  })

  test('of a type that is to be dropped has no effect but on the counters', () => {
    start(2, 0)
    bus().dropsMessageType = numberOf('ping')
    expect(bus().dropsMessageType).toBe(numberOf('ping'))
    const puppet = new Puppet()
    puppet.send({}, heartbeat('ping'))
    expect(puppet.answers).toEqual([])
    bus().dropsMessageType = null
    puppet.send({}, heartbeat('ping'))
    expect(puppet.answers).toHaveLength(1)
  })

  test('of a module has no effect', () => {
    start(2, 0)
    const puppet = new Puppet()
    puppet.send(headerOf(1), { type: 'module', moduleId: 1n, moduleType: 2, payload: Buffer.from('x') })
    expect(puppet.answers).toEqual([])
    expect(puppet.isClosed).toBe(false)
  })

  test('of nobody known changes nothing, whatever it claims', () => {
    start(2, 0)
    const before = JSON.stringify(node(0).file.nodes.map(({ id, slots }) => [id, slots]))
    const claims = { currentEpoch: 500, configEpoch: 500, slots: ALL_SLOTS }
    for (const body of [
      heartbeat('ping', [gossipOf(7)], 'stranger'),
      { type: 'fail', failedId: idOf(2) },
      { type: 'publish', channel: 'c', message: 'm' },
      { type: 'publishShard', channel: 'c', message: 'm' },
      { type: 'update', nodeId: idOf(2), configEpoch: 500, slots: NO_SLOTS },
      { type: 'authRequest' },
      { type: 'authAck' },
      { type: 'failoverStart' },
    ] satisfies BusBody[]) {
      new Puppet().send(claims, body)
    }
    cluster.run(500)
    expect(JSON.stringify(node(0).file.nodes.map(({ id, slots }) => [id, slots]))).toBe(before)
    expect(bus().table.currentEpoch).toBe(2)
    expect(node(0).published).toEqual([])
    expect(node(0).log).toContain(`Ignoring FAIL message from unknown node ${idOf(99)} about ${idOf(2)}`)
  })
})

describe('a ping', () => {
  test('tells the name of its host, and that it has none any more', () => {
    start(2, 0)
    const puppet = new Puppet()
    puppet.send(headerOf(1), heartbeat('ping', [], 'one.example'))
    expect(known(1).hostname).toBe('one.example')
    // What is said again is kept with the next round.
    node(0).bus!.runRound()
    expect(node(0).file.nodes.find(({ id }) => id === idOf(2))?.hostname).toBe('one.example')
    puppet.send(headerOf(1), heartbeat('ping'))
    expect(known(1).hostname).toBe('')
  })

  test('from elsewhere tells that a node has moved, which its replica follows there', () => {
    start(3, 1)
    const puppet = new Puppet(3)
    cluster.listeners.set(ELSEWHERE, () => {})
    puppet.send({ ...headerOf(0), port: ELSEWHERE, busPort: ELSEWHERE }, heartbeat('ping'))
    expect(known(0, 3)).toMatchObject({ ip: '127.0.0.1', port: ELSEWHERE, busPort: ELSEWHERE })
    expect(node(3).followedPort).toBe(ELSEWHERE)
    expect(node(3).log).toContain(`Address updated for node ${idOf(1)}, now 127.0.0.1:${ELSEWHERE}`)
  })

  test('with an announced address is believed before the address of the connection', () => {
    start(2, 0)
    const puppet = new Puppet()
    puppet.send({ ...headerOf(1), announcedIp: '10.9.9.9' }, heartbeat('ping'))
    expect(known(1).ip).toBe('10.9.9.9')
    const { port, busPort } = headerOf(1)
    expect(known(1)).toMatchObject({ port, busPort })
  })

  test('teaches a node its own address while it knows none, and a meeting does always', () => {
    start(2, 0)
    const { myself } = bus().table
    new Puppet().send(headerOf(1), heartbeat('ping'))
    expect(myself.ip).toBe('127.0.0.1')
    myself.ip = ''
    new Puppet().send(headerOf(1), heartbeat('ping'))
    expect(myself.ip).toBe('10.0.0.1')
    const puppet = new Puppet()
    puppet.localAddress = '::ffff:10.0.0.2'
    puppet.send(headerOf(1), heartbeat('meet'))
    expect(myself.ip).toBe('10.0.0.2')
    expect(node(0).log).toContain('IP address for this node updated to 10.0.0.2')
  })

  test('of a primary that became a replica takes its slots away, and their replicas follow the new primary', () => {
    start(3, 1)
    const puppet = new Puppet(3)
    const { slots, configEpoch } = headerOf(0)
    puppet.send({ ...headerOf(0), flags: NODE_FLAGS.replica, primaryId: idOf(2) }, heartbeat('ping'))
    expect(known(0, 3)).toMatchObject({ isPrimary: false, primary: known(1, 3) })
    expect(known(0, 3).slots.size).toBe(0)
    const united = new Uint8Array(headerOf(1).slots!).map((byte, at) => byte | slots![at]!)
    const epoch = Math.max(configEpoch!, 10)
    new Puppet(3).send({ ...headerOf(1), configEpoch: epoch, slots: united }, heartbeat('ping'))
    expect(known(1, 3).slots.equals(united)).toBe(true)
    expect(bus(3).table.myself.primary).toBe(known(1, 3))
    expect(node(3).followedPort).toBe(node(1).port)
    expect(node(3).log).toContain(`I'm a sub-replica! Reconfiguring myself as a replica of grandmaster ${idOf(2)}`)
  })
})

describe('gossip', () => {
  test('of a known node makes others known, unless they have no address or were forgotten', () => {
    start(2, 0)
    const puppet = new Puppet()
    cluster.listeners.set(ELSEWHERE, () => {})
    const entries = [
      gossipOf(7, { flags: NODE_FLAGS.replica | NODE_FLAGS.myself | NODE_FLAGS.suspected }),
      gossipOf(8, { flags: NODE_FLAGS.primary | NODE_FLAGS.noAddress }),
      gossipOf(9, { ip: '' }),
    ]
    puppet.send(headerOf(1), heartbeat('ping', entries))
    expect(known(6)).toMatchObject({ ip: '127.0.0.1', port: ELSEWHERE, isReplica: true, isMyself: false })
    expect([known(7), known(8)]).toEqual([undefined, undefined])
    bus().forget(known(6))
    puppet.send(headerOf(1), heartbeat('ping', entries))
    expect(known(6)).toBeUndefined()
    jest.advanceTimersByTime(61_000)
    new Puppet().send(headerOf(1), heartbeat('ping', entries))
    expect(known(6)).toBeDefined()
  })

  test('finds a node that does not answer where others see it', () => {
    start(3, 0)
    node(2).crash()
    cluster.run(3000)
    expect(known(2).hasFailed || known(2).isSuspected).toBe(true)
    cluster.listeners.set(ELSEWHERE, () => {})
    new Puppet().send(headerOf(1), heartbeat('ping', [gossipOf(3)]))
    expect(known(2)).toMatchObject({ port: ELSEWHERE, busPort: ELSEWHERE })
  })

  test('of a time that is to come is not believed', () => {
    start(2, 0)
    const before = known(1).pongReceivedMs
    known(1).pingSentMs = 0
    new Puppet().send({ ...headerOf(1) }, heartbeat('pong', [gossipOf(2, { pongReceivedSeconds: 1_800_000_000 })]))
    expect(known(1).pongReceivedMs).toBe(before)
  })
})

describe('a node that is connected to', () => {
  /** Answers whoever connects to a port with pongs of a header. */
  const answerWith = (port: number, header: () => Partial<BusHeader>): void => {
    cluster.listeners.set(port, (socket) => {
      socket.on('data', () => void socket.write(packetOf(header(), heartbeat('pong'))))
    })
  }

  test('and is another one than before is not looked for there any more', () => {
    start(2, 0)
    node(1).crash()
    answerWith(node(1).port, () => ({ senderId: idOf(55) }))
    cluster.run(1000)
    expect(known(1)).toMatchObject({ hasAddress: false, ip: '', port: 0, busPort: 0 })
    expect(bus().table.node(idOf(55))).toBeUndefined()
  })

  test('and gives no id cannot become known', () => {
    start(2, 0)
    answerWith(ELSEWHERE, () => ({ senderId: '' }))
    expect(bus().meet('127.0.0.1', ELSEWHERE, ELSEWHERE)).toBe('started')
    expect(bus().table.size).toBe(3)
    jest.advanceTimersByTime(500)
    expect(bus().table.size).toBe(2)
  })

  test('is known by its id after its first answer, as what it says it is', () => {
    start(2, 0)
    answerWith(ELSEWHERE, () => ({ senderId: idOf(7), flags: NODE_FLAGS.replica, primaryId: idOf(1) }))
    bus().meet('127.0.0.1', ELSEWHERE, ELSEWHERE)
    jest.advanceTimersByTime(500)
    expect(known(6)).toMatchObject({ isReplica: true, isInHandshake: false, primary: null })
    // Whom it follows is believed of a node that is known.
    jest.advanceTimersByTime(2000)
    expect(known(6).primary).toBe(bus().table.myself)
  })

  test('is met once under all forms of its address', () => {
    start(2, 0)
    cluster.listeners.set(ELSEWHERE, () => {})
    for (const address of ['0:0:0:0:0:0:0:1', '::1', '0::1']) {
      expect(bus().meet(address, ELSEWHERE, ELSEWHERE)).toBe('started')
    }
    expect([...bus().table.nodes].filter(({ isInHandshake }) => isInHandshake).map(({ ip }) => ip)).toEqual(['::1'])
  })

  test('is shown with a link to it and one from it, each of which can be closed and comes again', () => {
    start(2, 0)
    const links = (): string[] =>
      bus()
        .links()
        .map(({ direction, nodeId }) => `${direction} ${nodeId}`)
    const both = [`to ${idOf(2)}`, `from ${idOf(2)}`]
    expect(links()).toEqual(both)
    const { createdAtMs } = bus().links()[0]!
    bus().closeLinks(known(1), 'to')
    expect(links()).toEqual([both[1]])
    expect(known(1).isConnected).toBe(false)
    cluster.run(1000)
    bus().closeLinks(known(1), 'from')
    expect(links()).toEqual([both[0]])
    cluster.run(1000)
    expect(links()).toEqual(both)
    expect(bus().links()[0]!.createdAtMs).toBeGreaterThan(createdAtMs)
    bus().closeLinks(known(1), 'all')
    expect(links()).toEqual([])
  })

  test('and does not take what is sent is disconnected at the limit', () => {
    start(2, 0, { 'cluster-link-sendbuf-limit': '1000000' })
    const header = headerOf(1)
    // Or its own connection would take the place of this one.
    node(1).crash()
    const puppet = new Puppet()
    puppet.send(header, heartbeat('ping'))
    puppet.writableLength = 1_000_000
    jest.advanceTimersByTime(200)
    expect(puppet.isClosed).toBe(false)
    expect(bus().statistics.linkBytes).toBeGreaterThan(1_000_000)
    expect(bus().links().at(-1)).toMatchObject({ direction: 'from', events: 'rw', sendBufferUsedBytes: 1_000_000 })
    puppet.writableLength++
    jest.advanceTimersByTime(200)
    expect(puppet.isClosed).toBe(true)
    expect(bus().statistics.linksOverLimit).toBe(1)
    expect(node(0).log).toContain(
      `Freeing cluster link(from node ${idOf(2)}, used memory: 1000001) due to exceeding send buffer memory limit.`,
    )
  })
})

describe('slots', () => {
  test('are not taken away by an update about the node itself, nor by an old one', () => {
    start(2, 0)
    const owned = bus().table.myself.slots.size
    const puppet = new Puppet()
    puppet.send(headerOf(1), { type: 'update', nodeId: idOf(1), configEpoch: 50, slots: NO_SLOTS })
    expect(node(0).log).toContain('Discarding UPDATE message about myself.')
    puppet.send(headerOf(1), { type: 'update', nodeId: idOf(2), configEpoch: 2, slots: ALL_SLOTS })
    puppet.send(headerOf(1), { type: 'update', nodeId: idOf(70), configEpoch: 90, slots: ALL_SLOTS })
    expect(bus().table.myself.slots.size).toBe(owned)
  })

  test('that another node claims under a greater epoch are lost to it', () => {
    start(2, 0)
    new Puppet().send(headerOf(1), { type: 'update', nodeId: idOf(2), configEpoch: 50, slots: ALL_SLOTS })
    expect(known(1).slots.size).toBe(16_384)
    // Whoever loses all of its slots follows the one who took them.
    expect(bus().table.myself.primary).toBe(known(1))
    expect(node(0).followedPort).toBe(node(1).port)
  })

  test('that a node claims under an old epoch are answered with who owns them now', () => {
    start(2, 0)
    cluster.close()
    node(0).start()
    const received: BusMessage[] = []
    cluster.listeners.set(node(1).port, (socket) => {
      socket.on('data', (chunk) => {
        const decoded = decodeMessage(chunk)
        if (decoded.type === 'message') received.push(decoded.message)
        socket.write(packetOf({ senderId: idOf(2), configEpoch: 0, slots: ALL_SLOTS }, heartbeat('pong')))
      })
    })
    jest.advanceTimersByTime(500)
    const update = received.find(({ body }) => body.type === 'update')?.body
    expect(update).toMatchObject({ type: 'update', nodeId: idOf(1), configEpoch: 1 })
  })
})

describe('a failover', () => {
  test('has no vote while the primary works', () => {
    start(3, 1)
    const { slots } = headerOf(0)
    new Puppet(1).send({ ...headerOf(3), currentEpoch: 4, configEpoch: 1, slots: slots! }, { type: 'authRequest' })
    expect(node(1).log.at(-1)).toMatch(`Failover auth denied to ${idOf(4)}: `)
    expect(node(1).file.lastVoteEpoch).toBe(0)
  })

  test('by hand waits until the replica has all that its primary has sent', () => {
    start(3, 1)
    node(3).offset = 5
    bus(3).startFailover('agreed')
    // No time passes for the data.
    jest.advanceTimersByTime(1000)
    expect(bus(3).table.myself.isReplica).toBe(true)
    expect(node(3).log).toContain(`Received replication offset for paused master manual failover: ${node(0).offset}`)
    node(3).offset = node(0).offset
    jest.advanceTimersByTime(500)
    expect(bus(3).table.myself).toMatchObject({ isPrimary: true })
  })

  test('does not come to a replica while it loads data', () => {
    start(3, 1)
    node(3).isLoading = true
    node(0).crash()
    jest.advanceTimersByTime(60_000)
    expect(bus(3).table.node(idOf(1))?.hasFailed).toBe(true)
    expect(node(3).log.join()).not.toContain('election')
    node(3).isLoading = false
    // It is not too old for that: it has just been loaded.
    node(3).heardAtMs = Date.now()
    jest.advanceTimersByTime(3000)
    expect(bus(3).table.myself).toMatchObject({ isPrimary: true })
  })

  test('comes later to a replica that hears of another one with more data', () => {
    start(3, 2)
    const [late, ahead] = [3, 6]
    expect(bus(late).table.myself.primary).toBe(bus(late).table.node(idOf(1)))
    node(0).crash()
    for (let steps = 0; steps < 100 && !node(late).log.at(-1)?.startsWith('Start of election delayed'); steps++) {
      jest.advanceTimersByTime(50)
    }
    new Puppet(late).send({ ...headerOf(ahead), offset: node(late).offset + 1000 }, heartbeat('pong'))
    jest.advanceTimersByTime(200)
    expect(node(late).log).toContain('Replica rank updated to #1, added 1000 milliseconds of delay.')
  })
})

describe('a node', () => {
  test('that cannot keep what it knows ends, and says so when it is asked to', () => {
    start(2, 0)
    node(0).isDiskFull = true
    expect(bus().saveConfig()).toBe('no space left on device')
    const { log } = node(0)
    new Puppet().send(headerOf(1), heartbeat('ping', [], 'changed.example'))
    jest.advanceTimersByTime(200)
    expect(log).toContain("Fatal: can't update cluster config file: no space left on device")
    expect(node(0).isRunning).toBe(false)
  })

  test('that follows another primary tells all nodes at once: that one has to know to whom it sends', () => {
    start(3, 1)
    bus(3).follow(bus(3).table.node(idOf(2))!)
    jest.advanceTimersByTime(50)
    for (const each of [0, 1, 2]) expect(bus(each).table.node(idOf(4))?.primary?.id).toBe(idOf(2))
  })

  test('of which others know that it is dead need not be found out', () => {
    start(3, 1)
    node(0).crash()
    for (const each of cluster.running) each.bus?.declareFailed(idOf(1))
    for (const each of cluster.running) expect(each.bus?.table.node(idOf(1))?.hasFailed).toBe(true)
    bus(1).declareFailed(idOf(2))
    bus(1).declareFailed(idOf(77))
    expect(bus(1).table.myself.hasFailed).toBe(false)
    cluster.run(3000)
    expect(bus(3).table.myself.isPrimary).toBe(true)
  })

  test('that is reset forgets all others, and a replica becomes a primary without slots', () => {
    start(3, 1)
    bus(3).reset(false)
    const { table } = bus(3)
    expect(table.size).toBe(1)
    expect(table.myself).toMatchObject({ isPrimary: true, id: idOf(4) })
    expect(node(3).followedPort).toBeNull()
    bus(2).reset(true)
    expect(bus(2).table.myself.id).not.toBe(idOf(3))
    expect(bus(2).table).toMatchObject({ currentEpoch: 0, lastVoteEpoch: 0, size: 1 })
  })

  test('that was told to follow another one does, and gives a failover by hand up', () => {
    start(3, 1)
    bus(3).startFailover('agreed')
    bus(3).follow(known(1, 3))
    expect(node(3).followedPort).toBe(node(1).port)
    bus(3).resetFailover()
    cluster.run(8000)
    expect(bus(3).table.myself.primary).toBe(known(1, 3))
    expect(known(3, 0).primary).toBe(known(1, 0))
  })

  test('has settings for what it serves while the cluster is down', () => {
    start(2, 0)
    expect(bus()).toMatchObject({ allowsReadsWhenDown: false, allowsShardChannelsWhenDown: true })
    cluster.close()
    start(2, 0, { 'cluster-allow-reads-when-down': 'yes', 'cluster-allow-pubsubshard-when-down': 'no' })
    expect(bus()).toMatchObject({ allowsReadsWhenDown: true, allowsShardChannelsWhenDown: false })
  })
})
