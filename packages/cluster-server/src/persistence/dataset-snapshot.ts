import type { Database } from '../keyspace/database.js'
import type { Entry } from '../keyspace/entry.js'
import type { EntryWalk } from '../keyspace/entry-walk.js'
import { Crc64 } from './crc64.js'
import { Opcode, RDB_VERSION } from './rdb-format.js'
import { RdbWriter } from './rdb-writer.js'
import { beginValue, finishValue, type RemainingSteps, rdbTypeOf, type ValueFormat } from './value-encoder.js'

/** How a dataset is written. */
export interface DatasetFormat extends ValueFormat {
  /** `rdbcompression`. */
  readonly compresses: boolean
  /** `rdbchecksum`; without it the checksum is zero, which says that there is none. */
  readonly checksums: boolean
  /** What is written of the use of each key: seconds since the last access, a frequency, or nothing. */
  readonly usage: 'idle' | 'frequency' | null
}

/** What stands in a file before the keys. */
export interface DatasetHeader {
  /** Names and values of the auxiliary fields, in order. */
  readonly auxiliary: readonly (readonly [name: string, value: string])[]
  /** Sources of the function libraries. */
  readonly functions: readonly string[]
}

/** One database as it was when the snapshot began. */
interface DatabasePlan {
  readonly index: number
  readonly size: number
  readonly deadlineCount: number
  readonly nowSeconds: number
  readonly walk: EntryWalk
  /** Entries that were written before their turn, as they were about to change. */
  readonly early: RdbWriter
}

const NO_CHECKSUM = Buffer.alloc(8)

/**
 * All data as it is at this moment, as an RDB file that is made piece by piece while the data goes on changing: an entry
 * that is about to change is written first. To be closed, also when it is not read to its end.
 */
export class DatasetSnapshot {
  /** Number of keys written so far. */
  keys = 0
  /** Bytes of entries that were written before their turn. */
  preservedBytes = 0
  readonly #databases: readonly Database[]
  readonly #format: DatasetFormat
  readonly #plans: readonly DatabasePlan[]
  readonly #out: RdbWriter
  readonly #crc = new Crc64()
  readonly #work: Generator<void, void>
  #unfinished: RemainingSteps = null
  #isDone = false

  constructor(databases: readonly Database[], format: DatasetFormat, header: DatasetHeader) {
    this.#databases = databases
    this.#format = format
    this.#out = new RdbWriter(format.compresses)
    this.#plans = databases
      .filter((database) => database.size > 0)
      .map((database) => this.#plan(database, new RdbWriter(format.compresses, 1024)))
    this.#work = this.#write(header)
  }

  /** The next piece of at least `sizeBytes`, unless it is the last one; null after that. */
  next(sizeBytes: number): Buffer | null {
    while (!this.#isDone && this.#out.length < sizeBytes) {
      if (this.#work.next().done === true) this.#isDone = true
    }
    if (this.#out.length === 0) return null
    const piece = this.#out.take()
    if (!this.#format.checksums) return this.#isDone ? Buffer.concat([piece, NO_CHECKSUM]) : piece
    this.#crc.update(piece)
    return this.#isDone ? Buffer.concat([piece, this.#crc.digest()]) : piece
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
      const before = early.length
      finishValue(wasVisited ? this.#unfinished : this.#beginEntry(early, entry, plan.nowSeconds))
      this.preservedBytes += early.length - before
    })
    return { ...plan, walk }
  }

  *#write(header: DatasetHeader): Generator<void, void> {
    const out = this.#out
    out.text(`REDIS${String(RDB_VERSION).padStart(4, '0')}`)
    for (const [name, value] of header.auxiliary) {
      out.byte(Opcode.aux)
      out.string(name)
      out.string(value)
    }
    for (const source of header.functions) {
      out.byte(Opcode.function2)
      out.string(source)
    }
    for (const plan of this.#plans) yield* this.#writeDatabase(plan)
    out.byte(Opcode.end)
  }

  *#writeDatabase(plan: DatabasePlan): Generator<void, void> {
    const out = this.#out
    out.byte(Opcode.select)
    out.size(plan.index)
    out.byte(Opcode.resize)
    out.size(plan.size)
    out.size(plan.deadlineCount)
    for (let entry = plan.walk.next(); entry !== undefined; entry = plan.walk.next()) {
      this.#unfinished = this.#beginEntry(out, entry, plan.nowSeconds)
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
    const { deadline, value } = entry
    if (deadline !== null) {
      out.byte(Opcode.expiryMs)
      out.time(deadline.atMs)
    }
    if (this.#format.usage === 'idle') {
      out.byte(Opcode.idle)
      out.size(Math.max(0, nowSeconds - entry.access))
    } else if (this.#format.usage === 'frequency') {
      out.byte(Opcode.frequency)
      out.byte(entry.access & 255)
    }
    out.byte(rdbTypeOf(value))
    out.string(entry.key)
    this.keys++
    return beginValue(out, value, this.#format)
  }
}
