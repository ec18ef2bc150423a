import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { ReplicationReader } from '../support/replication-reader.js'
import { expectSameAnswers, type ServerPair, type WatchedServer } from './differential-run.js'
import { subscribeToEvents } from './notification-comparison.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { FORMS, makeStream } from './random-stream.js'
import { WireClient } from './wire-client.js'

const full = process.env.FULL === '1'
const FIRST_SEED = Number(process.env.SEED ?? 1)
/** In the full form a million commands: a tenth of them over the groups one by one, the rest over all of them. */
const STREAM_LENGTH = full ? 500 : 250
const STREAMS = full ? 20 : 2
const STREAMS_OF_ALL = full ? 1800 : 8
/** Streams that are on their way at once: more would only need more memory. */
const STREAMS_AT_ONCE = 8

let node: Node
let pair: ServerPair

const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]

const watch = async (port: number): Promise<WatchedServer> => ({
  client: await WireClient.connect(port),
  replica: await ReplicationReader.attach(port),
  subscriber: await subscribeToEvents(port),
})

describeWithRedisServer((real) => {
  beforeAll(async () => {
    node = new Node({ settings: { port: 0, 'enable-debug-command': 'yes' }, log: () => {} })
    const { port } = await node.listen()
    pair = { ours: await watch(port), real: await watch(real.port) }
  })

  afterAll(async () => {
    for (const server of [pair?.ours, pair?.real]) {
      for (const each of [server?.client, server?.replica, server?.subscriber]) each?.close()
    }
    await node?.close()
  })

  describe('random command streams are answered, and told to replicas and subscribers, as by redis-server', () => {
    test.each([
      ...groups.map((group) => [group, [group], STREAMS] as const),
      ['all groups', groups, STREAMS_OF_ALL] as const,
    ])(
      '%s',
      async (_name, chosen, streams) => {
        const end = FIRST_SEED + streams
        for (let first = FIRST_SEED; first < end; first += STREAMS_AT_ONCE) {
          const seeds = Array.from({ length: Math.min(STREAMS_AT_ONCE, end - first) }, (_, index) => first + index)
          const made = seeds.map((seed) => ({ seed, blocks: makeStream(seed, STREAM_LENGTH, chosen) }))
          await expectSameAnswers(pair, made)
        }
      },
      full ? 3_600_000 : 60_000,
    )
  })
})
