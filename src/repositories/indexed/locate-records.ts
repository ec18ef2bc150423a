import type { Connection, Request } from '../../connections/connection.js'
import { AmbiguousKeyError } from '../../errors/tag-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { texts, valueOfOutcome } from '../replies.js'
import type { StoredRecord } from '../repository.js'
import { type Partition, partitionsOf, recordKey } from './layout.js'
import { withoutLeftovers } from './move-marks.js'
import { recordOfHash } from './record-hash.js'

/**
 * Reads records of which only the ids are known, in every partition: one HGETALL for each id and partition, pipelined.
 * For models with a hash tag. Throws `AmbiguousKeyError` where two records have an id.
 */
export async function fetchAnywhere(
  connection: Connection,
  schema: ModelSchema,
  ids: readonly string[],
  batchSize: number,
): Promise<ReadonlyMap<string, StoredRecord>> {
  const found = new Map<string, StoredRecord>()
  for (const { id, copies } of await askEverywhere(connection, schema, ids, batchSize, (key) => hgetall(key))) {
    const records = copies.flatMap(({ partition, reply }) => {
      const record = recordOfHash(id, texts(reply))?.record
      return record === undefined ? [] : [{ partition, record }]
    })
    const kept = await theOne(connection, schema, id, records)
    if (kept !== null) found.set(id, kept.record)
  }
  return found
}

/** The partitions that have these ids; an id without a record is left out. As `fetchAnywhere`, with HEXISTS. */
export async function locateRecords(
  connection: Connection,
  schema: ModelSchema,
  ids: readonly string[],
  batchSize: number,
): Promise<ReadonlyMap<string, Partition>> {
  const found = new Map<string, Partition>()
  for (const { id, copies } of await askEverywhere(connection, schema, ids, batchSize, (key) => hexists(key))) {
    const records = copies.filter(({ reply }) => Number(reply) === 1)
    const kept = await theOne(connection, schema, id, records)
    if (kept !== null) found.set(id, kept.partition)
  }
  return found
}

function hgetall(key: string): Request {
  return { type: 'command', name: 'HGETALL', keys: [key], args: [] }
}

function hexists(key: string): Request {
  return { type: 'command', name: 'HEXISTS', keys: [key], args: [''] }
}

interface Asked {
  readonly id: string
  readonly copies: readonly { readonly partition: Partition; readonly reply: unknown }[]
}

async function askEverywhere(
  connection: Connection,
  schema: ModelSchema,
  ids: readonly string[],
  batchSize: number,
  question: (key: string) => Request,
): Promise<Asked[]> {
  const partitions = partitionsOf(schema)
  const unique = [...new Set(ids)]
  const asked: Asked[] = []
  const size = Math.max(1, Math.floor(batchSize / partitions.length))
  for (let first = 0; first < unique.length; first += size) {
    const some = unique.slice(first, first + size)
    const requests = some.flatMap((id) => partitions.map((partition) => question(recordKey(partition, id))))
    const replies = (await connection.execute(requests)).map(valueOfOutcome)
    for (const [index, id] of some.entries()) {
      const start = index * partitions.length
      asked.push({ id, copies: partitions.map((partition, at) => ({ partition, reply: replies[start + at] })) })
    }
  }
  return asked
}

async function theOne<Copy extends { readonly partition: Partition }>(
  connection: Connection,
  schema: ModelSchema,
  id: string,
  copies: readonly Copy[],
): Promise<Copy | null> {
  const [copy, other] = copies.length > 1 ? await withoutLeftovers(connection, schema, id, copies) : copies
  if (other !== undefined) throw new AmbiguousKeyError(schema.modelName, id, schema.hashTag?.name ?? schema.keyName)
  return copy ?? null
}
