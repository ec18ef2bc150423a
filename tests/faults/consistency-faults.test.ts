import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { ConnectionManager } from '../../src/connections/connection-manager.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { partitionTags } from '../../src/schema/partition.js'
import { clusterKindsInTurn, describeClusters } from '../cluster/support/cluster-kind.js'
import { breakCluster, survivedText } from './break-cluster.js'
import { FaultCluster } from './fault-cluster.js'
import { IndexPart } from './index-part.js'
import { Doubts } from './loss-windows.js'
import { MigrationPart } from './migration-part.js'
import { MovingPart } from './moving-part.js'
import type { Part } from './part.js'
import { TransferPart } from './transfer-part.js'
import { UniquePart } from './unique-part.js'

const [RUN_MS, PAUSE_MS] = process.env.FULL === '1' ? [60_000, 1_500] : [4_000, 200]
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_007)

// Servers of its own: primaries die here.
describeClusters(
  ({ kind, programs }) => {
    describe(`under faults, seed ${seed}`, () => {
      let cluster: FaultCluster
      const connections = new ConnectionManager({})
      let connection: Connection
      let direct: Connection

      beforeAll(async () => {
        cluster = await FaultCluster.start(programs)
        connections.define('default', cluster.options)
        connections.define('direct', cluster.directOptions)
        connection = await connections.connection('default')
        direct = await connections.connection('direct')
      }, 90_000)
      afterAll(async () => {
        await connections.closeAll()
        await cluster?.close()
      })

      const title =
        'unique values have one holder, transactions are whole, records that move are there once, and indexes and migrations are completed'
      const run = async () => {
        const doubts = new Doubts(() => cluster.kills)
        const parts: Readonly<Record<string, Part>> = {
          confirmed: new UniquePart(connection, seed + 1_000, true, doubts),
          unconfirmed: new UniquePart(connection, seed + 2_000, false, doubts),
          transfers: new TransferPart(connections, seed + 3_000),
          moves: new MovingPart(connection, seed + 4_000, doubts),
          indexes: new IndexPart(connection, seed + 5_000, () => cluster.kills),
          migration: new MigrationPart(connection, seed + 6_000, () => cluster.kills),
        }
        const only = process.env.FAULT_PARTS?.split(',')
        const used = Object.entries(parts).filter(([name]) => only === undefined || only.includes(name))
        for (const [, part] of used) await part.prepare()
        await cluster.healed()
        const startedMs = Date.now()
        let isRunning = true
        for (const [, part] of used) part.start(() => isRunning)
        const slots = [...new Set([5, 12].flatMap((count) => partitionTags(count).map((tag) => hashSlot(`{${tag}}`))))]
        const survived = await breakCluster(cluster, slots, seed, RUN_MS, PAUSE_MS).finally(async () => {
          isRunning = false
          await Promise.all(used.map(([, part]) => part.ended()))
        })
        await cluster.healed()
        const faults: Record<string, readonly string[]> = {}
        await Promise.all(
          used.map(async ([name, part]) => {
            const found = await part.faults(direct).catch((error: Error) => [error.stack ?? error.message])
            if (found.length > 0) faults[name] = [...found.slice(0, 5), `${found.length} in all`]
          }),
        )
        const summaries = used.map(([, part]) => `  ${part.summary}\n`).join('')
        process.stdout.write(
          `faults survived (${kind}, ${Math.round((Date.now() - startedMs) / 1000)} s, seed ${seed}): ${survivedText(survived)}\n${summaries}`,
        )
        expect(faults).toEqual({})
      }
      test(title, run, RUN_MS + 240_000)
    })
  },
  { kinds: clusterKindsInTurn(seed + 1) },
)
