import type { Repository, StoredRecord } from '../repositories/repository.js'
import type { ModelSchema } from '../schema/model-schema.js'

/** What a query needs of the model that it asks about. */
export interface QuerySource<T> {
  readonly schema: ModelSchema
  /** Attributes that every selection has, because records need them to be written: the version. */
  readonly alwaysRead?: readonly string[]
  /** The repository, looked up when the query runs. */
  repository(): Repository
  /**
   * Records of the model made of what was read, in the same order; their `retrieved` handlers have run. `fields`: the only
   * attributes that were read, null for all; the others of such a record are unknown, not null.
   */
  materialise(records: readonly StoredRecord[], fields: readonly string[] | null): Promise<T[]>
}
