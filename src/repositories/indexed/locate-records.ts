import type { Connection, Request } from '../../connections/connection.js'
import { AmbiguousKeyError } from '../../errors/tag-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { text, texts, valueOfOutcome } from '../replies.js'
import type { StoredRecord } from '../repository.js'
import { type Partition, partitionsOf, recordKey } from './layout.js'
import { isLeftBehind, movesKey, movingIds } from './move-marks.js'
import { recordOfHash } from './record-hash.js'

/** How often ids are looked for again because their records were moving meanwhile. */
const MOST_ATTEMPTS = 20

/** A record, and where it is. */
export interface FoundRecord {
  readonly partition: Partition
  readonly record: StoredRecord
  readonly createdAtMs: number
}

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
  for (const [id, records] of await recordsAnywhere(connection, schema, ids, batchSize)) {
    const only = theOne(schema, id, records)
    if (only !== null) found.set(id, only.record)
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
  const located = await anywhere(connection, schema, ids, batchSize, hexists, (_id, partition, reply) => {
    return Number(reply) === 1 ? { partition } : null
  })
  for (const [id, copies] of located) {
    const only = theOne(schema, id, copies)
    if (only !== null) found.set(id, only.partition)
  }
  return found
}

/** The records of each id: none, one, or several under different hash tags. */
export function recordsAnywhere(
  connection: Connection,
  schema: ModelSchema,
  ids: readonly string[],
  batchSize: number,
): Promise<ReadonlyMap<string, readonly FoundRecord[]>> {
  return anywhere(connection, schema, ids, batchSize, hgetall, (id, partition, reply) => {
    const found = recordOfHash(id, texts(reply))
    return found === null ? null : { partition, ...found }
  })
}

/**
 * Asks every partition for ids, and whether they are about to leave it. Of a record that moves one copy counts, see
 * move-marks.ts; what is seen nowhere or twice, and has moved lately, is asked for again: partitions are not read at one moment.
 */
async function anywhere<Copy>(
  connection: Connection,
  schema: ModelSchema,
  ids: readonly string[],
  batchSize: number,
  question: (key: string) => Request,
  copyOf: (id: string, partition: Partition, reply: unknown) => Copy | null,
): Promise<Map<string, readonly Copy[]>> {
  const partitions = partitionsOf(schema)
  const found = new Map<string, readonly Copy[]>()
  let wanted: readonly string[] = [...new Set(ids)]
  for (let attempt = 0; wanted.length > 0; attempt++) {
    const doubtful: string[] = []
    for (const { id, copies } of await askEverywhere(connection, partitions, wanted, batchSize, question)) {
      const kept: Copy[] = []
      for (const { partition, reply, mark } of copies) {
        const copy = copyOf(id, partition, reply)
        if (copy === null) continue
        if (mark === '' || !(await isLeftBehind(connection, schema, partition, id, mark))) kept.push(copy)
      }
      if (kept.length !== 1) doubtful.push(id)
      found.set(id, kept)
    }
    if (doubtful.length === 0 || attempt === MOST_ATTEMPTS) return found
    const moving = await movingIds(connection, schema, partitions)
    wanted = doubtful.filter((id) => moving.has(id))
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
  readonly copies: readonly { readonly partition: Partition; readonly reply: unknown; readonly mark: string }[]
}

async function askEverywhere(
  connection: Connection,
  partitions: readonly Partition[],
  ids: readonly string[],
  batchSize: number,
  question: (key: string) => Request,
): Promise<Asked[]> {
  const asked: Asked[] = []
  const size = Math.max(1, Math.floor(batchSize / partitions.length))
  for (let first = 0; first < ids.length; first += size) {
    const some = ids.slice(first, first + size)
    const requests = some.flatMap((id) =>
      partitions.flatMap((partition): Request[] => [
        question(recordKey(partition, id)),
        { type: 'command', name: 'HGET', keys: [movesKey(partition)], args: [id] },
      ]),
    )
    const replies = (await connection.execute(requests)).map(valueOfOutcome)
    for (const [index, id] of some.entries()) {
      const copies = partitions.map((partition, at) => {
        const place = 2 * (index * partitions.length + at)
        return { partition, reply: replies[place], mark: text(replies[place + 1]) }
      })
      asked.push({ id, copies })
    }
  }
  return asked
}

function theOne<Copy>(schema: ModelSchema, id: string, [copy, other]: readonly Copy[]): Copy | null {
  if (other !== undefined) throw new AmbiguousKeyError(schema.modelName, id, schema.hashTag?.name ?? schema.keyName)
  return copy ?? null
}
