import type { Database } from '../keyspace/database.js'
import type { Entry } from '../keyspace/entry.js'
import type { EntryWalk } from '../keyspace/entry-walk.js'
import type { DatabaseSizes, DatasetForm } from './dataset-form.js'
import { RdbWriter } from './rdb-writer.js'
import { finishValue, type RemainingSteps } from './value-encoder.js'

/** One database as it was when the snapshot began. */
interface DatabasePlan extends DatabaseSizes {
  readonly nowSeconds: number
  readonly walk: EntryWalk
  /** Entries that were written before their turn, as they were about to change. */
  readonly early: RdbWriter
}

/**
 * All data as it is at this moment, in a form that is made piece by piece while the data goes on changing: an entry that
 * is about to change is written first. To be closed, also when it is not read to its end.
 */
export class DatasetSnapshot {
  /** Number of keys written so far. */
  keys = 0
  /** Bytes of entries that were written before their turn, uncompressed: what Redis would have copied. */
  preservedBytes = 0
  readonly #databases: readonly Database[]
  readonly #form: DatasetForm
  readonly #plans: readonly DatabasePlan[]
  readonly #out: RdbWriter
  readonly #work: Generator<void, void>
  #unfinished: RemainingSteps = null
  #isDone = false

  constructor(databases: readonly Database[], form: DatasetForm) {
    this.#databases = databases
    this.#form = form
    this.#out = new RdbWriter(form.compresses)
    this.#plans = databases
      .filter((database) => database.size > 0)
      .map((database) => this.#plan(database, new RdbWriter(form.compresses, 1024)))
    this.#work = this.#write()
  }

  /** The next piece of at least `sizeBytes`, unless it is the last one; null after that. */
  next(sizeBytes: number): Buffer | null {
    while (!this.#isDone && this.#out.length < sizeBytes) {
      if (this.#work.next().done === true) this.#isDone = true
    }
    return this.#out.length === 0 ? null : this.#form.seal(this.#out.take(), this.#isDone)
  }

  /** Lets go of the databases. */
  close(): void {
    this.#isDone = true
    this.#unfinished = null
    this.#out.clear()
    for (const { walk } of this.#plans) this.#databases.some((database) => database.endWalk(walk))
  }

  #plan(database: Database, early: RdbWriter): DatabasePlan {
    const plan: Omit<DatabasePlan, 'walk'> = {
      index: database.index,
      size: database.size,
      deadlineCount: database.deadlineCount,
      nowSeconds: Math.floor(database.nowMs / 1000),
      early,
    }
    const walk = database.beginWalk((entry, wasVisited) => {
      // A visited one is being written out in steps.
      const before = early.length + early.savedBytes
      finishValue(wasVisited ? this.#unfinished : this.#beginEntry(early, entry, plan.nowSeconds))
      this.preservedBytes += early.length + early.savedBytes - before
    })
    return { ...plan, walk }
  }

  *#write(): Generator<void, void> {
    this.#form.begin(this.#out)
    for (const plan of this.#plans) yield* this.#writeDatabase(plan)
    this.#form.end(this.#out)
  }

  *#writeDatabase(plan: DatabasePlan): Generator<void, void> {
    this.#form.beginDatabase(this.#out, plan)
    for (let entry = plan.walk.next(); entry !== undefined; entry = plan.walk.next()) {
      this.#unfinished = this.#beginEntry(this.#out, entry, plan.nowSeconds)
      while (this.#unfinished !== null && this.#unfinished.next().done !== true) yield
      this.#unfinished = null
      this.#takeEarly(plan)
      yield
    }
    this.#takeEarly(plan)
  }

  #takeEarly({ early }: DatabasePlan): void {
    if (early.length === 0) return
    this.#out.bytes(early.view())
    early.clear()
  }

  #beginEntry(out: RdbWriter, entry: Entry, nowSeconds: number): RemainingSteps {
    this.keys++
    return this.#form.beginEntry(out, entry, nowSeconds)
  }
}
