import type { Connection, Request } from '../../connections/connection.js'
import { ServerError } from '../../errors/connection-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { compareBytes } from '../byte-order.js'
import type { Criterion } from '../criteria.js'
import { fieldOf, fieldsOf, pairsOf } from '../fields.js'
import { text, texts, valueOfOutcome } from '../replies.js'
import type { StoredRecord } from '../repository.js'
import { fixedKeys, hasStem, idOfKey, scanPattern, stemPattern } from './hash-key.js'
import { scanKeys } from './scan-keys.js'

/** Hashes that one batch of commands reads. */
const BATCH_KEYS = 500

/** A record and the key of its hash. */
export interface FoundHash {
  readonly key: string
  readonly record: StoredRecord
}

/** Records that were read, with the keys of their hashes. */
export interface FoundRecords {
  /** One for each id. */
  readonly found: readonly FoundHash[]
  /** Hashes that a move left behind: a newer one holds the id. */
  readonly superseded: readonly FoundHash[]
}

/** What a search read, and what it cost. */
export interface Search extends FoundRecords {
  readonly pattern: string
  readonly roundTrips: number
  readonly commands: number
}

/** The ids to which conditions that all must hold confine a search; null: any. */
export function idsOf(schema: ModelSchema, where: Criterion): readonly string[] | null {
  for (const condition of where.type === 'all' ? where.of : [where]) {
    if (condition.type === 'equals' && condition.attribute === schema.keyName && condition.value !== null) {
      return [condition.value]
    }
    if (condition.type === 'in' && condition.attribute === schema.keyName) {
      return condition.values.filter((value) => value !== null)
    }
  }
  return null
}

/**
 * Finds records by their keys: directly where the model has no searchable attributes and the ids are known, else with
 * SCAN on every primary. `where` only narrows the search; the caller tests the records. Keys of other types and of other
 * shapes, and hashes that vanished meanwhile, are left out.
 *
 * @param scans How often at most to look for ids that are not found: a scan can miss a record that moves to another key
 *   while it is under way.
 */
export async function searchHashes(
  connection: Connection,
  schema: ModelSchema,
  ids: readonly string[] | null,
  where: Criterion = anything,
  scans = 1,
): Promise<Search> {
  const pattern = scanPattern(schema, connection.keyPrefix, ids, where)
  const fixed = ids?.map((id) => fixedKeys(schema, id)).filter((keys) => keys !== null) ?? []
  const isDirect = ids !== null && fixed.length === ids.length
  const scanned = isDirect ? { keys: fixed.flat(), roundTrips: 0 } : await scanKeys(connection, pattern)
  const wanted = ids === null ? null : new Set(ids)
  const keys = [...new Set(scanned.keys)].filter((key) => {
    const id = idOfKey(schema, key)
    return id !== null && (wanted === null || wanted.has(id))
  })
  const { found, superseded } = await readRecords(connection, schema, keys)
  const roundTrips = scanned.roundTrips + Math.ceil(keys.length / BATCH_KEYS)
  const commands = scanned.roundTrips + keys.length
  if (!isDirect && scans > 1 && ids !== null && found.length < new Set(ids).size) {
    const again = await searchHashes(connection, schema, ids, where, scans - 1)
    return { ...again, roundTrips: again.roundTrips + roundTrips, commands: again.commands + commands }
  }
  return { found, superseded, pattern: isDirect ? 'the keys' : `SCAN ${pattern}`, roundTrips, commands }
}

/**
 * The keys of all records of a model, by id, and all other keys under the prefix of such keys: of another type, or of another
 * form, as with an id that has a colon, or with other searchable attributes. Costs a walk over the database.
 */
export async function keysOfRecords(
  connection: Connection,
  schema: ModelSchema,
): Promise<{ readonly keysById: ReadonlyMap<string, readonly string[]>; readonly others: readonly string[] }> {
  const { keys } = await scanKeys(connection, `${stemPattern(schema, connection.keyPrefix)}*`)
  const keysById = new Map<string, string[]>()
  const others: string[] = []
  for (const key of keys.filter((one) => hasStem(schema, one))) {
    const id = idOfKey(schema, key)
    const known = id === null ? others : keysById.get(id)
    if (known !== undefined) known.push(key)
    else if (id !== null) keysById.set(id, [key])
  }
  return { keysById, others }
}

/** Reads the hashes of some keys; all keys of an id have to be among them, or none. */
export async function readRecords(
  connection: Connection,
  schema: ModelSchema,
  keys: readonly string[],
): Promise<FoundRecords> {
  return resolve(connection, await readHashes(connection, schema, keys))
}

/** The types of some keys as Redis names them; `none` where there is no key. */
export async function typesOf(connection: Connection, keys: readonly string[]): Promise<string[]> {
  const requests = keys.map((key): Request => ({ type: 'command', name: 'TYPE', keys: [key], args: [] }))
  return (await connection.execute(requests)).map((outcome) => text(valueOfOutcome(outcome)))
}

const anything: Criterion = { type: 'all', of: [] }

interface ReadHash extends FoundHash {
  /** The key to which the record is being moved; '' for none. */
  readonly movesTo: string
}

async function readHashes(connection: Connection, schema: ModelSchema, keys: readonly string[]): Promise<ReadHash[]> {
  const hashes: ReadHash[] = []
  for (let first = 0; first < keys.length; first += BATCH_KEYS) {
    const some = keys.slice(first, first + BATCH_KEYS)
    const requests = some.map((key): Request => ({ type: 'command', name: 'HGETALL', keys: [key], args: [] }))
    const outcomes = await connection.execute(requests)
    for (const [index, key] of some.entries()) {
      const outcome = outcomes[index]
      if (outcome?.ok === false && outcome.error instanceof ServerError && outcome.error.replyCode === 'WRONGTYPE') {
        continue
      }
      const hash = texts(valueOfOutcome(outcome))
      const id = idOfKey(schema, key)
      if (hash.length === 0 || id === null) continue
      const fields = fieldsOf([...pairsOf(hash)].filter(([name]) => name !== ''))
      hashes.push({ key, record: { id, fields }, movesTo: /^\d+ \S+ (.*)$/s.exec(fieldOf(hash, '') ?? '')?.[1] ?? '' })
    }
  }
  return hashes
}

/** Of several hashes with one id takes the newer: a move marks the hash that it leaves with the key of the new one. */
async function resolve(connection: Connection, hashes: readonly ReadHash[]): Promise<FoundRecords> {
  const moving = hashes.filter((hash) => hash.movesTo !== '')
  const isThere = await exist(
    connection,
    moving.map((hash) => hash.movesTo),
  )
  const left = new Set(moving.filter((_, index) => isThere[index]))
  const byId = new Map<string, ReadHash>()
  const superseded: ReadHash[] = []
  for (const hash of hashes) {
    const other = byId.get(hash.record.id)
    if (left.has(hash)) superseded.push(hash)
    else if (other === undefined) byId.set(hash.record.id, hash)
    else if (compareBytes(hash.key, other.key) > 0) {
      superseded.push(other)
      byId.set(hash.record.id, hash)
    } else superseded.push(hash)
  }
  return { found: [...byId.values()], superseded }
}

async function exist(connection: Connection, keys: readonly string[]): Promise<boolean[]> {
  if (keys.length === 0) return []
  const requests = keys.map((key): Request => ({ type: 'command', name: 'EXISTS', keys: [key], args: [] }))
  return (await connection.execute(requests)).map((outcome) => Number(valueOfOutcome(outcome)) === 1)
}
