import type { Connection } from '../../connections/connection.js'
import { hashSlot } from '../../schema/hash-slot.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { partitionOf, partitionOfTag, partitionTags } from '../../schema/partition.js'
import { fieldOf } from '../fields.js'
import type { RecordKey, StoredRecord } from '../repository.js'

/**
 * Where one partition of a model lies. The id of a record decides its partition, or the value of its `@HashTag()` attribute.
 * All of it carries one hash tag `T`:
 *
 *     visits:{T}:id:<id>               hash  the record; field '' holds the time of its creation, so that it is never empty
 *     idx:visits:{T}                   zset  all ids, score: creation in ms
 *     idx:visits:{T}:<attr>:<value>    zset  ids with that value (`%null` for none), score: creation in ms
 *     idx:visits:{T}:<attr>            zset  range index; `stamp` is the creation in 13 digits
 *                                              by number: member stamp + id, score: rank
 *                                              by text:   member text + NUL + stamp + id, score: 0
 *     idx:visits:{T}:<a>%+<b>:<v>%+<w> zset  composite index: ids with these values, score: creation in ms
 *     idx:visits:{T}:%expiry           zset  ids of expiring records, score: deadline in ms
 *     idx:visits:{T}:%moves            hash  id → partition to which a record with a changed hash tag is on its way
 *     idx:visits:{T}:%arrived:<mover>  text  a mover has brought its copy, or never will
 *     idx:visits:{T}:%left:<mover>     text  somebody else has ended the move of a mover
 *     idx:visits:{T}:%recent           zset  ids that have left for another partition in the last ten seconds, by when
 *     idx:visits:{T}:%terms            hash  id → index terms of an expiring record, for when its hash is gone
 *     idx:visits:{T}:%mixed            hash  key (its end) → how many of its records expire, where others do not
 *     idx:visits:{T}:%schema           text  the indexes that the partition has, and their states (index-definition.ts)
 *     idx:visits:{T}:%build            text  the place at which the build of an index goes on; while there is one
 *     idx:visits:{T}:%dirty            set   ids that a build has to complete once more; while there are any
 *     idx:visits:{T}:%arrived          set   ids that came from another layout; until its migration is finished
 *
 * `%expiry` and `%terms` are not encoded segments, so no attribute has these names.
 */
export interface Partition {
  readonly number: number
  /**
   * The keys that every script declares: the index of all ids, from which all index keys derive, and the stem of record
   * keys. No key is named as the stem is, on purpose: while a slot migrates, a server that has one of two declared keys
   * answers TRYAGAIN, and so never runs a script on the half of a partition.
   */
  readonly keys: readonly [index: string, recordStem: string]
}

/** All partitions of a model. */
export function partitionsOf(schema: ModelSchema): readonly Partition[] {
  const known = partitionsBySchema.get(schema)
  if (known !== undefined) return known
  const prefix = encodeSegment(schema.prefix)
  const stem = encodeSegment(schema.keyName)
  const partitions = partitionTags(schema.partitions).map((tag, number): Partition => {
    return { number, keys: [`idx:${prefix}:{${tag}}`, `${prefix}:{${tag}}:${stem}:`] }
  })
  partitionsBySchema.set(schema, partitions)
  return partitions
}

/** The partition of a record as it is stored, or to be stored. */
export function partitionOfRecord(schema: ModelSchema, record: StoredRecord): Partition {
  const { hashTag } = schema
  return hashTag === undefined
    ? partitionOfId(schema, record.id)
    : partitionOfTagText(schema, fieldOf(record.fields, hashTag.name))
}

/** The partition of a key; null where the model has a hash tag that the key does not name: any can hold the record. */
export function partitionOfKey(schema: ModelSchema, key: RecordKey): Partition | null {
  if (schema.hashTag === undefined) return partitionOfId(schema, typeof key === 'string' ? key : key.id)
  return typeof key === 'string' ? null : partitionOfTagText(schema, key.tag)
}

/** The partition of the records with a tag, null for none, of a model with a hash tag. */
export function partitionOfTagText(schema: ModelSchema, tag: string | null): Partition {
  return numbered(schema, partitionOfTag(tag, schema.partitions))
}

/** The partition of one record of a model without a hash tag. */
export function partitionOfId(schema: ModelSchema, id: string): Partition {
  return numbered(schema, partitionOf(id, schema.partitions))
}

function numbered(schema: ModelSchema, number: number): Partition {
  const partition = partitionsOf(schema)[number]
  if (partition === undefined) throw new RangeError(`No partition ${number} of ${schema.partitions}.`)
  return partition
}

/** The key of a record in its partition. */
export function recordKey(partition: Partition, id: string): string {
  return partition.keys[1] + encodeSegment(id)
}

/** The hash slot of a partition on a connection. */
export function slotOf(connection: Connection, partition: Partition): number {
  return hashSlot(connection.keyPrefix + partition.keys[0])
}

/** Items by their partition; the numbers are their places among the items. */
export function groupByPartition<Item>(
  items: readonly Item[],
  partitionFor: (item: Item) => Partition,
): Map<Partition, number[]> {
  const groups = new Map<Partition, number[]>()
  for (const [place, item] of items.entries()) {
    const partition = partitionFor(item)
    const group = groups.get(partition)
    if (group === undefined) groups.set(partition, [place])
    else group.push(place)
  }
  return groups
}

const partitionsBySchema = new WeakMap<ModelSchema, readonly Partition[]>()
