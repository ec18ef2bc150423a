import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { ReplicationReader } from '../support/replication-reader.js'
import { expectSameAnswers, type ServerPair } from './differential-run.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { FORMS, makeStream } from './random-stream.js'
import { WireClient } from './wire-client.js'

const full = process.env.FULL === '1'
const FIRST_SEED = Number(process.env.SEED ?? 1)
/** In the full form a million commands: a tenth of them over the groups one by one, the rest over all of them. */
const STREAM_LENGTH = full ? 500 : 250
const STREAMS = full ? 20 : 2
const STREAMS_OF_ALL = full ? 1800 : 8

let node: Node
let pair: ServerPair

const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]

describeWithRedisServer((real) => {
  beforeAll(async () => {
    node = new Node({ settings: { port: 0, 'enable-debug-command': 'yes' }, log: () => {} })
    const { port } = await node.listen()
    pair = {
      ours: await WireClient.connect(port),
      real: await WireClient.connect(real.port),
      replicas: { ours: await ReplicationReader.attach(port), real: await ReplicationReader.attach(real.port) },
    }
  })

  afterAll(async () => {
    for (const each of [pair?.ours, pair?.real, pair?.replicas?.ours, pair?.replicas?.real]) each?.close()
    await node?.close()
  })

  describe('random command streams are answered, and told to replicas, as by redis-server', () => {
    test.each([
      ...groups.map((group) => [group, [group], STREAMS] as const),
      ['all groups', groups, STREAMS_OF_ALL] as const,
    ])(
      '%s',
      async (_name, chosen, streams) => {
        for (let seed = FIRST_SEED; seed < FIRST_SEED + streams; seed++) {
          await expectSameAnswers(pair, seed, makeStream(seed, STREAM_LENGTH, chosen))
        }
      },
      full ? 3_600_000 : 60_000,
    )
  })
})
