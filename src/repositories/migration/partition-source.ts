import type { ReplicaWait } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { ConnectionSource } from '../connection-source.js'
import type { Criteria, Position } from '../criteria.js'
import { agree, changeDefinition, readDefinitions } from '../indexed/guarded-calls.js'
import { formatDefinition, ownDefinition, parseDefinition } from '../indexed/index-definition.js'
import { IndexedRepository } from '../indexed/indexed-repository.js'
import { allowDuringMove } from '../indexed/known-definitions.js'
import { partitionOfRecord, partitionsOf } from '../indexed/layout.js'
import { readScript } from '../indexed/scripts/record-scripts.js'
import { keyOfRecord } from '../record-keys.js'
import { list, text, texts } from '../replies.js'
import type { RecordKey, StoredRecord } from '../repository.js'
import { arrive } from './arrivals.js'
import {
  everything,
  type MigrationSource,
  type MoveOutcome,
  type SourceBatch,
  type SourceRecord,
} from './migration-source.js'

/** Rows of one page. */
const PAGE = 200

/**
 * The indexed layout with another number of partitions. Once it is closed, its partitions refuse every write but that of the
 * movers, so that a record that was read there is as it was read until it is removed.
 */
export class PartitionSource implements MigrationSource {
  readonly repository: IndexedRepository
  readonly schema: ModelSchema
  readonly #connection: ConnectionSource
  /** The model as it is spread in the layout that it leaves. */
  readonly #old: ModelSchema
  readonly #new: ModelSchema
  #closing: Promise<void> | null = null

  constructor(connection: ConnectionSource, schema: ModelSchema, partitions: number) {
    this.#connection = connection
    this.#new = schema
    this.#old = copyOf(leaving, schema, partitions)
    allowDuringMove(this.#old)
    this.schema = copyOf(staying, schema, partitions)
    this.repository = new IndexedRepository(connection)
  }

  async find(criteria: Criteria, most: number): Promise<readonly SourceRecord[]> {
    const rows: SourceRecord[] = []
    const { fields: _all, ...question } = criteria
    let after = criteria.after === null ? null : placeIn(criteria.after)
    for (;;) {
      const limit = Math.min(PAGE, most - rows.length)
      if (limit <= 0) return rows
      const page = await this.repository.select(this.#old, { ...question, after, offset: 0, limit })
      for (const [index, record] of page.records.entries()) {
        rows.push(this.#source(record, page.positions[index]?.createdAtMs))
      }
      after = page.positions.at(-1) ?? null
      if (!page.hasMore || after === null) return rows
    }
  }

  async locate(keys: readonly RecordKey[]): Promise<readonly SourceRecord[]> {
    const found = await this.repository.fetch(this.#old, keys)
    return found.filter((record) => record !== null).map((record) => this.#source(record))
  }

  expiry(key: RecordKey): Promise<number | null | undefined> {
    return this.repository.expiry(this.#old, key)
  }

  async *batches(size: number): AsyncGenerator<SourceBatch> {
    const { count: expected } = await this.repository.count(this.#old, everything)
    let after: Position | null = null
    for (;;) {
      const question = { where: everything, order: [], limit: size, offset: 0, after }
      const page = await this.repository.select(this.#old, question)
      const records = page.records.map((record) => this.#source(record))
      if (records.length > 0) yield { records, expected, lost: 0, strangeKeys: [] }
      after = page.positions.at(-1) ?? null
      if (!page.hasMore || after === null) return
    }
  }

  #source(record: StoredRecord, createdAtMs = 0): SourceRecord {
    return { record, createdAtMs, move: (wait) => this.#move(record, wait) }
  }

  async #move(found: StoredRecord, wait: ReplicaWait | null): Promise<MoveOutcome> {
    await this.close()
    const { id } = found
    const connection = await this.#connection()
    const partition = partitionOfRecord(this.#old, found)
    const request = { type: 'script', script: readScript, keys: partition.keys, args: [id, '1'] } as const
    const [deadline, reply] = list(await connection.send(request))
    if (reply === undefined) return 'absent'
    const { fields, createdAtMs } = fieldsAndCreation(texts(reply))
    const expiresAtMs = text(deadline) === '' ? null : Number(deadline)
    const outcome = await arrive(connection, this.#new, { id, fields, expiresAtMs, createdAtMs }, wait)
    if (outcome === 'taken') return 'taken'
    const [isRemoved] = await this.repository.delete(this.#old, [keyOfRecord(this.#old, id, fields)])
    return isRemoved ? 'moved' : 'absent'
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      this.#closing = null
      throw error
    })
    return this.#closing
  }

  /** The definitions that said that the partitions are being left; they hold no records any more. */
  async forget(): Promise<void> {
    const connection = await this.#connection()
    const requests = partitionsOf(this.#old).map(({ keys }) => {
      return { type: 'command', name: 'DEL', keys: [`${keys[0]}:%schema`], args: [] } as const
    })
    await connection.execute(requests)
    this.#closing = null
  }

  async #close(): Promise<void> {
    const connection = await this.#connection()
    for (const partition of partitionsOf(this.#old)) {
      for (;;) {
        const { text: agreed } = await agree(connection, this.#old, partition)
        const [stored] = await readDefinitions(connection, this.#old, [partition])
        const definition = stored ?? ownDefinition(this.#old)
        if (stored !== null && stored !== agreed) continue
        const parsed = parseDefinition(definition)
        if (stored !== null && parsed.movesTo === this.#new.partitions) break
        const closed = formatDefinition({ ...parsed, movesTo: this.#new.partitions })
        const options = { build: 'keep', emptied: [] } as const
        if (await changeDefinition(connection, partition, stored ?? '', closed, options)) {
          await readDefinitions(connection, this.#old, [partition])
          break
        }
      }
    }
  }
}

type Copies = WeakMap<ModelSchema, Map<number, ModelSchema>>

/** Two copies of a model with the number of partitions that it leaves: with one of them it is read and written although it does. */
const leaving: Copies = new WeakMap()
const staying: Copies = new WeakMap()

function copyOf(copies: Copies, schema: ModelSchema, partitions: number): ModelSchema {
  const ofSchema = copies.get(schema) ?? new Map<number, ModelSchema>()
  copies.set(schema, ofSchema)
  const known = ofSchema.get(partitions)
  if (known !== undefined) return known
  const copy = { ...schema, partitions }
  ofSchema.set(partitions, copy)
  return copy
}

function fieldsAndCreation(hash: readonly string[]): { readonly fields: string[]; readonly createdAtMs: number } {
  const fields: string[] = []
  let createdAtMs = 0
  for (let index = 0; index < hash.length; index += 2) {
    const [name = '', value = ''] = [hash[index], hash[index + 1]]
    if (name === '') createdAtMs = Number(value)
    else fields.push(name, value)
  }
  return { fields, createdAtMs }
}

/** The place in a layout of another number of partitions. */
function placeIn({ values, createdAtMs, id }: Position): Position {
  return { values, createdAtMs, id }
}
