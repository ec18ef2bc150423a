import type { Connection, ReplicaWait, Request, Script } from '../../connections/connection.js'
import { hashSlot } from '../../schema/hash-slot.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { aggregateInMemory, countByInMemory } from '../aggregate-in-memory.js'
import { comparable } from '../canonical-fields.js'
import { checkChange, checkCondition } from '../check-change.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import { checkDeadline, checkId, checkRecord } from '../check-record.js'
import { type Claims, StoredClaims } from '../claims.js'
import type { ConnectionSource } from '../connection-source.js'
import { confirmingRepository } from '../connection-views.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { idOf } from '../record-keys.js'
import { valueOfOutcome } from '../replies.js'
import type {
  ConfirmingRepository,
  DeleteOutcome,
  NewRecord,
  QueryPlan,
  QueryTrace,
  RecordChange,
  RecordKey,
  RecordPage,
  Repository,
  StoredRecord,
  UpdateOutcome,
} from '../repository.js'
import { selectInMemory } from '../select-in-memory.js'
import { TimedUniqueSupport } from '../unique/timed-unique-support.js'
import type { UniqueSupport } from '../unique/unique-support.js'
import { changeHash, deleteHashIf } from './change-hash.js'
import { explainSearch } from './explain-search.js'
import { hashKey } from './hash-key.js'
import { type FoundHash, idsOf, type Search, searchHashes } from './hash-reader.js'
import { createHashScript, deadlineScript, expireHashScript, extendHashScript } from './hash-scripts.js'
import { deadlineArgument } from './move-hash.js'

/** Requests of one batch. */
const BATCH_REQUESTS = 250
/** How often an id is looked for before it counts as missing. */
const LOOK_UP_SCANS = 2

/**
 * Keeps the layout of the PHP library ActiveRedis, to share its data: searchable values are part of the key, so that
 * every search, and for models with searchable attributes every look-up by id, walks the keys of the database with SCAN.
 * The layout holds no time of creation: rows without an order come by the bytes of their ids. It cannot make an id unique
 * against a simultaneous insert with other searchable values. `indexed` has neither limit.
 */
export class RedisRepository implements Repository {
  readonly name: string = 'redis'
  readonly claims: Claims
  readonly unique: UniqueSupport
  readonly #connection: ConnectionSource

  constructor(connection: ConnectionSource) {
    this.#connection = connection
    this.claims = new StoredClaims(connection, { isIdUnique: false })
    this.unique = new TimedUniqueSupport(connection, this)
  }

  confirming(wait: ReplicaWait): ConfirmingRepository {
    return confirmingRepository(this.#connection, wait, (view) => this.over(view))
  }

  /** The same repository over another connection. */
  protected over(connection: ConnectionSource): RedisRepository {
    return new RedisRepository(connection)
  }

  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    checkRecord(schema, record)
    const connection = await this.#connection()
    const key = hashKey(schema, record.id, record.fields)
    const { found, superseded } = await searchHashes(connection, schema, [record.id])
    if (found.length > 0 && !options.replace) return 'duplicate'
    const reply = await script(connection, createHashScript, [key], createArguments(record, options.replace))
    if (Number(reply) !== 1) return 'duplicate'
    await remove(
      connection,
      [...found, ...superseded].map((hash) => hash.key).filter((other) => other !== key),
    )
    return 'inserted'
  }

  async insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    if (records.length === 0) return []
    const connection = await this.#connection()
    const ids = records.map((record) => record.id)
    const taken = new Set((await searchHashes(connection, schema, ids)).found.map((hash) => hash.record.id))
    const outcomes: ('inserted' | 'duplicate' | Error)[] = []
    const places: number[] = []
    const requests: Request[] = []
    for (const [place, record] of records.entries()) {
      outcomes[place] = 'duplicate'
      try {
        checkRecord(schema, record)
      } catch (error) {
        outcomes[place] = error instanceof Error ? error : new Error(String(error))
        continue
      }
      if (taken.has(record.id)) continue
      taken.add(record.id)
      const keys = [hashKey(schema, record.id, record.fields)]
      requests.push({ type: 'script', script: createHashScript, keys, args: createArguments(record, false) })
      places.push(place)
    }
    for (let first = 0; first < requests.length; first += BATCH_REQUESTS) {
      const answers = await connection.execute(requests.slice(first, first + BATCH_REQUESTS))
      for (const [index, answer] of answers.entries()) {
        const place = places[first + index]
        if (place === undefined) continue
        outcomes[place] = answer.ok ? (Number(answer.value) === 1 ? 'inserted' : 'duplicate') : answer.error
      }
    }
    return outcomes
  }

  async update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    checkId(schema, change.newId ?? change.id)
    checkChange(schema, change)
    return changeHash(await this.#connection(), schema, change)
  }

  async delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]> {
    const ids = keys.map(idOf)
    if (ids.length === 0) return []
    const connection = await this.#connection()
    if (condition !== undefined) {
      checkCondition(schema, condition)
      const removed: boolean[] = []
      for (const id of ids) removed.push((await deleteHashIf(connection, schema, id, condition)) === 'deleted')
      return removed
    }
    const { found, superseded } = await lookUp(connection, schema, ids)
    const removed = await remove(
      connection,
      [...found, ...superseded].map((hash) => hash.key),
    )
    const gone = new Set(found.filter((_, index) => removed[index]).map((hash) => hash.record.id))
    return ids.map((id) => gone.delete(id))
  }

  async deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    checkCondition(schema, condition)
    return deleteHashIf(await this.#connection(), schema, idOf(key), condition)
  }

  async fetch(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    const ids = keys.map(idOf)
    if (ids.length === 0) return []
    const { found } = await lookUp(await this.#connection(), schema, ids)
    const byId = new Map(found.map(({ record }) => [record.id, record]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  async expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean> {
    checkDeadline(expiresAtMs)
    const connection = await this.#connection()
    const hash = await findOne(connection, schema, idOf(key))
    if (hash === null) return false
    const args = [deadlineArgument(expiresAtMs)]
    return Number(await script(connection, expireHashScript, [hash.key], args)) === 1
  }

  async extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    checkDeadline(expiresAtMs)
    if (keys.length === 0) return
    const connection = await this.#connection()
    const { found } = await lookUp(connection, schema, keys.map(idOf))
    const args = [deadlineArgument(expiresAtMs)]
    for (let first = 0; first < found.length; first += BATCH_REQUESTS) {
      const requests = found.slice(first, first + BATCH_REQUESTS).map((hash): Request => {
        return { type: 'script', script: extendHashScript, keys: [hash.key], args }
      })
      for (const outcome of await connection.execute(requests)) valueOfOutcome(outcome)
    }
  }

  async expiry(schema: ModelSchema, key: RecordKey): Promise<number | null | undefined> {
    const connection = await this.#connection()
    const hash = await findOne(connection, schema, idOf(key))
    if (hash === null) return undefined
    const reply = await script(connection, deadlineScript, [hash.key], [])
    if (reply === -2) return undefined
    return reply === '' ? null : Number(reply)
  }

  async select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage> {
    checkCriteria(schema, criteria)
    const { records, trace } = await this.#search(schema, criteria.where)
    const candidates = records.map((record) => ({ record, createdAtMs: 0 }))
    return { ...selectInMemory(schema, candidates, criteria), trace }
  }

  async count(schema: ModelSchema, where: Criterion) {
    checkCriterion(schema, where)
    const { records, trace } = await this.#search(schema, where)
    return { count: records.filter((record) => matches(schema, where, record)).length, trace }
  }

  async aggregate(schema: ModelSchema, where: Criterion, of: Aggregation) {
    checkCriterion(schema, where)
    checkAggregation(schema, of)
    const { records, trace } = await this.#search(schema, where)
    return { ...aggregateInMemory(schema, records, where, of), trace }
  }

  async countBy(schema: ModelSchema, where: Criterion, attribute: string) {
    checkCriterion(schema, where)
    checkSearchable(schema, attribute)
    const { records, trace } = await this.#search(schema, where)
    return { counts: countByInMemory(schema, records, where, attribute), trace }
  }

  objectionTo(schema: ModelSchema, { where }: Criteria): string | null {
    if (schema.searchable.length === 0 && idsOf(schema, where) !== null) return null
    return `The repository [${this.name}] walks the keys of the entire database: use [indexed], which has indexes.`
  }

  async explain(schema: ModelSchema, criteria: Criteria): Promise<QueryPlan> {
    checkCriteria(schema, criteria)
    return explainSearch(await this.#connection(), schema, criteria)
  }

  async #search(schema: ModelSchema, where: Criterion): Promise<{ records: StoredRecord[]; trace: QueryTrace }> {
    const connection = await this.#connection()
    const search = await searchHashes(connection, schema, idsOf(schema, where), where)
    return { records: search.found.map(({ record }) => comparable(schema, record)), trace: traceOf(connection, search) }
  }

  keyOf(schema: ModelSchema, record: StoredRecord): string {
    return hashKey(schema, record.id, record.fields)
  }

  async clear(schema: ModelSchema): Promise<number> {
    const connection = await this.#connection()
    const { found, superseded } = await searchHashes(connection, schema, null)
    const removed = await remove(
      connection,
      [...found, ...superseded].map((hash) => hash.key),
    )
    return removed.slice(0, found.length).filter(Boolean).length
  }
}

function lookUp(connection: Connection, schema: ModelSchema, ids: readonly string[]): Promise<Search> {
  return searchHashes(connection, schema, ids, { type: 'all', of: [] }, LOOK_UP_SCANS)
}

async function findOne(connection: Connection, schema: ModelSchema, id: string): Promise<FoundHash | null> {
  return (await lookUp(connection, schema, [id])).found[0] ?? null
}

function script(connection: Connection, of: Script, keys: readonly string[], args: readonly (string | number)[]) {
  return connection.send({ type: 'script', script: of, keys, args })
}

async function remove(connection: Connection, keys: readonly string[]): Promise<boolean[]> {
  const removed: boolean[] = []
  for (let first = 0; first < keys.length; first += BATCH_REQUESTS) {
    const requests = keys.slice(first, first + BATCH_REQUESTS).map((key): Request => {
      return { type: 'command', name: 'DEL', keys: [key], args: [] }
    })
    for (const outcome of await connection.execute(requests)) removed.push(Number(valueOfOutcome(outcome)) === 1)
  }
  return removed
}

function createArguments(record: NewRecord, replace: boolean): (string | number)[] {
  return [replace ? '1' : '0', deadlineArgument(record.expiresAtMs), record.fields.length, ...record.fields]
}

function traceOf(connection: Connection, search: Search): QueryTrace {
  const slots = new Set(search.found.map(({ key }) => hashSlot(connection.keyPrefix + key)))
  const { roundTrips, commands } = search
  return { slots, roundTrips, commands, plan: `${search.pattern}; test in memory` }
}
