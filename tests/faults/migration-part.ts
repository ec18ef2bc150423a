import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/connections/connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { migrateRecords } from '../../src/repositories/migration/migrate-records.js'
import { MigratingRepository } from '../../src/repositories/migration/migrating-repository.js'
import type { StoredRecord } from '../../src/repositories/repository.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { createRandom, type Random } from '../repositories/random.js'
import { schemaOf } from '../repositories/sample-schema.js'
import { everyRecord } from './brute-force.js'
import { ErrorCount } from './error-count.js'
import { Ledger } from './ledger.js'
import { runLedgerWriter } from './ledger-writer.js'
import { mayBeLostIn, type Span } from './loss-windows.js'
import { type Part, WAIT } from './part.js'

const FROM = { partitions: 5 }
const RECORDS = 250

/** One model on its way. */
interface Generation {
  readonly schema: ModelSchema
  readonly records: readonly StoredRecord[]
  readonly ledger: Ledger
  isMoved: boolean
}

/** Models that go from five partitions to twelve, one after the other, while they are written and read. */
export class MigrationPart implements Part {
  readonly #connection: Connection
  readonly #seed: number
  readonly #mayBeLost: (during: Span) => boolean
  readonly #errors = new ErrorCount()
  readonly #violations: string[] = []
  readonly #generations: Generation[] = []
  #work: Promise<void> = Promise.resolve()
  #begun = 0
  #answers = 0
  #interrupted = 0

  constructor(connection: Connection, seed: number, kills: () => readonly Span[]) {
    this.#mayBeLost = mayBeLostIn(kills)
    this.#connection = connection
    this.#seed = seed
  }

  async prepare(): Promise<void> {
    await this.#begin()
  }

  start(isRunning: () => boolean): void {
    this.#work = this.#run(isRunning)
  }

  async ended(): Promise<void> {
    await this.#work
  }

  async faults(direct: Connection): Promise<readonly string[]> {
    const faults = [...this.#errors.unexpected, ...this.#violations]
    for (const { schema, ledger, isMoved } of this.#generations) {
      const source = async () => direct
      // Whatever was left when everything ended.
      const last = await migrateRecords(source, schema, { from: FROM })
      if (last.left > 0 || last.failures.length > 0) faults.push(`left behind: ${JSON.stringify(last)}`)
      if (isMoved && last.moved > 0)
        faults.push(`${last.moved} records of ${schema.prefix} were back in the old layout`)
      await migrateRecords(source, schema, { from: FROM, finish: true })
      const old = await everyRecord(direct, { ...schema, partitions: FROM.partitions })
      const stored = await everyRecord(direct, schema)
      // The partitions of both layouts have tags of their own, or share them: then the new layout has these records.
      for (const id of old.keys()) if (!stored.has(id)) faults.push(`${id} is in the old layout still`)
      const found = new Map([...stored].map(([id, { record }]) => [id, record.fields]))
      faults.push(...ledger.violations, ...ledger.differences(found, Date.now()))
      faults.push(...(await auditIndexes(direct, schema)))
      const report = await new IndexedRepository(source).indexes.verify(schema, { scanKeys: true })
      if (!report.isClean || report.records !== stored.size) faults.push(`${schema.prefix}: ${JSON.stringify(report)}`)
    }
    return faults
  }

  get summary(): string {
    const writes = this.#generations.reduce((sum, { ledger }) => sum + ledger.operations, 0)
    const moved = this.#generations.filter(({ isMoved }) => isMoved).length
    return (
      `migrations: ${moved} of ${this.#generations.length} finished under faults, interrupted ${this.#interrupted} times, ` +
      `beside ${writes} writes and ${this.#answers} answers; errors: ${this.#errors.text}`
    )
  }

  async #begin(): Promise<Generation> {
    const number = this.#begun
    this.#begun += 1
    const schema = schemaOf(`travel${number}`, 12, {
      group: [textCast, 'equality'],
      level: [integerCast, 'range'],
    })
    const random = createRandom(this.#seed + number)
    const records = Array.from({ length: RECORDS }, (_, at) => ({ id: `stay-${at}`, fields: fields(random) }))
    const ledger = new Ledger(this.#mayBeLost)
    const generation: Generation = { schema, records, ledger, isMoved: false }
    const fromMs = Date.now()
    const view = this.#connection.confirmedWrites(WAIT)
    const repository = new MigratingRepository(async () => view, FROM)
    const outcomes = await repository.insertMany(
      schema,
      records.map((record) => ({ ...record, expiresAtMs: null })),
    )
    const isSure = view.shortfall() === null
    for (const [index, { id, fields }] of records.entries()) {
      const outcome = outcomes[index]
      if (outcome instanceof Error) throw outcome
      ledger.wrote(id, { fields, deadlineMs: null }, isSure ? 'confirmed' : 'acknowledged', fromMs)
    }
    this.#generations.push(generation)
    return generation
  }

  async #run(isRunning: () => boolean): Promise<void> {
    let generation = this.#generations[0]!
    const unconfirmed = new MigratingRepository(async () => this.#connection, FROM)
    for (let number = 0; ; number += 1) {
      const current = generation
      const isGoing = () => isRunning() && !current.isMoved
      const seed = this.#seed + 1_000 * number
      const writers = ['w1', 'w2'].map((name, index) =>
        runLedgerWriter(
          {
            name,
            connection: this.#connection,
            open: (connection) =>
              connection === this.#connection ? unconfirmed : new MigratingRepository(async () => connection, FROM),
            schema: current.schema,
            fields,
            mostRecords: 30,
            ledger: current.ledger,
            // A write takes its record along to the new layout: without replicas' word a failover may lose it on the way.
            mayLoseRecord: true,
          },
          createRandom(seed + index),
          isGoing,
        ),
      )
      const reader = this.#read(current, createRandom(seed + 5), isGoing)
      await this.#move(current, createRandom(seed + 6), isRunning)
      await Promise.all([...writers, reader])
      for (let isBegun = false; !isBegun && isRunning(); ) {
        try {
          generation = await this.#begin()
          isBegun = true
        } catch (error) {
          this.#errors.note('fill', error)
          await delay(50)
        }
      }
      if (!isRunning()) return
    }
  }

  /** Runs the migration again and again until it is through. */
  async #move(generation: Generation, random: Random, isRunning: () => boolean): Promise<void> {
    await delay(random.below(300))
    while (isRunning() && !generation.isMoved) {
      try {
        let left = 2 + random.below(12)
        const interruption = new AbortController()
        const report = await migrateRecords(async () => this.#connection, generation.schema, {
          from: FROM,
          batchSize: 8,
          waitReplicas: WAIT.replicas,
          timeoutMs: WAIT.timeoutMs,
          signal: interruption.signal,
          onProgress: () => {
            left -= 1
            if (left === 0) interruption.abort()
          },
        })
        generation.isMoved = report.left === 0
      } catch (error) {
        if (!(error instanceof DOMException)) this.#errors.note('migration', error)
        this.#interrupted += 1
        await delay(20)
      }
    }
  }

  async #read({ schema, records }: Generation, random: Random, isRunning: () => boolean): Promise<void> {
    const repository = new MigratingRepository(async () => this.#connection, FROM)
    while (isRunning()) {
      try {
        const where = { type: 'all', of: [] } as const
        const page = await repository.select(schema, { where, order: [], limit: null, offset: 0, after: null })
        const ids = page.records.map(({ id }) => id)
        if (new Set(ids).size < ids.length) this.#violations.push(`a record of ${schema.prefix} came twice`)
        const stays = ids.filter((id) => id.startsWith('stay-')).length
        if (stays !== records.length)
          this.#violations.push(`${stays} of ${records.length} records of ${schema.prefix} were found`)
        this.#answers += 1
      } catch (error) {
        this.#errors.note('reader', error)
      }
      await delay(random.below(20))
    }
  }
}

function fields(random: Random): string[] {
  return ['group', `g${random.below(3)}`, 'level', String(random.below(1_000))]
}
