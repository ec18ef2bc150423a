import type { Connection } from '../../connections/connection.js'
import { hashSlot } from '../../schema/hash-slot.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { partitionOf, partitionTags } from '../../schema/partition.js'

/**
 * Where one partition of a model lies. All of it carries one hash tag `T`:
 *
 *     visits:{T}:id:<id>               hash  the record; field '' holds the time of its creation, so that it is never empty
 *     idx:visits:{T}                   zset  all ids, score: creation in ms
 *     idx:visits:{T}:<attr>:<value>    zset  ids with that value (`%null` for none), score: creation in ms
 *     idx:visits:{T}:<attr>            zset  range index; `stamp` is the creation in 13 digits
 *                                              by number: member stamp + id, score: rank
 *                                              by text:   member text + NUL + stamp + id, score: 0
 *     idx:visits:{T}:%expiry           zset  ids of expiring records, score: deadline in ms
 *     idx:visits:{T}:%terms            hash  id → index terms of an expiring record, for when its hash is gone
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

/** The partition of one record. */
export function partitionOfId(schema: ModelSchema, id: string): Partition {
  const partition = partitionsOf(schema)[partitionOf(id, schema.partitions)]
  if (partition === undefined) throw new RangeError(`No partition of ${schema.partitions} for '${id}'.`)
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

/** Items by the partition of their id; the numbers are their places among the items. */
export function groupByPartition<Item>(
  schema: ModelSchema,
  items: readonly Item[],
  idOf: (item: Item) => string,
): Map<Partition, number[]> {
  const groups = new Map<Partition, number[]>()
  for (const [place, item] of items.entries()) {
    const partition = partitionOfId(schema, idOf(item))
    const group = groups.get(partition)
    if (group === undefined) groups.set(partition, [place])
    else group.push(place)
  }
  return groups
}

const partitionsBySchema = new WeakMap<ModelSchema, readonly Partition[]>()
