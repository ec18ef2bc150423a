import { fieldOf } from '../repositories/fields.js'
import type { RecordKey, StoredRecord } from '../repositories/repository.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { storageOf } from './storage-of.js'

/**
 * Has records live on from now, where reading them does that (`sliding`): those that expire get the model's time anew, unless they
 * live longer anyway; those that never expire stay so. One script call for up to 250 records of a partition, all at once.
 */
export async function slide(prototype: object, definition: ModelDefinition, keys: readonly RecordKey[]): Promise<void> {
  const { isSliding, ttlMs } = definition.behaviour
  if (!isSliding || ttlMs === null || keys.length === 0) return
  await storageOf(prototype, definition.schema).extend(definition.schema, keys, Date.now() + ttlMs)
}

/**
 * What names records of which these attributes were read (null: all). Where the hash tag was not read, it is the id alone, and all
 * partitions are asked.
 */
export function keysOf(
  { schema }: ModelDefinition,
  records: readonly StoredRecord[],
  fields: readonly string[] | null,
): readonly RecordKey[] {
  const { hashTag } = schema
  if (hashTag === undefined || fields?.includes(hashTag.name) === false) return records.map(({ id }) => id)
  return records.map((record) => ({ id: record.id, tag: fieldOf(record.fields, hashTag.name) }))
}
