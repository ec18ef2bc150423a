import { test } from '@jest/globals'
import { startNode } from '../../src/index.js'
import { ReplicationReader } from '../support/replication-reader.js'
import { runStream, type ServerPair } from './differential-run.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { type FORMS, makeStream } from './random-stream.js'
import { WireClient } from './wire-client.js'

describeWithRedisServer((real) => {
  test('dev', async () => {
    const groups = (process.env.G ?? 'node').split(',') as (keyof typeof FORMS)[]
    const node = await startNode({ port: 0 })
    const open = async (): Promise<ServerPair> => ({
      ours: await WireClient.connect(node.port),
      real: await WireClient.connect(real.port),
      replicas: { ours: await ReplicationReader.attach(node.port), real: await ReplicationReader.attach(real.port) },
    })
    let pair = await open()
    const seen = new Map<string, string>()
    for (let seed = 1; seed <= Number(process.env.N ?? 300); seed++) {
      let d: string | undefined
      try {
        d = await runStream(pair, makeStream(seed, Number(process.env.LEN ?? 15), groups))
      } catch (error) {
        d = `seed ${seed} ${String(error)}`
        pair = await open()
      }
      if (d !== undefined) {
        const k = d
          .replace(/command \d+: /, '')
          .split(' ')
          .slice(0, 2)
          .join(' ')
          .toLowerCase()
        if (!seen.has(k)) seen.set(k, `${seed}: ${d.slice(0, 900)}`)
      }
    }
    if (process.env.S) {
      const { shrinkStream } = await import('./differential-run.js')
      const b = makeStream(Number(process.env.S), Number(process.env.LEN ?? 15), groups)
      const sh = await shrinkStream(pair, b)
      seen.set('s', JSON.stringify(sh.flat().map((x) => x.argv)) + '\n' + (await runStream(pair, sh)))
    }
    console.log([...seen.values()].join('\n\n'))
    await node.close()
  }, 600_000)
})
