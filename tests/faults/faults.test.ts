import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf, slotOf } from '../../src/repositories/indexed/layout.js'
import { selectInMemory } from '../../src/repositories/select-in-memory.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { createRandom } from '../repositories/random.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'
import { everyRecord } from './brute-force.js'
import { runReader, runWriter } from './fault-clients.js'
import { FaultCluster } from './fault-cluster.js'
import { ANCHORS, anchorRecords, faultSchema, faultsOfAnswer, randomQuestion } from './fault-records.js'
import { Ledger } from './ledger.js'

const RUN_MS = process.env.FULL === '1' ? 60_000 : 12_000
const WRITERS = 8
const READERS = 3
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

    test(
      'no answer is wrong or partial, no confirmed write is lost, and the indexes are right afterwards',
      async () => {
        const random = createRandom(seed)
        const ledger = new Ledger()
        const repository = new IndexedRepository(async () => connection)
        const anchors = anchorRecords(random, 120)
        for (const anchor of anchors) {
          await repository.insert(faultSchema, { ...anchor, expiresAtMs: null }, { replace: false })
          ledger.wrote(anchor.id, { fields: anchor.fields, deadlineMs: null }, 'confirmed')
        }
        await cluster.healed()

        let isRunning = true
        const running = () => isRunning
        const writers = Array.from({ length: WRITERS }, (_, index) =>
          runWriter(`w${index}`, repository, createRandom(seed + index + 1), ledger, running),
        )
        const readers = Array.from({ length: READERS }, (_, index) =>
          runReader(repository, createRandom(seed + 100 + index), anchors, ledger, running),
        )

        const faults = { kills: 0, promotions: 0, slots: 0, keys: 0, cuts: 0, lostAnswers: 0 }
        const cutting = (async () => {
          const choice = createRandom(seed + 200)
          while (isRunning) {
            await delay(50 + choice.below(250))
            if (choice.below(2) === 0) {
              cluster.cutConnections(choice.below(6))
              faults.cuts += 1
            } else {
              await cluster.loseAnswers(choice.below(6), 2 + choice.below(20))
              faults.lostAnswers += 1
            }
          }
        })()
        const slots = [...new Set(partitionsOf(faultSchema).map((partition) => slotOf(connection, partition)))]
        const breaking = (async () => {
          const choice = createRandom(seed + 300)
          const endMs = Date.now() + RUN_MS
          for (let turn = 0; Date.now() < endMs; turn += 1) {
            const primaries = await cluster.primaries()
            const victim = choice.of(primaries)
            switch ((['slot', 'kill', 'slot', 'promote'] as const)[turn % 4]) {
              case 'slot': {
                const moved = await cluster.moveSlot(choice.of(slots), victim)
                faults.keys += moved
                if (moved > 0) faults.slots += 1
                else turn -= 1
                break
              }
              case 'kill':
                await cluster.killPrimary(victim)
                faults.kills += 1
                faults.promotions += 1
                break
              case 'promote':
                await cluster.promoteReplica(victim)
                faults.promotions += 1
                break
            }
            await delay(choice.below(100))
          }
        })()
        try {
          await breaking
        } finally {
          isRunning = false
        }
        await cutting
        await Promise.all(writers)
        const answers = (await Promise.all(readers)).reduce((sum, count) => sum + count, 0)
        await cluster.healed()

        process.stdout.write(
          `faults survived (${RUN_MS / 1000} s, seed ${seed}): ${faults.kills} kills, ${faults.promotions} promotions, ` +
            `${faults.slots} slots moved with ${faults.keys} keys, ${faults.cuts} cuts, ${faults.lostAnswers} losses of answers; ` +
            `${ledger.operations} writes (${ledger.confirmed} confirmed) of ${ledger.size} records (${ledger.retired} of unknown outcome), ` +
            `${answers} answers checked; errors: ${ledger.errors}\n`,
        )
        expect(ledger.violations.slice(0, 5)).toEqual([])

        // What expires meanwhile is neither here nor there.
        await until(async () => {
          const times = [...(await everyRecord(direct, faultSchema)).values()].map(({ record }) => {
            const at = record.fields.indexOf('until')
            return at < 0 ? 0 : Number(record.fields[at + 1])
          })
          return Math.max(0, ...times) < Date.now() - 100
        }, 10_000)
        const settledMs = Date.now()
        await delay(1_500)
        const stored = await everyRecord(direct, faultSchema)
        const found = new Map([...stored].map(([id, { record }]) => [id, record.fields]))
        expect(ledger.differences(found, settledMs).slice(0, 5)).toEqual([])

        for (let round = 0; round < 100; round += 1) {
          const question = randomQuestion(random)
          const reading = round % 2 === 0 ? undefined : repository.reading({ readYourWrites: true })
          const { records } = await (reading?.repository ?? repository).select(faultSchema, question)
          const expected = selectInMemory(faultSchema, stored.values(), question)
          expect({ question, ids: records.map(({ id }) => id) }).toEqual({
            question,
            ids: expected.records.map(({ id }) => id),
          })
          expect(faultsOfAnswer(question, records, anchors, Date.now(), false)).toEqual([])
          const { count } = await repository.count(faultSchema, question.where)
          expect(count).toBe(expected.records.length)
        }
        const { count } = await repository.count(faultSchema, { type: 'equals', attribute: 'group', value: ANCHORS })
        expect(count).toBe(60)
        expect(await auditIndexes(direct, faultSchema)).toEqual([])
        const report = await repository.indexes.verify(faultSchema)
        expect(report).toMatchObject({ isClean: true, records: stored.size })
      },
      RUN_MS + 240_000,
    )
  })
})
