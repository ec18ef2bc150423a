import { randomUUID } from 'node:crypto'
import type { Connection, ReplicaWait } from '../../connections/connection.js'
import { ReplicationError } from '../../errors/connection-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { canonicalFields, comparable } from '../canonical-fields.js'
import { ClusterRepository } from '../cluster/cluster-repository.js'
import type { ConnectionSource } from '../connection-source.js'
import type { Criteria } from '../criteria.js'
import { matches } from '../evaluate.js'
import { fieldsOf, pairsOf } from '../fields.js'
import { IndexedRepository } from '../indexed/indexed-repository.js'
import { idOf, keyOfRecord } from '../record-keys.js'
import { recordOrder } from '../record-order.js'
import {
  type FoundHash,
  type FoundRecords,
  idsOf,
  keysOfRecords,
  readRecords,
  searchHashes,
  typesOf,
} from '../redis/hash-reader.js'
import {
  deadlineScript,
  deleteLeftoverScript,
  deleteUnchangedHashScript,
  leaseHashScript,
  releaseHashScript,
} from '../redis/hash-scripts.js'
import { RedisRepository } from '../redis/redis-repository.js'
import { list, text, texts } from '../replies.js'
import type { RecordKey, Repository } from '../repository.js'
import { type ArrivalOutcome, arrive } from './arrivals.js'
import { toldCreation } from './canonical-record.js'
import {
  everything,
  type MigrationSource,
  type MoveOutcome,
  type SourceBatch,
  type SourceRecord,
} from './migration-source.js'

/** How long a mover may be silent before another one takes over. */
const LEASE_MS = 10_000
/** How often a record that others keep changing is taken along anew. */
const MOST_ATTEMPTS = 100

/**
 * The layout of `redis` and `cluster`, and of the PHP library. A record is leased, so that one mover at a time has it; it
 * arrives in the new layout; then the old hash is deleted if it is as it was read. A change that somebody who does not know of
 * the move made in between is taken along, a removal too.
 */
export class HashSource implements MigrationSource {
  readonly repository: Repository
  readonly schema: ModelSchema
  readonly #connection: ConnectionSource
  readonly #target: IndexedRepository

  constructor(connection: ConnectionSource, schema: ModelSchema, layout: 'redis' | 'cluster') {
    this.repository = layout === 'redis' ? new RedisRepository(connection) : new ClusterRepository(connection)
    this.schema = schema
    this.#connection = connection
    this.#target = new IndexedRepository(connection)
  }

  async find(criteria: Criteria): Promise<readonly SourceRecord[]> {
    const { schema } = this
    const { found, superseded } = await searchHashes(
      await this.#connection(),
      schema,
      idsOf(schema, criteria.where),
      criteria.where,
    )
    const order = recordOrder(schema, criteria.order)
    const after = criteria.after === null ? null : order.keyOfPosition(criteria.after)
    return this.#sources({ found, superseded })
      .filter(({ record }) => matches(schema, criteria.where, record))
      .map((row) => ({ row, key: order.keyOf(row.record, row.createdAtMs) }))
      .filter(({ key }) => after === null || order.compare(key, after) > 0)
      .sort((left, right) => order.compare(left.key, right.key))
      .map(({ row }) => row)
  }

  async locate(keys: readonly RecordKey[]): Promise<readonly SourceRecord[]> {
    return this.#sources(await this.#search(keys.map(idOf)))
  }

  async expiry(key: RecordKey): Promise<number | null | undefined> {
    const [hash] = (await this.#search([idOf(key)])).found
    if (hash === undefined) return undefined
    const connection = await this.#connection()
    const reply = await connection.send({ type: 'script', script: deadlineScript, keys: [hash.key], args: [] })
    if (reply === -2) return undefined
    return reply === '' ? null : Number(reply)
  }

  async *batches(size: number): AsyncGenerator<SourceBatch> {
    const connection = await this.#connection()
    const { keysById, others } = await keysOfRecords(connection, this.schema)
    const ids = [...keysById.keys()]
    const expected = ids.length
    for (let first = 0; first < others.length; first += size) {
      const some = others.slice(first, first + size)
      const types = await typesOf(connection, some)
      const strangeKeys = some.filter((_, index) => types[index] === 'hash')
      if (strangeKeys.length > 0) yield { records: [], expected, lost: 0, strangeKeys }
    }
    for (let first = 0; first < ids.length; first += size) {
      const some = ids.slice(first, first + size)
      const keys = some.flatMap((id) => keysById.get(id) ?? [])
      const found = await readRecords(connection, this.schema, keys)
      const lost = await this.#lost(connection, some, keysById, found)
      yield { records: this.#sources(found), expected, lost, strangeKeys: [] }
    }
  }

  /** How many ids have no record where the walk saw one, and no key of another type there either. */
  async #lost(
    connection: Connection,
    ids: readonly string[],
    keysById: ReadonlyMap<string, readonly string[]>,
    { found }: FoundRecords,
  ): Promise<number> {
    const known = new Set(found.map(({ record }) => record.id))
    const missing = ids.filter((id) => !known.has(id))
    if (missing.length === 0) return 0
    const types = await typesOf(
      connection,
      missing.map((id) => keysById.get(id)?.[0] ?? ''),
    )
    return types.filter((type) => type === 'none' || type === 'hash').length
  }

  /** Writers of this layout cannot be kept out: PHP does not ask. What they write is found by the next pass. */
  async close(): Promise<void> {}

  async forget(): Promise<void> {}

  async #moveHash(
    connection: Connection,
    { key, record: { id } }: FoundHash,
    wait: ReplicaWait | null,
  ): Promise<MoveOutcome> {
    const mover = randomUUID()
    let arrival: { readonly outcome: ArrivalOutcome; readonly fields: readonly string[] } | null = null
    let leasedAt = Number.NEGATIVE_INFINITY
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const askedAt = performance.now()
      const isOverdue = askedAt - leasedAt >= LEASE_MS
      const lease = { type: 'script', script: leaseHashScript, keys: [key], args: [mover, LEASE_MS, ''] } as const
      const [state, deadline, reply] = list(await connection.send(lease))
      if (state === 0) return 'busy'
      if (state === undefined) {
        // The hash is gone under the lease: somebody who does not know of the move removed it, and means the record. After the
        // lease it may be another mover who did: then the record stays.
        if (arrival?.outcome === 'arrived' && !isOverdue)
          await this.#target.delete(this.schema, [this.#keyOf(id, arrival.fields)])
        return arrival === null ? 'absent' : 'moved'
      }
      leasedAt = askedAt
      const hash = texts(reply)
      const expiresAtMs = text(deadline) === '' ? null : Number(deadline)
      if (arrival === null) {
        const fields = await this.#canonical(connection, key, mover, hash)
        const createdAtMs = toldCreation(this.schema, fields)
        const arriving = { id, fields, expiresAtMs, createdAtMs }
        const outcome = await arrive(connection, this.schema, arriving, wait).catch(async (error: unknown) => {
          if (error instanceof ReplicationError) await this.#release(connection, key, mover)
          throw error
        })
        arrival = { outcome, fields }
      } else if (arrival.outcome === 'arrived') {
        arrival = { outcome: 'arrived', fields: await this.#takeAlong(id, arrival.fields, hash, expiresAtMs) }
      }
      if (arrival.outcome === 'taken') {
        await this.#release(connection, key, mover)
        return 'taken'
      }
      const remove = { type: 'script', script: deleteUnchangedHashScript, keys: [key] } as const
      const removed = Number(await connection.send({ ...remove, args: [text(deadline), ...hash] }))
      if (removed === 1) return 'moved'
    }
    throw new Error(`The record [${id}] could not be moved: others kept changing it.`)
  }

  /** What was changed in the old hash after the record had arrived is changed in the new one. */
  async #takeAlong(
    id: string,
    before: readonly string[],
    hash: readonly string[],
    expiresAtMs: number | null,
  ): Promise<readonly string[]> {
    const fields = canonicalFields(this.schema, hash)
    const old = new Map(pairsOf(before))
    const now = new Map(pairsOf(fields))
    const set = fieldsOf([...now].filter(([name, value]) => old.get(name) !== value))
    const unset = [...old.keys()].filter((name) => !now.has(name))
    const key = this.#keyOf(id, before)
    const tag = typeof key === 'string' ? {} : { tag: key.tag }
    if (set.length > 0 || unset.length > 0) await this.#target.update(this.schema, { id, ...tag, set, unset })
    await this.#target.expire(this.schema, this.#keyOf(id, fields), expiresAtMs)
    return fields
  }

  async #canonical(connection: Connection, key: string, mover: string, hash: readonly string[]): Promise<string[]> {
    try {
      return canonicalFields(this.schema, hash)
    } catch (error) {
      await this.#release(connection, key, mover)
      throw error
    }
  }

  async #release(connection: Connection, key: string, mover: string): Promise<void> {
    await connection.send({ type: 'script', script: releaseHashScript, keys: [key], args: [mover] })
  }

  async #removeLeftovers(superseded: readonly FoundHash[]): Promise<void> {
    const connection = await this.#connection()
    for (const { key } of superseded) {
      await connection.send({ type: 'script', script: deleteLeftoverScript, keys: [key], args: [] })
    }
  }

  async #search(ids: readonly string[]) {
    return searchHashes(await this.#connection(), this.schema, ids, everything, 2)
  }

  #sources({ found, superseded }: FoundRecords): SourceRecord[] {
    const leftovers = new Map<string, FoundHash[]>()
    for (const hash of superseded) leftovers.set(hash.record.id, [...(leftovers.get(hash.record.id) ?? []), hash])
    return found.map((hash) => ({
      record: comparable(this.schema, hash.record),
      createdAtMs: toldCreation(this.schema, hash.record.fields),
      move: async (wait) => {
        const outcome = await this.#moveHash(await this.#connection(), hash, wait)
        if (outcome === 'moved') await this.#removeLeftovers(leftovers.get(hash.record.id) ?? [])
        return outcome
      },
    }))
  }

  #keyOf(id: string, fields: readonly string[]): RecordKey {
    return keyOfRecord(this.schema, id, fields)
  }
}
