import type { Connection } from '../../../connections/connection.js'
import { InvalidArgumentError } from '../../../errors/usage-errors.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import type { ConnectionSource } from '../../connection-source.js'
import { valueOfOutcome } from '../../replies.js'
import type { Repository } from '../../repository.js'
import { readDefinitions } from '../guarded-calls.js'
import { formName, formsOf, isSameForm, parseDefinition, type StoredIndex } from '../index-definition.js'
import { type Partition, partitionsOf } from '../layout.js'
import { sweepScript } from '../scripts/sweep-script.js'
import { PartitionBuild } from './build-partition.js'
import { inspectClaims } from './claim-inspection.js'
import { formArguments, formsNamed } from './form-arguments.js'
import { type IndexReport, IndexReportBuilder } from './index-report.js'
import { type IndexStatus, readIndexStatus } from './index-status.js'
import { inspectKeys } from './key-inspection.js'
import type { InspectionOptions, MaintenanceOptions, MaintenanceProgress } from './maintenance-options.js'
import { PartitionInspection } from './partition-inspection.js'
import { firstPlace, placeOf, type RunPlace, tokenOf } from './progress-token.js'
import { prunePartition } from './prune-partition.js'

/** What `build` did. */
export interface BuildReport {
  readonly model: string
  /** Partitions that are ready now. */
  readonly partitions: number
  /** Records that were looked at, and that got entries. */
  readonly records: number
  readonly mended: number
}

/** What `prune` did. */
export interface PruneReport {
  readonly model: string
  /** Partitions from which indexes were dropped. */
  readonly partitions: number
  readonly records: number
  /** Partitions in which another release writes such an index: it was left, and is incomplete there. */
  readonly inUse: number
}

const DEFAULT_BATCH = 250
const MOST_BATCH = 1000
/** Records that one call reaps. */
const SWEEP_BATCH = 500

/** Looks after the indexes of models in the indexed repository. */
export class IndexMaintenance {
  readonly #connection: ConnectionSource
  readonly #repository: Repository | null

  /** @param repository Whose unique attributes are looked after, too; null: those of nobody. */
  constructor(connection: ConnectionSource, repository: Repository | null = null) {
    this.#connection = connection
    this.#repository = repository
  }

  /** Compares records and entries both ways; changes nothing. */
  verify(schema: ModelSchema, options: InspectionOptions = {}): Promise<IndexReport> {
    return this.#inspect(schema, options, false)
  }

  /** Compares records and entries both ways, and puts right what differs. */
  repair(schema: ModelSchema, options: InspectionOptions = {}): Promise<IndexReport> {
    return this.#inspect(schema, options, true)
  }

  /** Completes the indexes that lack records, then repairs all. */
  async rebuild(schema: ModelSchema, options: InspectionOptions = {}): Promise<IndexReport> {
    await this.build(schema, options)
    return this.repair(schema, options)
  }

  /** What the partitions know of their indexes; reads only. */
  async status(schema: ModelSchema): Promise<IndexStatus> {
    return readIndexStatus(await this.#connection(), schema)
  }

  /**
   * Completes indexes that lack records: those of attributes that became searchable after records were stored. A partition
   * whose indexes are ready is one small call. It goes on by itself where an earlier run was interrupted.
   */
  async build(schema: ModelSchema, options: MaintenanceOptions = {}): Promise<BuildReport> {
    const batchSize = batchSizeOf(options)
    const connection = await this.#connection()
    const partitions = partitionsOf(schema)
    const report = { model: schema.modelName, partitions: 0, records: 0, mended: 0 }
    for (const partition of partitionsFrom(schema, options)) {
      options.signal?.throwIfAborted()
      for await (const { records, mended } of new PartitionBuild(connection, schema, partition, batchSize).run()) {
        report.records += records
        report.mended += mended
        progress(
          schema,
          options,
          { ...firstPlace, partition: partition.number },
          { ...report, entries: 0, findings: 0 },
        )
      }
      report.partitions++
    }
    return { ...report, partitions: options.resume === undefined ? report.partitions : partitions.length }
  }

  /** Drops indexes that are stored and not declared any more. Run it when no release that declares them is left. */
  async prune(schema: ModelSchema, options: MaintenanceOptions = {}): Promise<PruneReport> {
    const batchSize = batchSizeOf(options)
    const connection = await this.#connection()
    const report = { model: schema.modelName, partitions: 0, records: 0, inUse: 0 }
    for (const partition of partitionsFrom(schema, options)) {
      options.signal?.throwIfAborted()
      const steps = prunePartition(connection, schema, partition, batchSize)
      let step = await steps.next()
      while (step.done !== true) {
        report.records += step.value.records
        const place = { ...firstPlace, partition: partition.number }
        progress(schema, options, place, { ...report, entries: 0, findings: 0, mended: 0 })
        step = await steps.next()
      }
      if (step.value === 'pruned') report.partitions++
      if (step.value === 'inUse') report.inUse++
    }
    return report
  }

  /**
   * Removes records past their deadline with all their entries, at a cost of the number of those; returns how many. What is
   * left when `limit` is reached goes with the next call, or with the next query.
   */
  async sweep(
    schema: ModelSchema,
    options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    const limit = options.limit ?? Number.POSITIVE_INFINITY
    if (limit !== Number.POSITIVE_INFINITY && !(Number.isInteger(limit) && limit >= 0)) {
      throw new InvalidArgumentError(`limit is ${String(limit)}; it must be an integer of at least 0, or Infinity.`)
    }
    const connection = await this.#connection()
    let reaped = 0
    let open = [...partitionsOf(schema)]
    while (open.length > 0 && reaped < limit) {
      options.signal?.throwIfAborted()
      const share = Math.max(1, Math.min(SWEEP_BATCH, Math.floor((limit - reaped) / open.length)))
      const asked = open.slice(0, Math.min(open.length, limit - reaped))
      const outcomes = await connection.execute(
        asked.map(({ keys }) => ({ type: 'script', script: sweepScript, keys, args: [schema.indexTtlMs, share] })),
      )
      const counts = outcomes.map((outcome) => Number(valueOfOutcome(outcome)))
      for (const count of counts) reaped += count
      open = [...open.slice(asked.length), ...asked.filter((_, index) => counts[index] === share)]
    }
    return reaped
  }

  async #inspect(schema: ModelSchema, options: InspectionOptions, mends: boolean): Promise<IndexReport> {
    const batchSize = batchSizeOf(options)
    let place: RunPlace = options.resume === undefined ? firstPlace : placeOf(schema, options.resume)
    const connection = await this.#connection()
    const report = new IndexReportBuilder(schema.modelName)
    const partitions = partitionsOf(schema)
    const walksValues = options.scanKeys !== true
    while (place.partition < partitions.length) {
      const partition = partitions[place.partition]
      if (partition === undefined) break
      options.signal?.throwIfAborted()
      const of = formArguments(formsNamed(schema, await this.#judged(connection, schema, partition, report)))
      const task = { connection, schema, partition, of, report, mends, batchSize, walksValues }
      for await (const next of new PartitionInspection(task).run(place)) {
        place = next
        progress(schema, options, place, report)
      }
      report.addPartition()
    }
    if (!walksValues) {
      const known = []
      for (const partition of partitions) {
        const of = formArguments(formsNamed(schema, await this.#judged(connection, schema, partition, report)))
        known.push({ partition, of })
      }
      for await (const _ of inspectKeys({ connection, schema, partitions: known, report, mends, batchSize })) {
        progress(schema, options, place, report)
      }
    }
    const repository = this.#repository
    if (schema.uniques !== undefined && repository?.unique !== undefined) {
      const task = { schema, repository, unique: repository.unique, report, mends, batchSize }
      for await (const _ of inspectClaims(task)) progress(schema, options, place, report)
    }
    return report.report()
  }

  /** The names of the indexes that hold all records of a partition. The others are reported as not ready. */
  async #judged(
    connection: Connection,
    schema: ModelSchema,
    partition: Partition,
    report: IndexReportBuilder,
  ): Promise<ReadonlySet<string>> {
    const forms = formsOf(schema)
    const [stored] = await readDefinitions(connection, schema, [partition])
    if (stored === null || stored === undefined) return new Set(forms.map(formName))
    const indexes: ReadonlyMap<string, StoredIndex> = stored === '' ? new Map() : parseDefinition(stored).indexes
    const ready = forms.filter((form) => {
      const known = indexes.get(formName(form))
      return known?.state === 'ready' && isSameForm(known.form, form)
    })
    const judged = new Set(ready.map(formName))
    report.addNotReady(forms.filter((form) => !judged.has(formName(form))).flatMap((form) => form.attributes))
    const own = new Set(forms.map(formName))
    for (const [name, { form }] of indexes) if (!own.has(name)) report.addUnknown(form.attributes)
    return judged
  }
}

function partitionsFrom(schema: ModelSchema, { resume }: MaintenanceOptions): readonly Partition[] {
  return partitionsOf(schema).slice(resume === undefined ? 0 : placeOf(schema, resume).partition)
}

/** Tells how far a run is; ends it where it was aborted. */
function progress(
  schema: ModelSchema,
  options: MaintenanceOptions,
  place: RunPlace,
  { records, entries, findings, mended }: Pick<MaintenanceProgress, 'records' | 'entries' | 'findings' | 'mended'>,
): void {
  options.onProgress?.({
    model: schema.modelName,
    partition: Math.min(place.partition + 1, schema.partitions),
    partitions: schema.partitions,
    records,
    entries,
    findings,
    mended,
    token: tokenOf(schema, place),
  })
  options.signal?.throwIfAborted()
}

function batchSizeOf({ batchSize = DEFAULT_BATCH }: MaintenanceOptions): number {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= MOST_BATCH) return batchSize
  throw new InvalidArgumentError(`batchSize is ${String(batchSize)}; it must be an integer from 1 to ${MOST_BATCH}.`)
}
