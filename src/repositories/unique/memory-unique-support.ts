import type { ModelSchema } from '../../schema/model-schema.js'
import type { RecordKey, Repository, StoredRecord } from '../repository.js'
import { FencedWriteError } from './fenced-write-error.js'
import { MemoryUniqueClaims } from './memory-unique-claims.js'
import type { FencedWrites, UniqueSupport } from './unique-support.js'

/** Unique attributes of a repository in memory, whose methods do their work in one turn of the event loop. */
export class MemoryUniqueSupport implements UniqueSupport {
  readonly claims: MemoryUniqueClaims
  readonly #repository: Repository
  readonly #fences = new Set<string>()

  constructor(repository: Repository, now: () => number) {
    this.claims = new MemoryUniqueClaims(now)
    this.#repository = repository
  }

  fenced(token: string): FencedWrites {
    const repository = this.#repository
    const { transact } = repository
    const require = () => {
      if (this.#fences.has(token)) throw new FencedWriteError()
    }
    return {
      insert: async (schema, record, options) => {
        require()
        return repository.insert(schema, record, options)
      },
      update: async (schema, change) => {
        require()
        return repository.update(schema, change)
      },
      ...(transact !== undefined && {
        transact: async (writes) => {
          require()
          return transact.call(repository, writes)
        },
      }),
    }
  }

  read(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    return this.#repository.fetch(schema, keys)
  }

  async fence(schema: ModelSchema, key: RecordKey, token: string): Promise<StoredRecord | null> {
    this.#fences.add(token)
    const [record] = await this.#repository.fetch(schema, [key])
    return record ?? null
  }
}
