import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import type { Connection } from '../../../src/connections/connection.js'
import { ownDefinition } from '../../../src/repositories/indexed/index-definition.js'
import { IndexedRepository } from '../../../src/repositories/indexed/indexed-repository.js'
import { type Partition, partitionOfId, partitionsOf } from '../../../src/repositories/indexed/layout.js'
import { IndexMaintenance } from '../../../src/repositories/indexed/maintenance/index-maintenance.js'
import type { ModelSchema } from '../../../src/schema/model-schema.js'
import { openTarget } from '../../support/open-target.js'
import type { Target } from '../../support/targets.js'
import { sampleSchema } from '../sample-schema.js'

/** A model of its own for each test, with records, and the means to corrupt it behind the repository's back. */
export class MaintainedModel {
  readonly #partitions: number
  #connection: Connection | null = null
  #schema: ModelSchema | null = null

  /** Registers the hooks; for use in `describe`. */
  constructor(target: Target, partitions: number) {
    this.#partitions = partitions
    beforeAll(async () => {
      this.#connection = await openTarget(target)
    })
    beforeEach(() => {
      this.#schema = sampleSchema(partitions, `kept${randomUUID().slice(0, 8)}`)
    })
    afterAll(() => this.#connection?.close())
  }

  get partitions(): number {
    return this.#partitions
  }

  get connection(): Connection {
    return this.#connection!
  }

  get schema(): ModelSchema {
    return this.#schema!
  }

  get repository(): IndexedRepository {
    return new IndexedRepository(async () => this.connection)
  }

  get maintenance(): IndexMaintenance {
    return new IndexMaintenance(async () => this.connection)
  }

  /** Ids 'id0' … with values that several share, some without a value, every fifth expiring. */
  async fill(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, at) => `id${at}`)
    const outcomes = await this.repository.insertMany(
      this.schema,
      ids.map((id, at) => ({
        id,
        fields: [
          ...['ip', `10.0.0.${at % 7}`, 'userId', String(at % 11), 'weight', String(at / 4)],
          ...(at % 3 === 0 ? [] : ['name', `name ${at % 5}`]),
          ...(at % 2 === 0 ? ['active', at % 4 === 0 ? '1' : '0'] : []),
          ...['seenAt', '2024-02-29T12:00:00.000Z', 'note', `note ${at}`],
        ],
        expiresAtMs: at % 5 === 0 ? Date.now() + 3_600_000 : null,
      })),
    )
    if (outcomes.some((outcome) => outcome !== 'inserted')) throw new Error('a record was not inserted')
    return ids
  }

  partitionOf(id: string): Partition {
    return partitionOfId(this.schema, id)
  }

  /** The key of a record. */
  record(id: string): string {
    return this.partitionOf(id).keys[1] + id
  }

  /** A key of the indexes that lies beside a record. */
  index(id: string, suffix = ''): string {
    return this.partitionOf(id).keys[0] + suffix
  }

  /** A command behind the repository's back. */
  send(name: string, key: string, ...args: (string | number)[]): Promise<unknown> {
    return this.connection.send({ type: 'command', name, keys: [key], args })
  }

  async stampOf(id: string): Promise<string> {
    return String(await this.send('HGET', this.record(id), ''))
  }

  async define(schema: ModelSchema = this.schema): Promise<void> {
    for (const { keys } of partitionsOf(schema)) await this.send('SET', `${keys[0]}:%schema`, ownDefinition(schema))
  }
}
