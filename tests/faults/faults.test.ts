import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { partitionsOf, slotOf } from '../../src/repositories/indexed/layout.js'
import { createRandom } from '../repositories/random.js'
import { describeTargets } from '../support/targets.js'
import { FaultCluster } from './fault-cluster.js'
import { faultSchema } from './fault-records.js'
import { Workload } from './workload.js'

const RUN_MS = process.env.FULL === '1' ? 60_000 : 12_000
const WRITERS = 8
const READERS = 3
const FAULTS = ['slot', 'kill', 'slot', 'promote'] as const
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_007)

// Servers of its own: primaries die here.
describeTargets(['redis-cluster'], () => {
  describe(`under faults, seed ${seed}`, () => {
    let cluster: FaultCluster
    let connection: Connection
    let direct: Connection

    beforeAll(async () => {
      cluster = await FaultCluster.start()
      connection = await openConnection('faults', cluster.options)
      direct = await openConnection('direct', cluster.directOptions)
    }, 90_000)
    afterAll(async () => {
      await connection?.close()
      await direct?.close()
      await cluster?.close()
    })

    const title = 'no answer is wrong or partial, no confirmed write is lost, and the indexes are right afterwards'
    const timeoutMs = RUN_MS + 240_000
    const run = async () => {
      const workload = new Workload(connection, seed)
      await workload.prepare()
      await cluster.healed()
      workload.start(WRITERS, READERS)
      const survived = { kills: 0, promotions: 0, slots: 0, keys: 0, cuts: 0, lostAnswers: 0 }

      const cutting = (async () => {
        const choice = createRandom(seed + 200)
        while (workload.isRunning) {
          await delay(50 + choice.below(250))
          if (choice.below(2) === 0) {
            cluster.cutConnections(choice.below(6))
            survived.cuts += 1
          } else {
            await cluster.loseAnswers(choice.below(6), 2 + choice.below(20))
            survived.lostAnswers += 1
          }
        }
      })()
      const slots = [...new Set(partitionsOf(faultSchema).map((partition) => slotOf(connection, partition)))]
      const breakSomething = async (fault: (typeof FAULTS)[number], choice: ReturnType<typeof createRandom>) => {
        const primary = choice.of(await cluster.primaries())
        switch (fault) {
          case 'slot': {
            const moved = await cluster.moveSlot(choice.of(slots), primary)
            survived.keys += moved
            if (moved > 0) survived.slots += 1
            break
          }
          case 'kill':
            await cluster.killPrimary(primary)
            survived.kills += 1
            survived.promotions += 1
            break
          case 'promote':
            await cluster.promoteReplica(primary)
            survived.promotions += 1
            break
          default:
            throw new TypeError(String(fault satisfies never))
        }
      }
      try {
        const choice = createRandom(seed + 300)
        const endMs = Date.now() + RUN_MS
        for (let turn = 0; Date.now() < endMs; turn += 1) {
          await breakSomething(FAULTS[turn % FAULTS.length]!, choice)
          await delay(choice.below(100))
        }
      } finally {
        await workload.stop()
        await cutting
      }
      await cluster.healed()
      process.stdout.write(
        `faults survived (${RUN_MS / 1000} s, seed ${seed}): ${survived.kills} kills, ${survived.promotions} promotions, ` +
          `${survived.slots} slots moved with ${survived.keys} keys, ${survived.cuts} cuts, ` +
          `${survived.lostAnswers} losses of answers; ${workload.summary}\n`,
      )
      await workload.verify(direct)
    }
    test(title, run, timeoutMs)
  })
})
