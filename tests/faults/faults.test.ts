import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { partitionsOf, slotOf } from '../../src/repositories/indexed/layout.js'
import { clusterKindsInTurn, describeClusters } from '../cluster/support/cluster-kind.js'
import { breakCluster, survivedText } from './break-cluster.js'
import { FaultCluster } from './fault-cluster.js'
import { faultSchema } from './fault-records.js'
import { Workload } from './workload.js'

const RUN_MS = process.env.FULL === '1' ? 60_000 : 12_000
const WRITERS = 8
const READERS = 3
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_007)

// Servers of its own: primaries die here.
describeClusters(
  ({ kind, programs }) => {
    describe(`under faults, seed ${seed}`, () => {
      let cluster: FaultCluster
      let connection: Connection
      let direct: Connection

      beforeAll(async () => {
        cluster = await FaultCluster.start(programs)
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
        const workload = new Workload(connection, seed, RUN_MS, () => cluster.kills)
        await workload.prepare()
        await cluster.healed()
        workload.start(WRITERS, READERS)
        const slots = [...new Set(partitionsOf(faultSchema).map((partition) => slotOf(connection, partition)))]
        const survived = await breakCluster(cluster, slots, seed, RUN_MS, 100).finally(() => workload.stop())
        await cluster.healed()
        process.stdout.write(
          `faults survived (${kind}, ${RUN_MS / 1000} s, seed ${seed}): ${survivedText(survived)}; ${workload.summary}\n`,
        )
        await workload.verify(direct)
      }
      test(title, run, timeoutMs)
    })
  },
  { kinds: clusterKindsInTurn(seed) },
)
