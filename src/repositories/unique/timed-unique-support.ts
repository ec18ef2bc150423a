import type { ModelSchema } from '../../schema/model-schema.js'
import type { ConnectionSource } from '../connection-source.js'
import type { RecordKey, Repository, StoredRecord } from '../repository.js'
import { FencedWriteError } from './fenced-write-error.js'
import { StoredUniqueClaims } from './stored-unique-claims.js'
import type { FencedWrites, UniqueSupport } from './unique-support.js'

/**
 * Unique attributes of the layouts in which the key of a record depends on its values, so that no place for a fence is known
 * beforehand. A writer does not begin to write after half of its lease; whoever judges its claim comes after the whole of it. So a
 * write that is on its way for longer than half a lease could still come too late: `indexed` has no such gap.
 */
export class TimedUniqueSupport implements UniqueSupport {
  readonly claims: StoredUniqueClaims
  readonly #repository: Repository

  constructor(connection: ConnectionSource, repository: Repository) {
    this.claims = new StoredUniqueClaims(connection)
    this.#repository = repository
  }

  fenced(_token: string, leaseMs: number): FencedWrites {
    const startedAt = performance.now()
    const require = () => {
      if (performance.now() - startedAt > leaseMs / 2) throw new FencedWriteError()
    }
    return {
      insert: async (schema, record, options) => {
        require()
        return this.#repository.insert(schema, record, options)
      },
      update: async (schema, change) => {
        require()
        return this.#repository.update(schema, change)
      },
    }
  }

  read(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    return this.#repository.fetch(schema, keys)
  }

  async fence(schema: ModelSchema, key: RecordKey): Promise<StoredRecord | null> {
    const [record] = await this.#repository.fetch(schema, [key])
    return record ?? null
  }
}
