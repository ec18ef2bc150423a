import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/connections/connection.js'
import { IndexNotReadyError } from '../../src/errors/index-errors.js'
import { matches } from '../../src/repositories/evaluate.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import type { StoredRecord } from '../../src/repositories/repository.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { createRandom, type Random } from '../repositories/random.js'
import { schemaOf } from '../repositories/sample-schema.js'
import { everyRecord } from './brute-force.js'
import { ErrorCount } from './error-count.js'
import { Ledger } from './ledger.js'
import { runLedgerWriter } from './ledger-writer.js'
import { mayBeLostIn, type Span } from './loss-windows.js'
import type { Part } from './part.js'

const GROUPS = ['g0', 'g1', 'g2']
const ANCHORS = 200

/** The release that runs, and the next one, which searches for labels and for groups with levels as well. */
const older = schemaOf('growing', 12, {
  group: [textCast, 'equality'],
  level: [integerCast, 'none'],
  label: [textCast, 'none'],
})
const newer = schemaOf(
  'growing',
  12,
  { group: [textCast, 'equality'], level: [integerCast, 'range'], label: [textCast, 'range'] },
  [['group', 'level']],
)

/** Attributes that become searchable while two releases write: `build` and `repair` again and again, through everything. */
export class IndexPart implements Part {
  readonly #connection: Connection
  readonly #seed: number
  readonly #ledger: Ledger
  readonly #errors = new ErrorCount('INDEX_NOT_READY')
  readonly #violations: string[] = []
  readonly #anchors: readonly StoredRecord[]
  #work: Promise<void>[] = []
  #answers = 0
  #runs = 0
  #resumed = 0

  constructor(connection: Connection, seed: number, kills: () => readonly Span[]) {
    this.#ledger = new Ledger(mayBeLostIn(kills))
    this.#connection = connection
    this.#seed = seed
    const random = createRandom(seed)
    this.#anchors = Array.from({ length: ANCHORS }, (_, at) => ({
      id: `anchor-${at}`,
      fields: fields(random, `a ${at}`),
    }))
  }

  async prepare(): Promise<void> {
    const repository = new IndexedRepository(async () => this.#connection)
    await repository.insertMany(
      older,
      this.#anchors.map((record) => ({ ...record, expiresAtMs: null })),
    )
    for (const { id, fields } of this.#anchors) this.#ledger.wrote(id, { fields, deadlineMs: null }, 'confirmed', 0)
  }

  start(isRunning: () => boolean): void {
    const startedMs = Date.now()
    const open = (connection: Connection) => new IndexedRepository(async () => connection)
    const common = { connection: this.#connection, open, fields, mostRecords: 40, ledger: this.#ledger }
    // The older release ends at some time; only then a build can last.
    const isOlderRunning = () => isRunning() && Date.now() < startedMs + 5_000
    this.#work = [
      runLedgerWriter({ ...common, name: 'old', schema: older }, createRandom(this.#seed + 1), isOlderRunning),
      runLedgerWriter({ ...common, name: 'new1', schema: newer }, createRandom(this.#seed + 2), isRunning),
      runLedgerWriter({ ...common, name: 'new2', schema: newer }, createRandom(this.#seed + 3), isRunning),
      this.#maintain(createRandom(this.#seed + 5), isRunning),
      this.#read(createRandom(this.#seed + 4), isRunning),
    ]
  }

  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  async faults(direct: Connection): Promise<readonly string[]> {
    const faults = [...this.#errors.unexpected, ...this.#violations, ...this.#ledger.violations]
    const repository = new IndexedRepository(async () => direct)
    await repository.indexes.build(newer)
    const status = await repository.indexes.status(newer)
    if (!status.isReady) faults.push(`not ready after build: ${JSON.stringify(status)}`)
    const report = await repository.indexes.verify(newer, { scanKeys: true })
    if (!report.isClean) faults.push(`build left: ${JSON.stringify(report)}`)
    await repository.indexes.repair(newer)
    const repaired = await repository.indexes.verify(newer, { scanKeys: true })
    if (!repaired.isClean) faults.push(`repair left: ${JSON.stringify(repaired)}`)
    faults.push(...(await auditIndexes(direct, newer)))
    const stored = await everyRecord(direct, newer)
    if (report.records !== stored.size) faults.push(`verify saw ${report.records} of ${stored.size} records`)
    const found = new Map([...stored].map(([id, { record }]) => [id, record.fields]))
    faults.push(...this.#ledger.differences(found, Date.now()))
    return faults
  }

  get summary(): string {
    return (
      `indexes: ${this.#runs} builds and repairs (resumed ${this.#resumed} times) beside ${this.#ledger.operations} writes, ` +
      `${this.#answers} answers; errors: ${this.#errors.text}`
    )
  }

  /** Builds and repairs in turn, each interrupted now and then, and then from where it was. */
  async #maintain(random: Random, isRunning: () => boolean): Promise<void> {
    const { indexes } = new IndexedRepository(async () => this.#connection)
    for (let round = 0; isRunning(); round += 1) {
      const run = round % 2 === 0 ? indexes.build.bind(indexes) : indexes.repair.bind(indexes)
      let token: string | null = null
      for (let isDone = false; !isDone && isRunning(); ) {
        let left = random.below(3) === 0 ? 1 + random.below(12) : Number.POSITIVE_INFINITY
        const interruption = new AbortController()
        const onProgress = (progress: { readonly token: string }) => {
          token = progress.token
          left -= 1
          if (left === 0) interruption.abort()
        }
        try {
          const resume = token === null ? {} : { resume: token }
          await run(newer, { batchSize: 20, onProgress, signal: interruption.signal, ...resume })
          isDone = true
          this.#runs += 1
        } catch (error) {
          if (error !== interruption.signal.reason) this.#errors.note(`maintenance ${round}`, error)
          if (token !== null) this.#resumed += 1
          await delay(10)
        }
      }
    }
  }

  async #read(random: Random, isRunning: () => boolean): Promise<void> {
    const repository = new IndexedRepository(async () => this.#connection)
    while (isRunning()) {
      const low = random.below(1_000)
      const where = random.of([
        { type: 'range', attribute: 'level', min: { value: String(low), inclusive: true } },
        { type: 'like', attribute: 'label', pattern: { parts: ['a ', ''] } },
        {
          type: 'all',
          of: [
            { type: 'equals', attribute: 'group', value: random.of(GROUPS) },
            { type: 'equals', attribute: 'level', value: String(low) },
          ],
        },
      ] as const)
      try {
        const page = await repository.select(newer, { where, order: [], limit: null, offset: 0, after: null })
        const ids = new Set(page.records.map(({ id }) => id))
        for (const row of page.records) {
          if (!matches(newer, where, row)) this.#violations.push(`${row.id} does not match ${JSON.stringify(where)}`)
        }
        for (const anchor of this.#anchors) {
          if (!matches(newer, where, anchor) || ids.has(anchor.id)) continue
          this.#violations.push(`${anchor.id} is missing of ${JSON.stringify(where)}`)
        }
        this.#answers += 1
      } catch (error) {
        if (!(error instanceof IndexNotReadyError)) this.#errors.note('reader', error)
      }
      await delay(random.below(10))
    }
  }
}

function fields(random: Random, label: string): string[] {
  return ['group', random.of(GROUPS), 'level', String(random.below(1_000)), 'label', label]
}
