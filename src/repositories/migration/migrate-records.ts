import { setTimeout } from 'node:timers/promises'
import type { ReplicaWait } from '../../connections/connection.js'
import { InvalidArgumentError, InvalidStateError } from '../../errors/usage-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { canonicalFields } from '../canonical-fields.js'
import type { ConnectionSource } from '../connection-source.js'
import { IndexedRepository } from '../indexed/indexed-repository.js'
import { keyOfRecord } from '../record-keys.js'
import type { StoredRecord } from '../repository.js'
import { arrivedOf, forgetArrivals } from './arrivals.js'
import { checkDestination, checkOrigin, type MigrationOrigin, originText } from './migration-origin.js'
import type { MigrationSource, MoveOutcome, SourceBatch, SourceRecord } from './migration-source.js'
import { beginMoving, forgetMigration, readPhase } from './migration-state.js'
import { sourceOf } from './source-of.js'

/** How far a migration is. */
export interface MigrationProgress {
  readonly model: string
  /** Records of the old layout seen in this pass over it, those that it is expected to see, and those moved by this run. */
  readonly seen: number
  readonly expected: number
  readonly moved: number
  /** Number of the pass, from 1: a run passes over the old layout until it finds nothing to move any more. */
  readonly pass: number
}

/** How a migration goes. */
export interface MigrationOptions {
  /** The layout that is left. */
  readonly from: MigrationOrigin
  /** True: nothing is changed; the report says what would be. */
  readonly dryRun?: boolean
  /**
   * True: instead of moving records, ends a migration whose records have all been moved: forgets what was noted for readers
   * of both layouts. Only when no release that knows of the move, or of the old layout, runs any more.
   */
  readonly finish?: boolean
  readonly onProgress?: (progress: MigrationProgress) => void
  /** Ends the run after the batch under way, with the signal's reason. Another run goes on. */
  readonly signal?: AbortSignal
  /** Records that are moved at a time; default 100, at most 1000. */
  readonly batchSize?: number
  /**
   * How many replicas must have a record in the new layout before it is removed from the old one, 1 or more; default: none is
   * waited for, and a failover may lose records that are being moved. Fewer in time end the run with a `ReplicationError`,
   * and nothing is lost: another run goes on.
   */
  readonly waitReplicas?: number
  /** How long replicas are waited for, in milliseconds; default 1000. With `waitReplicas` alone. */
  readonly timeoutMs?: number
}

/** A record that stays in the old layout, and why. */
export interface MigrationFailure {
  /** Its id; the whole key where that is not of the form of the layout. */
  readonly id: string
  readonly reason: string
}

/** What a migration did. */
export interface MigrationReport {
  readonly model: string
  readonly from: string
  readonly to: string
  readonly dryRun: boolean
  /** Records in the old layout when the run began to look, and moved by this run; of a dry run, that would be moved. */
  readonly found: number
  readonly moved: number
  /**
   * Records that cannot be moved as they are: unreadable values, an id that another record has in the new layout, or a key of
   * another form. The first 100.
   */
  readonly failures: readonly MigrationFailure[]
  /** Records that stay in the old layout. */
  readonly left: number
}

const DEFAULT_BATCH = 100
const MOST_BATCH = 1000
const MOST_FAILURES = 100
/** Passes over the old layout before a run ends although writers of it keep adding records. */
const MOST_PASSES = 1000
/** Pause between passes that found only records that somebody else is moving. */
const BUSY_PAUSE_MS = 100

/**
 * Moves the records of a model to the indexed layout, while releases that know of the move (`MigratingRepository`) read and
 * write. A run that was interrupted is begun again: what was moved is not in the old layout any more.
 * Throws `InvalidArgumentError` for options that cannot be, `InvalidStateError` where another migration of the model is under way.
 */
export async function migrateRecords(
  connectionSource: ConnectionSource,
  schema: ModelSchema,
  options: MigrationOptions,
): Promise<MigrationReport> {
  checkOrigin(options.from)
  checkDestination(schema, options.from)
  const batchSize = batchSizeOf(options)
  const source = sourceOf(connectionSource, schema, options.from)
  const migration = new Migration(connectionSource, schema, source, options, batchSize)
  if (options.finish === true) return migration.finish()
  return options.dryRun === true ? migration.rehearse() : migration.run()
}

class Migration {
  readonly #connectionSource: ConnectionSource
  readonly #schema: ModelSchema
  readonly #source: MigrationSource
  readonly #options: MigrationOptions
  readonly #batchSize: number
  readonly #wait: ReplicaWait | null
  readonly #failures = new Map<string, string>()
  #found = 0
  #strange = 0
  #moved = 0

  constructor(
    connectionSource: ConnectionSource,
    schema: ModelSchema,
    source: MigrationSource,
    options: MigrationOptions,
    batchSize: number,
  ) {
    this.#connectionSource = connectionSource
    this.#schema = schema
    this.#source = source
    this.#options = options
    this.#batchSize = batchSize
    this.#wait = waitOf(options)
  }

  async run(): Promise<MigrationReport> {
    const connection = await this.#connectionSource()
    // Refuses numbers out of range before anything begins.
    const confirming = this.#wait === null ? null : connection.confirmedWrites(this.#wait)
    await beginMoving(confirming ?? connection, this.#schema, this.#options.from)
    const shortfall = confirming?.shortfall() ?? null
    if (shortfall !== null) throw shortfall
    await this.#source.close()
    for (let pass = 1; pass <= MOST_PASSES; pass++) {
      const moved = this.#moved
      this.#failures.clear()
      this.#strange = 0
      let seen = 0
      let busy = 0
      let lost = 0
      for await (const batch of this.#source.batches(this.#batchSize)) {
        this.#options.signal?.throwIfAborted()
        seen += batch.records.length
        lost += batch.lost
        const outcomes = await allEnded(batch.records.map((row) => this.#move(row)))
        this.#moved += outcomes.filter((outcome) => outcome === 'moved').length
        lost += outcomes.filter((outcome) => outcome === 'absent').length
        busy += outcomes.filter((outcome) => outcome === 'busy').length
        this.#noteStrange(batch)
        this.#report(pass, seen, batch)
      }
      if (pass === 1) this.#found = seen + this.#strange
      if (this.#moved > moved || lost > 0) continue
      if (busy === 0) return this.#summary(this.#failures.size)
      // Records that a mover holds which may be dead: its lease ends.
      await setTimeout(BUSY_PAUSE_MS)
    }
    throw new InvalidStateError(
      `The old layout of [${this.#schema.modelName}] was never empty in ${MOST_PASSES} passes: somebody keeps writing there.`,
    )
  }

  async rehearse(): Promise<MigrationReport> {
    const connection = await this.#connectionSource()
    await readPhase(connection, this.#schema, this.#options.from)
    const target = new IndexedRepository(this.#connectionSource)
    let seen = 0
    for await (const batch of this.#source.batches(this.#batchSize)) {
      this.#options.signal?.throwIfAborted()
      const records = batch.records.map(({ record }) => record)
      seen += records.length
      const keys = records.map(({ id, fields }) => keyOfRecord(this.#schema, id, fields))
      const others = await target.fetch(this.#schema, keys)
      const arrived = await arrivedOf(connection, this.#schema, records)
      for (const [index, record] of records.entries()) {
        if (others[index] !== null && !arrived.has(record.id)) this.#failures.set(record.id, TAKEN)
        else if (this.#isReadable(record)) this.#moved++
      }
      this.#noteStrange(batch)
      this.#report(1, seen, batch)
    }
    this.#found = seen + this.#strange
    return this.#summary(this.#found)
  }

  async finish(): Promise<MigrationReport> {
    const connection = await this.#connectionSource()
    await readPhase(connection, this.#schema, this.#options.from)
    for await (const { records } of this.#source.batches(1)) {
      if (records.length === 0) continue
      throw new InvalidStateError(
        `The migration of [${this.#schema.modelName}] cannot be finished: the record [${records[0]?.record.id}] is still in the old layout.`,
      )
    }
    await this.#source.forget()
    await forgetArrivals(connection, this.#schema)
    await forgetMigration(connection, this.#schema)
    return this.#summary(0)
  }

  async #move({ record, move }: SourceRecord): Promise<MoveOutcome> {
    try {
      const outcome = await move(this.#wait)
      if (outcome === 'taken') this.#failures.set(record.id, TAKEN)
      return outcome
    } catch (error) {
      if (this.#isReadable(record)) throw error
      return 'taken'
    }
  }

  #isReadable({ id, fields }: StoredRecord): boolean {
    try {
      canonicalFields(this.#schema, fields)
      return true
    } catch (error) {
      this.#failures.set(id, error instanceof Error ? error.message : String(error))
      return false
    }
  }

  #noteStrange({ strangeKeys }: SourceBatch): void {
    for (const key of strangeKeys) this.#failures.set(key, strangeForm(this.#schema))
    this.#strange += strangeKeys.length
  }

  #report(pass: number, seen: number, { expected }: SourceBatch): void {
    this.#options.onProgress?.({ model: this.#schema.modelName, seen, expected, moved: this.#moved, pass })
    this.#options.signal?.throwIfAborted()
  }

  #summary(left: number): MigrationReport {
    const failures = [...this.#failures].slice(0, MOST_FAILURES).map(([id, reason]) => ({ id, reason }))
    return {
      model: this.#schema.modelName,
      from: originText(this.#options.from),
      to: `${this.#schema.partitions} partitions`,
      dryRun: this.#options.dryRun === true,
      found: this.#found,
      moved: this.#moved,
      failures,
      left,
    }
  }
}

const TAKEN = 'The new layout has another record with this id, which never was in the old one.'

function strangeForm({ searchable }: ModelSchema): string {
  const names = searchable.map(({ name }) => name).join(', ') || 'none'
  return `Its key is not one of this model: the id has a colon, or the searchable attributes are other ones than here (${names}).`
}

/** As `Promise.all`, but also a failure waits for all: nothing is under way any more when a run ends. */
async function allEnded<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

const TIMEOUT_MS = 1_000

function waitOf({ waitReplicas, timeoutMs }: MigrationOptions): ReplicaWait | null {
  if (waitReplicas !== undefined) return { replicas: waitReplicas, timeoutMs: timeoutMs ?? TIMEOUT_MS }
  if (timeoutMs === undefined) return null
  throw new InvalidArgumentError(`timeoutMs is ${timeoutMs} without waitReplicas: say how many replicas to wait for.`)
}

function batchSizeOf({ batchSize = DEFAULT_BATCH }: MigrationOptions): number {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= MOST_BATCH) return batchSize
  throw new InvalidArgumentError(`batchSize is ${String(batchSize)}; it must be an integer from 1 to ${MOST_BATCH}.`)
}
