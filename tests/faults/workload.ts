import { expect } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import type { StoredRecord } from '../../src/repositories/repository.js'
import { selectInMemory } from '../../src/repositories/select-in-memory.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { createRandom } from '../repositories/random.js'
import { until } from '../support/until.js'
import { faultsOfAggregate, faultsOfCounts } from './anchor-answers.js'
import { everyRecord } from './brute-force.js'
import { runReader, runWriter } from './fault-clients.js'
import {
  ANCHORS,
  anchorRecords,
  type BriefRecord,
  briefRecords,
  faultSchema,
  faultsOfAnswer,
  randomQuestion,
  rowsOf,
} from './fault-records.js'
import { Ledger } from './ledger.js'
import { mayBeLostIn, type Span } from './loss-windows.js'

/** Writers and readers of one seed, on a connection that others break, and what must hold of their work. */
export class Workload {
  readonly ledger: Ledger
  readonly #repository: IndexedRepository
  readonly #seed: number
  readonly #runMs: number
  readonly #anchors: readonly StoredRecord[]
  #brief: readonly BriefRecord[] = []
  #isRunning = true
  #writers: Promise<void>[] = []
  #readers: Promise<number>[] = []
  #answers = 0
  #inspecting: Promise<void> = Promise.resolve()
  #inspections = 0

  /**
   * @param runMs How long it is about to go on.
   * @param kills When primaries died.
   */
  constructor(connection: Connection, seed: number, runMs: number, kills: () => readonly Span[]) {
    this.#runMs = runMs
    this.ledger = new Ledger(mayBeLostIn(kills))
    this.#repository = new IndexedRepository(async () => connection)
    this.#seed = seed
    this.#anchors = anchorRecords(createRandom(seed), 120)
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Stores the records that nobody changes. They count as confirmed: replicas must have them before anything breaks. */
  async prepare(): Promise<void> {
    this.#brief = briefRecords(createRandom(this.#seed + 1), 150, Date.now() + 2_000, this.#runMs)
    const lasting = this.#anchors.map((anchor) => ({ ...anchor, deadlineMs: null }))
    for (const { id, fields, deadlineMs } of [...lasting, ...this.#brief]) {
      this.ledger.offered(fields)
      await this.#repository.insert(faultSchema, { id, fields, expiresAtMs: deadlineMs }, { replace: false })
      this.ledger.wrote(id, { fields, deadlineMs }, 'confirmed', 0)
    }
  }

  start(writers: number, readers: number): void {
    const running = () => this.#isRunning
    this.#writers = Array.from({ length: writers }, (_, index) =>
      runWriter(`w${index}`, this.#repository, createRandom(this.#seed + index + 1), this.ledger, running),
    )
    this.#inspecting = this.#inspect()
    this.#readers = Array.from({ length: readers }, (_, index) =>
      runReader(
        this.#repository,
        createRandom(this.#seed + 100 + index),
        this.#anchors,
        this.#brief,
        this.ledger,
        running,
      ),
    )
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all([...this.#writers, this.#inspecting])
    this.#answers = (await Promise.all(this.#readers)).reduce((sum, count) => sum + count, 0)
  }

  /** The indexes are right at every moment, not only in the end. */
  async #inspect(): Promise<void> {
    while (this.#isRunning) {
      try {
        const report = await this.#repository.indexes.verify(faultSchema, { batchSize: 50 })
        if (!report.isClean) this.ledger.violations.push(`meanwhile: ${JSON.stringify(report)}`)
        this.#inspections += 1
      } catch (error) {
        this.ledger.noteError('verify', error)
      }
    }
  }

  get summary(): string {
    const { operations, confirmed, size, retired, errors } = this.ledger
    return (
      `${operations} writes (${confirmed} confirmed) of ${size} records (${retired} of unknown outcome), ` +
      `${this.#answers} answers checked, ${this.#inspections} times verified meanwhile; errors: ${errors}`
    )
  }

  /** When everything is mended: the ledger, a scan of all records, every kind of query and the indexes agree. */
  async verify(direct: Connection): Promise<void> {
    const { ledger } = this
    expect([...ledger.violations, ...ledger.contradictions].slice(0, 5)).toEqual([])
    await until(() => Date.now() > ledger.latestDeadlineMs + 100)
    const stored = await everyRecord(direct, faultSchema)
    const found = new Map([...stored].map(([id, { record }]) => [id, record.fields]))
    expect(ledger.differences(found, Date.now()).slice(0, 5)).toEqual([])
    const all = [...stored.values()].map(({ record }) => record)
    const random = createRandom(this.#seed + 1_000)
    for (let round = 0; round < 100; round += 1) {
      const question = randomQuestion(random)
      const reading = round % 2 === 0 ? undefined : this.#repository.reading({ readYourWrites: true })
      const { records } = await (reading?.repository ?? this.#repository).select(faultSchema, question)
      const expected = selectInMemory(faultSchema, stored.values(), question).records.map(({ id }) => id)
      expect({ question, ids: records.map(({ id }) => id) }).toEqual({ question, ids: expected })
      expect(faultsOfAnswer(question, records, this.#anchors, Date.now(), false)).toEqual([])
      const { count } = await this.#repository.count(faultSchema, question.where)
      expect(count).toBe(expected.length)
      const size = 1 + random.below(40)
      const paged = await rowsOf(this.#repository, question, size)
      expect({ question, size, ids: paged.map(({ id }) => id) }).toEqual({ question, size, ids: expected })
      const of = { type: random.of(['sum', 'min', 'max'] as const), attribute: 'level' }
      const by = random.of(['group', 'grade', 'level'])
      expect([
        ...(await faultsOfAggregate(this.#repository, faultSchema, all, question.where, of)),
        ...(await faultsOfCounts(this.#repository, faultSchema, all, question.where, by)),
      ]).toEqual([])
    }
    const isAnchor = { type: 'equals', attribute: 'group', value: ANCHORS } as const
    expect((await this.#repository.count(faultSchema, isAnchor)).count).toBe(60)
    expect(await auditIndexes(direct, faultSchema)).toEqual([])
    const report = await this.#repository.indexes.verify(faultSchema, { scanKeys: true })
    expect(report).toMatchObject({ isClean: true, records: stored.size })
  }
}
