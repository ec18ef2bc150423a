import type { ReplicaReadOptions, ReplicaWait } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { checkCondition } from '../check-change.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import { checkDeadline, checkId } from '../check-record.js'
import { type Claims, StoredClaims } from '../claims.js'
import type { ConnectionSource } from '../connection-source.js'
import { confirmingRepository, readingRepository } from '../connection-views.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { idOf } from '../record-keys.js'
import { list } from '../replies.js'
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
import { countRecords } from './count-records.js'
import { clearRecords, deleteRecordIf, deleteRecords } from './delete-records.js'
import { explainSelection } from './explain-selection.js'
import { fetchRecords } from './fetch-records.js'
import { replanned } from './guarded-calls.js'
import { insertBatches } from './insert-batches.js'
import { oneRowArguments, rowArguments } from './insert-rows.js'
import { callAtKey, callInBatches } from './keyed-calls.js'
import { partitionOfRecord, recordKey } from './layout.js'
import { IndexMaintenance } from './maintenance/index-maintenance.js'
import { defaultBudget, type ScriptBudget } from './script-budget.js'
import { insertScript } from './scripts/insert-script.js'
import { expireScript, extendScript, readScript } from './scripts/record-scripts.js'
import { selectRecords } from './select-records.js'
import { sendWrite } from './send-write.js'
import { transactWrites } from './transact-writes.js'
import { updateRecord } from './update-record.js'
import { deadlineText, indexArguments } from './write-arguments.js'

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
    return await updateRecord(await this.#connection(), schema, change)
  }

  /** One script call for up to 250 records of one partition. */
  async delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]> {
    if (condition !== undefined) checkCondition(schema, condition)
    return deleteRecords(await this.#connection(), schema, keys, condition)
  }

  /** One script call. */
  async deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    checkCondition(schema, condition)
    return deleteRecordIf(await this.#connection(), schema, key, condition)
  }

  /** One HGETALL for each id, pipelined; with a hash tag see `fetchTagged`. */
  async fetch(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    return fetchRecords(await this.#connection(), schema, keys)
  }

  /** One script call. */
  async expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean> {
    checkDeadline(expiresAtMs)
    const args = [...indexArguments(schema), idOf(key), deadlineText(expiresAtMs)]
    const connection = await this.#connection()
    return callAtKey(
      connection,
      schema,
      key,
      async (partition) => Number(await sendWrite(connection, schema, partition, expireScript, args)) === 1,
      (isKnown) => !isKnown,
    )
  }

  /** One script call for up to 250 records of one partition. */
  async extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    checkDeadline(expiresAtMs)
    const head = [...indexArguments(schema), expiresAtMs]
    await callInBatches(await this.#connection(), schema, keys, extendScript, head)
  }

  /** One script call. */
  async expiry(schema: ModelSchema, key: RecordKey): Promise<number | null | undefined> {
    const connection = await this.#connection()
    const args = [idOf(key), '0']
    const [deadline] = await callAtKey(
      connection,
      schema,
      key,
      async ({ keys }) => list(await connection.send({ type: 'script', script: readScript, keys, args })),
      (reply) => reply.length === 0,
    )
    if (deadline === undefined) return undefined
    return deadline === '' ? null : Number(deadline)
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
    return clearRecords(await this.#connection(), schema)
  }

  reading(options: ReplicaReadOptions): ReadingRepository {
    return readingRepository(this.#connection, options, (view) => new IndexedRepository(view, this.#budget))
  }

  confirming(wait: ReplicaWait): ConfirmingRepository {
    return confirmingRepository(this.#connection, wait, (view) => new IndexedRepository(view, this.#budget))
  }
}
