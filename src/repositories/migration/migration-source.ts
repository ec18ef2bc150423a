import type { ReplicaWait } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criteria, Criterion } from '../criteria.js'
import type { RecordKey, Repository, StoredRecord } from '../repository.js'

/**
 * How the move of one record ended. `moved`: by this call. `absent`: it is not there any more. `taken`: the new
 * layout has another record with its id, and the old one stays where it is. `busy`: somebody else is moving it.
 */
export type MoveOutcome = 'moved' | 'absent' | 'taken' | 'busy'

/** A record of the old layout, and the time of creation that it has there and keeps. */
export interface SourceRecord {
  readonly record: StoredRecord
  readonly createdAtMs: number
  /**
   * Moves it from where it was found. Throws for one that cannot be stored in the new layout; with `wait` `ReplicationError`, before
   * it removes the old copy, where replicas do not have the new one in time.
   */
  move(wait: ReplicaWait | null): Promise<MoveOutcome>
}

/** Some records of a pass over the layout. */
export interface SourceBatch {
  readonly records: readonly SourceRecord[]
  /** How many records the whole pass is expected to bring. */
  readonly expected: number
  /** How many there were when the pass began and are not where they were: gone, or for the next pass to find. */
  readonly lost: number
  /** Hashes under the prefix of the layout's keys whose keys have another form; nobody takes them for records. */
  readonly strangeKeys: readonly string[]
}

/** The layout that a model leaves. */
export interface MigrationSource {
  /** Where writes go as long as nothing moves, and the schema with which they do. */
  readonly repository: Repository
  readonly schema: ModelSchema
  /** Records that match, in the order of the criteria and behind their position; at most `most`, or all. */
  find(criteria: Criteria, most: number): Promise<readonly SourceRecord[]>
  /** The records with these keys, as far as there are any. */
  locate(keys: readonly RecordKey[]): Promise<readonly SourceRecord[]>
  expiry(key: RecordKey): Promise<number | null | undefined>
  /** All records, in batches of so many, as long as there are any. A record may come more than once. */
  batches(size: number): AsyncIterable<SourceBatch>
  /** From now on no release that does not know of the move writes here, as far as the layout can tell. */
  close(): Promise<void>
  /** Removes what is left of the layout when it is empty. */
  forget(): Promise<void>
}

/** Matches every record. */
export const everything: Criterion = { type: 'all', of: [] }
