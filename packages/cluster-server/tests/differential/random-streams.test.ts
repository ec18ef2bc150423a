import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { startNode } from '../../src/index.js'
import { expectSameAnswers, type ServerPair } from './differential-run.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { FORMS, makeStream } from './random-stream.js'
import { WireClient } from './wire-client.js'

const full = process.env.FULL === '1'
const STREAM_LENGTH = 250
const STREAMS = full ? 400 : 12
const FIRST_SEED = Number(process.env.SEED ?? 1)

let node: Awaited<ReturnType<typeof startNode>>
let pair: ServerPair

const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]

describeWithRedisServer((real) => {
  beforeAll(async () => {
    node = await startNode({ port: 0 })
    pair = { ours: await WireClient.connect(node.port), real: await WireClient.connect(real.port) }
  })

  afterAll(async () => {
    pair?.ours.close()
    pair?.real.close()
    await node?.close()
  })

  describe('random command streams are answered as by redis-server', () => {
    test.each([...groups.map((group) => [group, [group]] as const), ['all groups', groups] as const])(
      '%s',
      async (_name, chosen) => {
        for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
          await expectSameAnswers(pair, seed, makeStream(seed, STREAM_LENGTH, chosen))
        }
      },
      full ? 600_000 : 60_000,
    )
  })
})
