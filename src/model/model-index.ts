import type {
  BuildReport,
  IndexMaintenance,
  PruneReport,
} from '../repositories/indexed/maintenance/index-maintenance.js'
import { type IndexReport, IndexReportBuilder } from '../repositories/indexed/maintenance/index-report.js'
import type { IndexStatus } from '../repositories/indexed/maintenance/index-status.js'
import type { InspectionOptions, MaintenanceOptions } from '../repositories/indexed/maintenance/maintenance-options.js'
import type { Repository } from '../repositories/repository.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { IndexSweeper, type SweeperOptions } from './index-sweeper.js'

/**
 * The indexes of one model: `Visit.index`. All of it runs while the model is read and written: each record and each entry is
 * judged, and put right, in one script beside it. A repository without indexes has nothing to look after, and every method
 * says so with an empty report.
 *
 *     const report = await Visit.index.verify()
 *     if (!report.isClean) await Visit.index.repair()
 */
export class ModelIndex {
  readonly #schema: ModelSchema
  readonly #repository: () => Repository

  /** @param repository Asked for anew by each call: a model may change its repository. */
  constructor(schema: ModelSchema, repository: () => Repository) {
    this.#schema = schema
    this.#repository = repository
  }

  /**
   * Compares all records with all entries of their indexes, both ways, and changes nothing. What is missing, stale or orphaned
   * is counted for each index, with the first examples. Without `scanKeys` it follows the indexes: an entry under a value that
   * no record has, and a record that is in no index at all, are found only with it.
   * One script call for each 250 records or entries. Throws `ConnectionError`, the reason of an aborted signal, and
   * `InvalidArgumentError` for a token that is none.
   */
  async verify(options: InspectionOptions = {}): Promise<IndexReport> {
    return (await this.#indexes?.verify(this.#schema, options)) ?? this.#empty
  }

  /** As `verify`, and puts right what it finds: afterwards `verify` is clean. Records decide; their fields are never changed. */
  async repair(options: InspectionOptions = {}): Promise<IndexReport> {
    return (await this.#indexes?.repair(this.#schema, options)) ?? this.#empty
  }

  /** Completes the indexes that are not ready (`build`), then repairs all. Takes no index out of service. */
  async rebuild(options: InspectionOptions = {}): Promise<IndexReport> {
    return (await this.#indexes?.rebuild(this.#schema, options)) ?? this.#empty
  }

  /**
   * Completes the indexes of attributes that became searchable after records were stored. Until then a query that needs one
   * is an `IndexNotReadyError`; writes enter it from the first on. Goes on where an earlier run was interrupted.
   */
  async build(options: MaintenanceOptions = {}): Promise<BuildReport> {
    const nothing = { model: this.#schema.modelName, partitions: 0, records: 0, mended: 0 }
    return (await this.#indexes?.build(this.#schema, options)) ?? nothing
  }

  /** Drops the indexes of attributes that are not searchable any more. Run it when no release that declares them is left. */
  async prune(options: MaintenanceOptions = {}): Promise<PruneReport> {
    const nothing = { model: this.#schema.modelName, partitions: 0, records: 0, inUse: 0 }
    return (await this.#indexes?.prune(this.#schema, options)) ?? nothing
  }

  /** Which indexes are ready, which are being built, and which another release has stored. Two small calls for each partition. */
  async status(): Promise<IndexStatus> {
    const { modelName, partitions } = this.#schema
    const nothing = { model: modelName, partitions, records: 0, indexes: [], isReady: true }
    return (await this.#indexes?.status(this.#schema)) ?? nothing
  }

  /**
   * Removes records past their deadline with their entries, at most `limit` of them; returns how many. Queries do the same for
   * the partitions that they ask, so this is for models that are seldom queried. Costs as much as there are such records.
   */
  async sweep(options: { readonly limit?: number; readonly signal?: AbortSignal } = {}): Promise<number> {
    return (await this.#indexes?.sweep(this.#schema, options)) ?? 0
  }

  /** Sweeps again and again until it is stopped. It does not keep the process alive. Throws `InvalidArgumentError`. */
  startSweeper(options: SweeperOptions = {}): IndexSweeper {
    return new IndexSweeper((budget) => this.sweep({ limit: budget }), options)
  }

  get #indexes(): Pick<IndexMaintenance, keyof IndexMaintenance> | undefined {
    return this.#repository().indexes
  }

  get #empty(): IndexReport {
    return new IndexReportBuilder(this.#schema.modelName).report()
  }
}
