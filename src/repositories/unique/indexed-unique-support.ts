import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { ConnectionSource } from '../connection-source.js'
import { type Partition, partitionOfKey, partitionsOf, recordKey } from '../indexed/layout.js'
import { recordOfHash } from '../indexed/record-hash.js'
import { idOf } from '../record-keys.js'
import { texts, valueOfOutcome } from '../replies.js'
import type { RecordKey, Repository, StoredRecord } from '../repository.js'
import { fenceArguments, fencedConnection, fenceScript } from './fenced-connection.js'
import { StoredUniqueClaims } from './stored-unique-claims.js'
import type { FencedWrites, UniqueSupport } from './unique-support.js'
import { writableReads } from './writable-reads.js'

/** Unique attributes of the indexed repository: a fence stands in the partition of the record, in its slot. */
export class IndexedUniqueSupport implements UniqueSupport {
  readonly claims: StoredUniqueClaims
  readonly #connection: ConnectionSource
  readonly #over: (connection: ConnectionSource) => Repository

  /** @param over The repository over another connection. */
  constructor(connection: ConnectionSource, over: (connection: ConnectionSource) => Repository) {
    this.claims = new StoredUniqueClaims(connection)
    this.#connection = connection
    this.#over = over
  }

  fenced(token: string): FencedWrites {
    let view: Promise<Connection> | null = null
    const open = async () => fencedConnection(await this.#connection(), token)
    return this.#over(() => {
      view ??= open()
      return view
    })
  }

  /** One script call for each record, pipelined. */
  async read(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    const connection = writableReads(await this.#connection())
    return this.#over(async () => connection).fetch(schema, keys)
  }

  async fence(schema: ModelSchema, key: RecordKey, token: string): Promise<StoredRecord | null> {
    const known = partitionOfKey(schema, key)
    const partitions: readonly Partition[] = known === null ? partitionsOf(schema) : [known]
    const connection = await this.#connection()
    const id = idOf(key)
    const outcomes = await connection.execute(
      partitions.map((partition) => {
        const keys = [...partition.keys, recordKey(partition, id)]
        return { type: 'script', script: fenceScript, keys, args: fenceArguments(token) }
      }),
    )
    const records = outcomes.map((outcome) => recordOfHash(id, texts(valueOfOutcome(outcome)))?.record ?? null)
    return records.find((record) => record !== null) ?? null
  }
}
