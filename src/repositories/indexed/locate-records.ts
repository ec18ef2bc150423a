import type { Connection, Request } from '../../connections/connection.js'
import { AmbiguousKeyError } from '../../errors/tag-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { idOf } from '../record-keys.js'
import { text, texts, valueOfOutcome } from '../replies.js'
import type { RecordKey, StoredRecord } from '../repository.js'
import { type Partition, partitionOfKey, partitionsOf, recordKey } from './layout.js'
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
 * Reads records of a model with a hash tag: where their tags are known one HGETALL for each, else one in every partition;
 * pipelined, each beside a look at whether the record is on its way to another partition.
 * Throws `AmbiguousKeyError` where two records have an id and no tag says which is meant.
 */
export async function fetchTagged(
  connection: Connection,
  schema: ModelSchema,
  keys: readonly RecordKey[],
  batchSize: number,
): Promise<readonly (StoredRecord | null)[]> {
  const known = keys.flatMap((key) => {
    const partition = partitionOfKey(schema, key)
    return partition === null ? [] : [{ id: idOf(key), partition }]
  })
  const replies = await ask(connection, known, hgetall)
  const records: (StoredRecord | null)[] = []
  for (const [index, { id, partition }] of known.entries()) {
    const { reply, mark } = replies[index] ?? { reply: [], mark: '' }
    const record = recordOfHash(id, texts(reply))?.record ?? null
    const isGone = record !== null && mark !== '' && (await isLeftBehind(connection, schema, partition, id, mark))
    records.push(isGone ? null : record)
  }
  const unknown = keys.filter((key) => partitionOfKey(schema, key) === null).map(idOf)
  const found = unknown.length === 0 ? null : await recordsAnywhere(connection, schema, unknown, batchSize)
  const next = records.values()
  return keys.map((key) => {
    if (partitionOfKey(schema, key) !== null) return next.next().value ?? null
    return theOne(schema, idOf(key), found?.get(idOf(key)) ?? [])?.record ?? null
  })
}

/**
 * The partitions that have these ids, of a model with a hash tag; an id without a record is left out. Throws
 * `AmbiguousKeyError` where two records have an id.
 */
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
    const replies = await ask(
      connection,
      some.flatMap((id) => partitions.map((partition) => ({ id, partition }))),
      question,
    )
    for (const [index, id] of some.entries()) {
      const copies = partitions.map((partition, at) => {
        return { partition, ...(replies[index * partitions.length + at] ?? { reply: null, mark: '' }) }
      })
      asked.push({ id, copies })
    }
  }
  return asked
}

/** Asks for records, and for their marks. */
async function ask(
  connection: Connection,
  places: readonly { readonly id: string; readonly partition: Partition }[],
  question: (key: string) => Request,
): Promise<readonly { readonly reply: unknown; readonly mark: string }[]> {
  if (places.length === 0) return []
  const requests = places.flatMap(({ id, partition }): Request[] => [
    question(recordKey(partition, id)),
    { type: 'command', name: 'HGET', keys: [movesKey(partition)], args: [id] },
  ])
  const replies = (await connection.execute(requests)).map(valueOfOutcome)
  return places.map((_, index) => ({ reply: replies[2 * index], mark: text(replies[2 * index + 1]) }))
}

function theOne<Copy>(schema: ModelSchema, id: string, [copy, other]: readonly Copy[]): Copy | null {
  if (other !== undefined) throw new AmbiguousKeyError(schema.modelName, id, schema.hashTag?.name ?? schema.keyName)
  return copy ?? null
}
