import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import type { ClusterOptions } from '../../src/connections/connection-options.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { createRandom } from '../repositories/random.js'
import { describeTargets } from '../support/targets.js'
import { TcpProxy } from '../support/tcp-proxy.js'
import { until } from '../support/until.js'
import { anchorRecords, faultSchema, faultsOfAnswer, randomQuestion } from './fault-records.js'
import { Workload } from './workload.js'

const RUN_MS = process.env.FULL === '1' ? 20_000 : 4_000
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_007)

type EmbeddedCluster = Awaited<ReturnType<typeof startCluster>>

const startCluster = async (replicas: number) => {
  const server = await import('@activeredis/cluster-server')
  return server.startCluster({ primaries: 3, replicas })
}

const directly = (cluster: EmbeddedCluster): ClusterOptions => ({
  kind: 'cluster',
  nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
})

// What can break in a cluster within one program is broken. Clusters of their own.
describeTargets(['embedded-cluster'], () => {
  describe(`under faults, seed ${seed}`, () => {
    let cluster: EmbeddedCluster
    let proxies: readonly TcpProxy[]
    let connection: Connection
    let direct: Connection

    beforeAll(async () => {
      cluster = await startCluster(1)
      proxies = await Promise.all(cluster.nodes.map((node) => TcpProxy.open(node)))
      const address = (index: number) => ({ host: '127.0.0.1', port: proxies[index]!.port })
      connection = await openConnection('faults', {
        kind: 'cluster',
        nodes: cluster.nodes.map((_, index) => address(index)),
        natMap: Object.fromEntries(cluster.nodes.map(({ host, port }, index) => [`${host}:${port}`, address(index)])),
      })
      direct = await openConnection('direct', directly(cluster))
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

    test('while a primary that died is replaced, every answer is an error or whole, and all are whole afterwards', async () => {
      const impatient = await openConnection('impatient', { ...directly(cluster), retryForMs: 100 })
      const repository = new IndexedRepository(async () => impatient)
      const anchors = anchorRecords(createRandom(seed), 120)
      const random = createRandom(seed)
      await cluster.kill(1)
      let answersAfterwards = 0
      await until(async () => {
        const isReplaced = cluster.nodes[4]?.role === 'primary'
        const question = randomQuestion(random)
        const askedAtMs = Date.now()
        const answer = await repository.select(faultSchema, question).catch((error: { code: string }) => error.code)
        if (typeof answer === 'string') expect(['CONNECTION', 'SERVER']).toContain(answer)
        else expect(faultsOfAnswer(question, answer.records, anchors, askedAtMs, false)).toEqual([])
        if (isReplaced && typeof answer !== 'string') answersAfterwards += 1
        return answersAfterwards >= 10
      }, 30_000)
      await cluster.restart(1)
      expect(cluster.nodes[1]?.role).toBe('replica')
      expect((await repository.indexes.verify(faultSchema)).isClean).toBe(true)
      await impatient.close()
    }, 60_000)
  })

  test('a primary that is dead, and has no replica, makes every query over its slots an error, never a smaller answer', async () => {
    const cluster = await startCluster(0)
    const impatient = await openConnection('impatient', { ...directly(cluster), retryForMs: 100 })
    try {
      const repository = new IndexedRepository(async () => impatient)
      const random = createRandom(seed)
      for (const { id, fields } of anchorRecords(random, 40)) {
        await repository.insert(faultSchema, { id, fields, expiresAtMs: null }, { replace: false })
      }
      await cluster.kill(1)
      for (let round = 0; round < 10; round += 1) {
        const question = randomQuestion(random)
        const answer = await repository.select(faultSchema, question).catch((error: { code: string }) => error.code)
        if (typeof answer === 'string') expect(['CONNECTION', 'SERVER']).toContain(answer)
        else expect(answer.trace.slots.size).toBe(0)
      }
    } finally {
      await impatient.close()
      await cluster.close()
    }
  }, 60_000)
})
