import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import type { Criteria, Criterion, Order } from '../../src/repositories/criteria.js'
import { fieldOf, fieldsOf } from '../../src/repositories/fields.js'
import type { Repository } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { sampleSchema } from '../repositories/sample-schema.js'

/** A repository under test; `open` gives it anew for the suite. */
export interface ContractSubject {
  readonly partitions: number
  /** The attribute that decides the partition of a record; absent: its id does. */
  readonly hashTag?: string
  open(): Promise<{ readonly repository: Repository; close(): Promise<void> }>
}

export const everything: Criterion = { type: 'all', of: [] }

/** The repository of a suite, a model of its own for each test, and short forms of the calls. */
export class ContractContext {
  readonly partitions: number
  #opened: Awaited<ReturnType<ContractSubject['open']>> | null = null
  #schema: ModelSchema | null = null
  #number = 0

  /** Registers the hooks; for use in `describe`. */
  constructor(subject: ContractSubject) {
    this.partitions = subject.partitions
    beforeAll(async () => {
      this.#opened = await subject.open()
    })
    beforeEach(async () => {
      if (this.#schema !== null) await this.repository.clear(this.#schema)
      this.#number++
      const schema = sampleSchema(subject.partitions, `samples${this.#number}`)
      const hashTag = schema.attributes.get(subject.hashTag ?? '')
      this.#schema = { ...schema, ...(hashTag && { hashTag }) }
    })
    afterAll(async () => {
      if (this.#schema !== null) await this.repository.clear(this.#schema)
      await this.#opened?.close()
    })
  }

  get repository(): Repository {
    return this.#opened!.repository
  }

  get schema(): ModelSchema {
    return this.#schema!
  }

  insert(id: string, fields: Record<string, string> = {}, expiresAtMs: number | null = null) {
    const record = { id, fields: fieldsOf(Object.entries(fields)), expiresAtMs }
    return this.repository.insert(this.schema, record, { replace: false })
  }

  replace(id: string, fields: Record<string, string> = {}, expiresAtMs: number | null = null) {
    const record = { id, fields: fieldsOf(Object.entries(fields)), expiresAtMs }
    return this.repository.insert(this.schema, record, { replace: true })
  }

  update(id: string, set: Record<string, string>, unset: string[] = [], newId?: string) {
    const change = { id, set: fieldsOf(Object.entries(set)), unset, ...(newId !== undefined && { newId }) }
    return this.repository.update(this.schema, change)
  }

  /** The fields of a record by name; null for no record. */
  async read(id: string): Promise<Record<string, string> | null> {
    const [record] = await this.repository.fetch(this.schema, [id])
    if (record === null) return null
    const names = record!.fields.filter((_, at) => at % 2 === 0)
    return Object.fromEntries(names.map((name) => [name, fieldOf(record!.fields, name)!]))
  }

  select(where: Criterion, more: Partial<Criteria> = {}) {
    return this.repository.select(this.schema, { where, order: [], limit: null, offset: 0, after: null, ...more })
  }

  async ids(where: Criterion, more: Partial<Criteria> = {}): Promise<string[]> {
    return (await this.select(where, more)).records.map((record) => record.id)
  }

  async count(where: Criterion): Promise<number> {
    return (await this.repository.count(this.schema, where)).count
  }
}

export function equals(attribute: string, value: string | null): Criterion {
  return { type: 'equals', attribute, value }
}

export function by(attribute: string, direction: Order['direction']): Order[] {
  return [{ attribute, direction }]
}
