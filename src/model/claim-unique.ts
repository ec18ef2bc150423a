import { UniqueConstraintError } from '../errors/conflict-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criteria, Position } from '../repositories/criteria.js'
import { keyOfRecord } from '../repositories/record-keys.js'
import { UniqueRepository } from '../repositories/unique/unique-repository.js'
import type { RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import type { ModelRecord } from './model-record.js'
import { storageOf } from './storage-of.js'

/** Records read at a time, and claimed side by side. */
const BATCH = 100
/** Conflicts that a report keeps. */
const KEPT_CONFLICTS = 1000

/** A record whose values another one has. */
export interface UniqueConflict {
  readonly key: string
  /** Names the attributes, the values, and the record that has them. */
  readonly error: UniqueConstraintError
}

/** What `claimUnique` did. */
export interface ClaimReport {
  readonly claimed: number
  readonly conflicting: number
  /** The first 1000 conflicts. */
  readonly conflicts: readonly UniqueConflict[]
}

/** Options of `claimUnique`. */
export interface ClaimUniqueOptions {
  /** Called after each batch with the number of records that were looked at. */
  readonly onProgress?: (processed: number) => void
}

/**
 * Claims the unique values of all records that are stored already, for a model that gets `@Unique()` when it has data, or
 * whose data was imported. Deploy the declaration everywhere first: a release that does not know it writes without claims.
 * May run beside other writers, and again at any time; of records that share values the first one keeps them, the others are
 * reported and stay as they are. Costs four to six round trips for each record, 100 records at a time.
 *
 * Throws `InvalidArgumentError` for a model without `@Unique()`.
 */
export async function claimUnique<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  { onProgress }: ClaimUniqueOptions = {},
): Promise<ClaimReport> {
  const prototype: object = recordClass.prototype
  const { schema } = definitionOf(prototype)
  const storage = storageOf(prototype, schema)
  if (!(storage instanceof UniqueRepository)) {
    throw new InvalidArgumentError(
      `The model [${schema.modelName}] has no attribute with @Unique(): nothing is to be claimed.`,
    )
  }
  const conflicts: UniqueConflict[] = []
  let claimed = 0
  let conflicting = 0
  let processed = 0
  let after: Position | null = null
  for (;;) {
    const criteria: Criteria = { where: { type: 'all', of: [] }, order: [], limit: BATCH, offset: 0, after }
    const { records, positions, hasMore } = await storage.select(schema, criteria)
    await Promise.all(
      records.map(async ({ id, fields }) => {
        try {
          if (await storage.claimStored(schema, keyOfRecord(schema, id, fields))) claimed++
        } catch (error) {
          if (!(error instanceof UniqueConstraintError)) throw error
          conflicting++
          if (conflicts.length < KEPT_CONFLICTS) conflicts.push({ key: id, error })
        }
      }),
    )
    processed += records.length
    onProgress?.(processed)
    after = positions.at(-1) ?? null
    if (!hasMore || after === null) return { claimed, conflicting, conflicts }
  }
}
