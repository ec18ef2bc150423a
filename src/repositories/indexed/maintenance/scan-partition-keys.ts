import type { Connection } from '../../../connections/connection.js'
import { decodeSegment, encodeSegment } from '../../../schema/key-encoding.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { scanKeys } from '../../redis/scan-keys.js'
import { type Partition, partitionsOf } from '../layout.js'

/** A key of a model: that of a record, with its id, or of an index, with what follows the name of its partition's index. */
export type PartitionKey =
  | { readonly type: 'record'; readonly partition: Partition; readonly id: string }
  | { readonly type: 'index'; readonly partition: Partition; readonly suffix: string }

/** Keys that are looked at together. */
const BATCH_KEYS = 1000

/**
 * Walks the keys of the database on every primary with SCAN, and brings those of a model, some at a time, each once. Holds their
 * names in memory. An error of any primary is an error of the whole.
 */
export async function* scanPartitionKeys(
  connection: Connection,
  schema: ModelSchema,
): AsyncGenerator<readonly PartitionKey[]> {
  const prefix = encodeSegment(schema.prefix)
  const pattern = `${escapeGlob(connection.keyPrefix)}*${escapeGlob(`${prefix}:{${schema.partitions}.`)}*`
  const indexes = new Map(partitionsOf(schema).map((partition) => [partition.keys[0], partition]))
  const stems = new Map(partitionsOf(schema).map((partition) => [partition.keys[1], partition]))
  const keyOf = (key: string): PartitionKey | null => {
    const end = key.indexOf('}') + 1
    const ofIndex = indexes.get(key.slice(0, end))
    if (ofIndex !== undefined) return { type: 'index', partition: ofIndex, suffix: key.slice(end) }
    const stop = end + encodeSegment(schema.keyName).length + 2
    const ofRecord = stems.get(key.slice(0, stop))
    const id = ofRecord === undefined ? null : idOf(key.slice(stop))
    return ofRecord === undefined || id === null ? null : { type: 'record', partition: ofRecord, id }
  }
  const { keys } = await scanKeys(connection, pattern)
  for (let first = 0; first < keys.length; first += BATCH_KEYS) {
    yield keys
      .slice(first, first + BATCH_KEYS)
      .map(keyOf)
      .filter((key) => key !== null)
  }
}

function idOf(segment: string): string | null {
  try {
    return decodeSegment(segment)
  } catch {
    return null
  }
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
