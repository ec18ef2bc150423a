import type { Connection, ReplicaReadOptions, ReplicaWait, Request, Script } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { checkCondition } from '../check-change.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import { checkDeadline, checkId } from '../check-record.js'
import { type Claims, StoredClaims } from '../claims.js'
import type { ConnectionSource } from '../connection-source.js'
import { confirmingRepository, readingRepository } from '../connection-views.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { idOf, keyBefore, touchesTag } from '../record-keys.js'
import { list, texts, valueOfOutcome } from '../replies.js'
import type {
  AggregateResult,
  ConfirmingRepository,
  DeleteOutcome,
  NewRecord,
  QueryPlan,
  ReadingRepository,
  RecordChange,
  RecordKey,
  RecordPage,
  Repository,
  StoredRecord,
  TransactionOutcome,
  TransactionWrite,
  UpdateOutcome,
} from '../repository.js'
import { IndexedUniqueSupport } from '../unique/indexed-unique-support.js'
import type { UniqueSupport } from '../unique/unique-support.js'
import { walkObjection } from '../walk-objection.js'
import { aggregateRecords, countRecordsBy } from './aggregate-records.js'
import { aggregateAroundMoves, countAroundMoves, countByAroundMoves, selectAroundMoves } from './around-moves.js'
import { changeRecord, conflictOf } from './change-record.js'
import { countRecords } from './count-records.js'
import { explainSelection } from './explain-selection.js'
import { followRecord } from './follow-record.js'
import { executeGuarded, type PartitionCall, replanned } from './guarded-calls.js'
import { insertBatches } from './insert-batches.js'
import { oneRowArguments, rowArguments } from './insert-rows.js'
import {
  groupByPartition,
  type Partition,
  partitionOfId,
  partitionOfKey,
  partitionOfRecord,
  partitionOfTagText,
  partitionsOf,
  recordKey,
} from './layout.js'
import { fetchTagged, locateRecords } from './locate-records.js'
import { IndexMaintenance } from './maintenance/index-maintenance.js'
import { moveRecord } from './move-record.js'
import { recordOfHash } from './record-hash.js'
import { defaultBudget, type ScriptBudget } from './script-budget.js'
import { insertScript } from './scripts/insert-script.js'
import {
  clearScript,
  deleteIfScript,
  deleteScript,
  expireScript,
  extendScript,
  readScript,
} from './scripts/record-scripts.js'
import { selectRecords } from './select-records.js'
import { sendWrite } from './send-write.js'
import { transactWrites } from './transact-writes.js'
import { deadlineText, deleteIfArguments, indexArguments } from './write-arguments.js'

/** Records of one script call or pipeline at most. */
const BATCH_RECORDS = 250

/**
 * Keeps a record and the entries of its indexes in one hash slot, and changes them in one script; answers queries from the
 * indexes, partition by partition. Never sends SCAN or KEYS. Needs Redis 6.2 or later, or Valkey.
 */
export class IndexedRepository implements Repository {
  readonly name = 'indexed'
  readonly claims: Claims
  readonly unique: UniqueSupport
  readonly indexes: IndexMaintenance
  readonly #connection: ConnectionSource

  readonly #budget: ScriptBudget

  constructor(connection: ConnectionSource, budget: ScriptBudget = defaultBudget) {
    this.#connection = connection
    this.claims = new StoredClaims(connection, { isIdUnique: true })
    this.unique = new IndexedUniqueSupport(connection, (view) => new IndexedRepository(view, budget))
    this.indexes = new IndexMaintenance(connection, this)
    this.#budget = budget
  }

  /** One script call. */
  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    const partition = partitionOfRecord(schema, record)
    const args =
      options.replace || record.expiresAtMs !== null
        ? rowArguments(schema, record, options)
        : oneRowArguments(schema, record)
    const reply = await sendWrite(await this.#connection(), schema, partition, insertScript, args)
    return Number(list(reply)[0]) === 1 ? 'inserted' : 'duplicate'
  }

  /** One script call for up to 200 rows of one partition, several calls at a time, and one before for the time of creation. */
  async insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    if (records.length === 0) return []
    return insertBatches(await this.#connection(), schema, records)
  }

  /** One script call; with a new key in another partition three (`moveRecord`). */
  async update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    if (change.newId !== undefined) checkId(schema, change.newId)
    const key = keyBefore(schema, change)
    const known = partitionOfKey(schema, key)
    if (known !== null) return this.#updateIn(schema, known, change)
    return this.#follow(
      schema,
      key,
      (partition) => this.#updateIn(schema, partition, change),
      (outcome) => outcome === 'missing',
    )
  }

  async #updateIn(schema: ModelSchema, partition: Partition, change: RecordChange): Promise<UpdateOutcome> {
    const to = destinationOf(schema, partition, change)
    if (to !== partition || (change.newId ?? change.id) !== change.id) {
      return moveRecord(await this.#connection(), schema, partition, to, change)
    }
    return changeRecord(await this.#connection(), schema, partition, change)
  }

  /** One script call for up to 250 records of one partition. */
  async delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]> {
    if (condition !== undefined) checkCondition(schema, condition)
    const script = condition === undefined ? deleteScript : deleteIfScript
    const head = condition === undefined ? indexArguments(schema) : deleteIfArguments(schema, condition, false)
    const replies = await this.#inBatches(schema, keys, script, head)
    const absent = keys.filter((key, index) => partitionOfKey(schema, key) === null && Number(replies[index]) === 0)
    if (absent.length === 0) return replies.map((reply) => Number(reply) === 1)
    // What moved between the look for it and the script is looked for again.
    const elsewhere = await locateRecords(await this.#connection(), schema, absent.map(idOf), BATCH_RECORDS)
    return Promise.all(
      keys.map(async (key, index) => {
        if (Number(replies[index]) !== 0 || !elsewhere.has(idOf(key))) return Number(replies[index]) === 1
        return Number(await this.#deleteOne(schema, key, script, head)) === 1
      }),
    )
  }

  /** One script call. */
  async deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    checkCondition(schema, condition)
    const reply = await this.#deleteOne(schema, key, deleteIfScript, deleteIfArguments(schema, condition, true))
    if (Array.isArray(reply)) return conflictOf(idOf(key), reply)
    return Number(reply) === 1 ? 'deleted' : 'missing'
  }

  /** One HGETALL for each id, pipelined; with a hash tag see `fetchTagged`. */
  async fetch(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    const records: (StoredRecord | null)[] = []
    for (let first = 0; first < keys.length; first += BATCH_RECORDS) {
      const some = keys.slice(first, first + BATCH_RECORDS)
      if (schema.hashTag !== undefined) {
        records.push(...(await fetchTagged(await this.#connection(), schema, some, BATCH_RECORDS)))
        continue
      }
      const replies = await this.#execute(
        some.map((key): Request => {
          const id = idOf(key)
          return { type: 'command', name: 'HGETALL', keys: [recordKey(partitionOfId(schema, id), id)], args: [] }
        }),
      )
      for (const [index, key] of some.entries()) {
        records.push(recordOfHash(idOf(key), texts(replies[index]))?.record ?? null)
      }
    }
    return records
  }

  /** One script call. */
  async expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean> {
    checkDeadline(expiresAtMs)
    const args = [...indexArguments(schema), idOf(key), deadlineText(expiresAtMs)]
    const connection = await this.#connection()
    return this.#follow(
      schema,
      key,
      async (partition) => Number(await sendWrite(connection, schema, partition, expireScript, args)) === 1,
      (isKnown) => !isKnown,
    )
  }

  /** One script call for up to 250 records of one partition. */
  async extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    checkDeadline(expiresAtMs)
    await this.#inBatches(schema, keys, extendScript, [...indexArguments(schema), expiresAtMs])
  }

  /** One script call. */
  async expiry(schema: ModelSchema, key: RecordKey): Promise<number | null | undefined> {
    const [deadline] = await this.#follow(
      schema,
      key,
      async (partition) => list(await this.#script(readScript, partition, [idOf(key), '0'])),
      (reply) => reply.length === 0,
    )
    if (deadline === undefined) return undefined
    return deadline === '' ? null : Number(deadline)
  }

  async #deleteOne(schema: ModelSchema, key: RecordKey, script: Script, head: readonly (string | number)[]) {
    const connection = await this.#connection()
    return this.#follow(
      schema,
      key,
      async (partition) => list(await sendWrite(connection, schema, partition, script, [...head, idOf(key)]))[0],
      (reply) => Number(reply) === 0,
    )
  }

  async select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage> {
    checkCriteria(schema, criteria)
    const connection = await this.#connection()
    return selectAroundMoves(connection, schema, criteria, (asked) =>
      replanned(schema, () => selectRecords(connection, schema, asked, this.#budget)),
    )
  }

  async count(schema: ModelSchema, where: Criterion) {
    checkCriterion(schema, where)
    const connection = await this.#connection()
    return countAroundMoves(connection, schema, where, (asked) =>
      replanned(schema, () => countRecords(connection, schema, asked, this.#budget)),
    )
  }

  async aggregate(schema: ModelSchema, where: Criterion, of: Aggregation): Promise<AggregateResult> {
    checkCriterion(schema, where)
    checkAggregation(schema, of)
    const connection = await this.#connection()
    return aggregateAroundMoves(connection, schema, where, of, (asked) =>
      replanned(schema, () => aggregateRecords(connection, schema, asked, of, this.#budget)),
    )
  }

  async countBy(schema: ModelSchema, where: Criterion, attribute: string) {
    checkCriterion(schema, where)
    checkSearchable(schema, attribute)
    const connection = await this.#connection()
    return countByAroundMoves(connection, schema, where, attribute, (asked) =>
      replanned(schema, () => countRecordsBy(connection, schema, asked, attribute, this.#budget)),
    )
  }

  objectionTo(schema: ModelSchema, criteria: Criteria): string | null {
    return walkObjection(schema, criteria)
  }

  async explain(schema: ModelSchema, criteria: Criteria): Promise<QueryPlan> {
    checkCriteria(schema, criteria)
    const connection = await this.#connection()
    return replanned(schema, () => explainSelection(connection, schema, criteria, this.#budget))
  }

  /** One script call; one HGETALL before for each write with a condition or an increment. */
  async transact(writes: readonly TransactionWrite[]): Promise<TransactionOutcome> {
    return transactWrites(await this.#connection(), writes)
  }

  keyOf(schema: ModelSchema, record: StoredRecord): string {
    return recordKey(partitionOfRecord(schema, record), record.id)
  }

  /** Script calls of up to 250 records in each partition, until none is left. */
  async clear(schema: ModelSchema): Promise<number> {
    let removed = 0
    let left = [...partitionsOf(schema)]
    while (left.length > 0) {
      const args = [...indexArguments(schema), BATCH_RECORDS]
      const replies = await this.#write(
        schema,
        left.map((partition) => ({ partition, script: clearScript, args })),
      )
      const [counts, more] = [replies.map((reply) => Number(list(reply)[0])), replies.map((reply) => list(reply)[1])]
      for (const count of counts) removed += count
      left = left.filter((_, index) => Number(more[index]) === 1)
    }
    return removed
  }

  /** Asks the partition of a record; where its tag is not known, the one that has the id, or has it by now. */
  async #follow<Answer>(
    schema: ModelSchema,
    key: RecordKey,
    ask: (partition: Partition) => Promise<Answer>,
    isAbsent: (answer: Answer) => boolean,
  ): Promise<Answer> {
    const known = partitionOfKey(schema, key)
    if (known !== null) return ask(known)
    const locate = async () => {
      const located = await locateRecords(await this.#connection(), schema, [idOf(key)], BATCH_RECORDS)
      return located.get(idOf(key)) ?? null
    }
    return followRecord(locate, partitionOfTagText(schema, null), ask, isAbsent)
  }

  async #partitions(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly Partition[]> {
    const known = keys.map((key) => partitionOfKey(schema, key))
    const missing = keys.map(idOf).filter((_, index) => known[index] === null)
    if (missing.length === 0) return known.filter((partition) => partition !== null)
    const located = await locateRecords(await this.#connection(), schema, missing, BATCH_RECORDS)
    return keys.map((key, index) => known[index] ?? located.get(idOf(key)) ?? partitionOfTagText(schema, null))
  }

  reading(options: ReplicaReadOptions): ReadingRepository {
    return readingRepository(this.#connection, options, (view) => new IndexedRepository(view, this.#budget))
  }

  confirming(wait: ReplicaWait): ConfirmingRepository {
    return confirmingRepository(this.#connection, wait, (view) => new IndexedRepository(view, this.#budget))
  }

  /** Calls a script with so many ids of a partition at a time; answers run beside the keys. */
  async #inBatches(
    schema: ModelSchema,
    keys: readonly RecordKey[],
    script: Script,
    head: readonly (string | number)[],
  ): Promise<unknown[]> {
    if (keys.length === 0) return []
    const answers: unknown[] = keys.map(() => null)
    const batches = batchesOf(await this.#partitions(schema, keys))
    const ids = keys.map(idOf)
    const replies = await this.#write(
      schema,
      batches.map(({ partition, places }) => {
        return { partition, script, args: [...head, ...places.map((place) => ids[place] ?? '')] }
      }),
    )
    for (const [index, { places }] of batches.entries()) {
      const reply = list(replies[index])
      for (const [at, place] of places.entries()) answers[place] = reply[at]
    }
    return answers
  }

  async #write(schema: ModelSchema, calls: readonly PartitionCall[]): Promise<readonly unknown[]> {
    return (await executeGuarded(await this.#connection(), schema, calls)).map(valueOfOutcome)
  }

  async #script(script: Script, partition: Partition, args: readonly (string | number)[]): Promise<unknown> {
    const connection = await this.#connection()
    return connection.send({ type: 'script', script, keys: partition.keys, args })
  }

  async #execute(requests: readonly Request[]): Promise<readonly unknown[]> {
    if (requests.length === 0) return []
    const connection: Connection = await this.#connection()
    const [only] = requests
    if (only !== undefined && requests.length === 1) return [await connection.send(only)]
    return (await connection.execute(requests)).map(valueOfOutcome)
  }
}

/** Where a change leaves its record. */
function destinationOf(schema: ModelSchema, from: Partition, change: RecordChange): Partition {
  if (schema.hashTag === undefined && (change.newId ?? change.id) === change.id) return from
  if (schema.hashTag === undefined) return partitionOfRecord(schema, { id: change.newId ?? change.id, fields: [] })
  return touchesTag(schema, change) ? partitionOfRecord(schema, { id: change.id, fields: change.set }) : from
}

function batchesOf(partitions: readonly Partition[]): { partition: Partition; places: number[] }[] {
  return [...groupByPartition(partitions, (partition) => partition)].flatMap(([partition, places]) => {
    const batches = []
    for (let first = 0; first < places.length; first += BATCH_RECORDS) {
      batches.push({ partition, places: places.slice(first, first + BATCH_RECORDS) })
    }
    return batches
  })
}
