import type { Connection, Request, Script } from '../../connections/connection.js'
import { InvalidArgumentError } from '../../errors/usage-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import { checkDeadline, checkId } from '../check-record.js'
import type { ConnectionSource } from '../connection-source.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { list, texts, valueOfOutcome } from '../replies.js'
import type {
  AggregateResult,
  DeleteOutcome,
  NewRecord,
  QueryPlan,
  RecordChange,
  RecordPage,
  Repository,
  StoredRecord,
  UpdateOutcome,
} from '../repository.js'
import { aggregateRecords, countRecordsBy } from './aggregate-records.js'
import { explainSelection } from './explain-selection.js'
import { insertBatches } from './insert-batches.js'
import { InsertRows } from './insert-rows.js'
import { groupByPartition, type Partition, partitionOfId, partitionsOf, recordKey } from './layout.js'
import { moveRecord } from './move-record.js'
import { recordOfHash } from './record-hash.js'
import { defaultBudget, type ScriptBudget } from './script-budget.js'
import { insertScript } from './scripts/insert-script.js'
import { clearScript, deleteScript, expireScript, readScript } from './scripts/record-scripts.js'
import { updateScript } from './scripts/update-script.js'
import { countRecords, selectRecords } from './select-records.js'
import { deadlineText, indexArguments, updateArguments } from './write-arguments.js'

/** Records of one script call or pipeline at most. */
const BATCH_RECORDS = 250

/**
 * Keeps a record and the entries of its indexes in one hash slot, and changes them in one script; answers queries from the
 * indexes, partition by partition. Never sends SCAN or KEYS. Needs Redis 6.2 or later, or Valkey.
 */
export class IndexedRepository implements Repository {
  readonly name = 'indexed'
  readonly #connection: ConnectionSource

  readonly #budget: ScriptBudget

  constructor(connection: ConnectionSource, budget: ScriptBudget = defaultBudget) {
    this.#connection = connection
    this.#budget = budget
  }

  /** One script call. */
  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    const partition = partitionOfId(schema, record.id)
    const rows = new InsertRows(schema)
    rows.add(record)
    const reply = await this.#script(insertScript, partition, rows.args(options))
    return Number(list(reply)[0]) === 1 ? 'inserted' : 'duplicate'
  }

  /** One script call for up to 200 rows of one partition, several calls at a time, and one before for the time of creation. */
  async insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    if (records.length === 0) return []
    return insertBatches(await this.#connection(), schema, records)
  }

  /** One script call; with a new key in another partition three (`moveRecord`). */
  async update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    refuseRich(change)
    const { newId } = change
    if (newId !== undefined && newId !== change.id) {
      checkId(schema, newId)
      return moveRecord(await this.#connection(), schema, { ...change, newId })
    }
    const partition = partitionOfId(schema, change.id)
    const reply = await this.#script(updateScript, partition, updateArguments(schema, change))
    return Number(reply) === 1 ? 'updated' : 'missing'
  }

  /** One script call for up to 250 records of one partition. */
  async delete(schema: ModelSchema, ids: readonly string[]): Promise<readonly boolean[]> {
    const outcomes: boolean[] = ids.map(() => false)
    const batches = batchesOf(schema, ids)
    const requests = batches.map(({ partition, places }): Request => {
      const args = [...indexArguments(schema), ...places.map((place) => ids[place] ?? '')]
      return { type: 'script', script: deleteScript, keys: partition.keys, args }
    })
    const replies = await this.#execute(requests)
    for (const [index, { places }] of batches.entries()) {
      const reply = list(replies[index])
      for (const [at, place] of places.entries()) outcomes[place] = Number(reply[at]) === 1
    }
    return outcomes
  }

  async deleteIf(_schema: ModelSchema, _id: string, _condition: Criterion): Promise<DeleteOutcome> {
    throw new InvalidArgumentError('Conditional writes are not supported by this repository.')
  }

  /** One HGETALL for each id, pipelined. */
  async fetch(schema: ModelSchema, ids: readonly string[]): Promise<readonly (StoredRecord | null)[]> {
    const records: (StoredRecord | null)[] = []
    for (let first = 0; first < ids.length; first += BATCH_RECORDS) {
      const some = ids.slice(first, first + BATCH_RECORDS)
      const replies = await this.#execute(
        some.map((id): Request => {
          return { type: 'command', name: 'HGETALL', keys: [recordKey(partitionOfId(schema, id), id)], args: [] }
        }),
      )
      for (const [index, id] of some.entries()) {
        records.push(recordOfHash(id, texts(replies[index]))?.record ?? null)
      }
    }
    return records
  }

  /** One script call. */
  async expire(schema: ModelSchema, id: string, expiresAtMs: number | null): Promise<boolean> {
    checkDeadline(expiresAtMs)
    const args = [...indexArguments(schema), id, deadlineText(expiresAtMs)]
    return Number(await this.#script(expireScript, partitionOfId(schema, id), args)) === 1
  }

  /** One script call. */
  async expiry(schema: ModelSchema, id: string): Promise<number | null | undefined> {
    const [deadline] = list(await this.#script(readScript, partitionOfId(schema, id), [id, '0']))
    if (deadline === undefined) return undefined
    return deadline === '' ? null : Number(deadline)
  }

  async select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage> {
    checkCriteria(schema, criteria)
    return selectRecords(await this.#connection(), schema, criteria, this.#budget)
  }

  async count(schema: ModelSchema, where: Criterion) {
    checkCriterion(schema, where)
    return countRecords(await this.#connection(), schema, where, this.#budget)
  }

  async aggregate(schema: ModelSchema, where: Criterion, of: Aggregation): Promise<AggregateResult> {
    checkCriterion(schema, where)
    checkAggregation(schema, of)
    return aggregateRecords(await this.#connection(), schema, where, of, this.#budget)
  }

  async countBy(schema: ModelSchema, where: Criterion, attribute: string) {
    checkCriterion(schema, where)
    checkSearchable(schema, attribute)
    return countRecordsBy(await this.#connection(), schema, where, attribute, this.#budget)
  }

  async explain(schema: ModelSchema, criteria: Criteria): Promise<QueryPlan> {
    checkCriteria(schema, criteria)
    return explainSelection(await this.#connection(), schema, criteria, this.#budget)
  }

  /** Script calls of up to 250 records in each partition, until none is left. */
  async clear(schema: ModelSchema): Promise<number> {
    let removed = 0
    let left = [...partitionsOf(schema)]
    while (left.length > 0) {
      const args = [...indexArguments(schema), BATCH_RECORDS]
      const replies = await this.#execute(
        left.map(({ keys }): Request => ({ type: 'script', script: clearScript, keys, args })),
      )
      const [counts, more] = [replies.map((reply) => Number(list(reply)[0])), replies.map((reply) => list(reply)[1])]
      for (const count of counts) removed += count
      left = left.filter((_, index) => Number(more[index]) === 1)
    }
    return removed
  }

  async #script(script: Script, partition: Partition, args: readonly (string | number)[]): Promise<unknown> {
    const connection = await this.#connection()
    return connection.send({ type: 'script', script, keys: partition.keys, args })
  }

  async #execute(requests: readonly Request[]): Promise<readonly unknown[]> {
    if (requests.length === 0) return []
    const connection: Connection = await this.#connection()
    return (await connection.execute(requests)).map(valueOfOutcome)
  }
}

function batchesOf(schema: ModelSchema, ids: readonly string[]): { partition: Partition; places: number[] }[] {
  return [...groupByPartition(schema, ids, (id) => id)].flatMap(([partition, places]) => {
    const batches = []
    for (let first = 0; first < places.length; first += BATCH_RECORDS) {
      batches.push({ partition, places: places.slice(first, first + BATCH_RECORDS) })
    }
    return batches
  })
}

function refuseRich(change: RecordChange): void {
  if (change.condition === undefined && change.increments === undefined && change.expiresAtMs === undefined) return
  throw new InvalidArgumentError('Conditional writes are not supported by this repository.')
}
