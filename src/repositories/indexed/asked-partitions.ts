import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criterion } from '../criteria.js'
import { pinnedTags } from '../pinned-tags.js'
import { groupByPartition, type Partition, partitionOfId, partitionOfTagText, partitionsOf } from './layout.js'

/** A partition that can hold an answer. */
export interface AskedPartition {
  readonly partition: Partition
  /** The only ids of this partition that can be one; null: any. */
  readonly ids: readonly string[] | null
}

/**
 * The partitions that a question has to ask: all of them, or those of the ids, or those of the hash tags that its condition
 * pins. Empty where nothing can match.
 *
 * @param ids The only ids that can match; null: any.
 */
export function askedPartitions(
  schema: ModelSchema,
  where: Criterion,
  ids: readonly string[] | null,
): readonly AskedPartition[] {
  if (schema.hashTag === undefined && ids !== null) {
    return [...groupByPartition(ids, (id) => partitionOfId(schema, id))].map(([partition, places]) => {
      return { partition, ids: places.map((place) => ids[place]).filter((id) => id !== undefined) }
    })
  }
  const tags = pinnedTags(schema, where)
  const partitions =
    tags === null
      ? partitionsOf(schema)
      : [...new Set(Array.from(tags, (tag) => partitionOfTagText(schema, tag)))].sort(
          (left, right) => left.number - right.number,
        )
  return partitions.map((partition) => ({ partition, ids }))
}
