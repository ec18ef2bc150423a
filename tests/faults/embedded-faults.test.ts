import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { createRandom } from '../repositories/random.js'
import { describeTargets } from '../support/targets.js'
import { TcpProxy } from '../support/tcp-proxy.js'
import { anchorRecords, faultSchema, randomQuestion } from './fault-records.js'
import { Workload } from './workload.js'

const RUN_MS = process.env.FULL === '1' ? 20_000 : 4_000
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_007)

// The embedded cluster neither fails over nor moves slots; what can break there is broken. A cluster of its own.
describeTargets(['embedded-cluster'], () => {
  describe(`under faults, seed ${seed}`, () => {
    const start = async () => {
      const { startCluster } = await import('@activeredis/cluster-server')
      return startCluster({ primaries: 3, replicas: 1 })
    }
    let cluster: Awaited<ReturnType<typeof start>>
    let proxies: readonly TcpProxy[]
    let connection: Connection
    let direct: Connection

    beforeAll(async () => {
      cluster = await start()
      proxies = await Promise.all(cluster.nodes.map((node) => TcpProxy.open(node)))
      const address = (index: number) => ({ host: '127.0.0.1', port: proxies[index]!.port })
      connection = await openConnection('faults', {
        kind: 'cluster',
        nodes: cluster.nodes.map((_, index) => address(index)),
        natMap: Object.fromEntries(cluster.nodes.map(({ host, port }, index) => [`${host}:${port}`, address(index)])),
      })
      direct = await openConnection('direct', {
        kind: 'cluster',
        nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
      })
    }, 60_000)
    afterAll(async () => {
      await connection?.close()
      await direct?.close()
      await Promise.all((proxies ?? []).map((proxy) => proxy.close()))
      await cluster?.close()
    })

    test(
      'no answer is wrong or partial while connections are cut and replicas die and come back',
      async () => {
        const workload = new Workload(connection, seed, RUN_MS, () => [])
        await workload.prepare()
        workload.start(4, 2)
        const choice = createRandom(seed + 200)
        const survived = { cuts: 0, lostAnswers: 0, replicas: 0 }
        const endMs = Date.now() + RUN_MS
        try {
          for (let turn = 0; Date.now() < endMs; turn += 1) {
            await delay(50 + choice.below(200))
            const proxy = choice.of(proxies)
            if (turn % 8 === 7) {
              const replica = 3 + choice.below(3)
              await cluster.kill(replica)
              await cluster.restart(replica)
              survived.replicas += 1
            } else if (choice.below(2) === 0) {
              proxy.cut()
              survived.cuts += 1
            } else {
              proxy.holdReplies()
              await delay(2 + choice.below(20))
              proxy.cut()
              proxy.releaseReplies()
              survived.lostAnswers += 1
            }
          }
        } finally {
          await workload.stop()
        }
        process.stdout.write(
          `faults survived (embedded, ${RUN_MS / 1000} s, seed ${seed}): ${survived.cuts} cuts, ` +
            `${survived.lostAnswers} losses of answers, ${survived.replicas} replicas; ${workload.summary}\n`,
        )
        await workload.verify(direct)
      },
      RUN_MS + 120_000,
    )

    test('a primary that is dead makes every query over its slots an error, never a smaller answer', async () => {
      const impatient = await openConnection('impatient', {
        kind: 'cluster',
        nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
        retryForMs: 100,
      })
      const repository = new IndexedRepository(async () => impatient)
      const anchors = anchorRecords(createRandom(seed), 120)
      const random = createRandom(seed)
      await cluster.kill(1)
      for (let round = 0; round < 10; round += 1) {
        const question = randomQuestion(random)
        const answer = await repository.select(faultSchema, question).catch((error: { code: string }) => error.code)
        if (typeof answer === 'string') expect(['CONNECTION', 'SERVER']).toContain(answer)
        else expect(answer.trace.slots.size).toBe(0)
      }
      const plain = repository.reading({})
      const everything = { where: { type: 'all', of: [] }, order: [], limit: null, offset: 0, after: null } as const
      const answer = await plain.repository
        .select(faultSchema, everything)
        .catch((error: { code: string }) => error.code)
      // The replica may answer for it: then completely.
      if (typeof answer === 'string') expect(['CONNECTION', 'SERVER']).toContain(answer)
      else expect(answer.records.filter(({ id }) => id.startsWith('anchor'))).toHaveLength(anchors.length)
      await cluster.restart(1)
      expect((await repository.indexes.verify(faultSchema)).isClean).toBe(true)
      await impatient.close()
    }, 60_000)
  })
})
