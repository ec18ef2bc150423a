import type { ModelSchema } from '../../schema/model-schema.js'
import type { RecordKey, Repository, StoredRecord } from '../repository.js'
import type { UniqueClaims } from './unique-claims.js'

/** What unique attributes stand on in a repository. */
export interface UniqueSupport {
  readonly claims: UniqueClaims
  /** The writes of this repository, refused with an error for which `isFenced` is true once the token is fenced. */
  fenced(token: string, leaseMs: number): FencedWrites
  /** Reads records where they can be written: never from a server that another one has replaced already. */
  read(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]>
  /** Reads a record and has every later write with this token to its partition refused, in one step; null for no record. */
  fence(schema: ModelSchema, key: RecordKey, token: string): Promise<StoredRecord | null>
}

/** Writes that can come too late. */
export type FencedWrites = Pick<Repository, 'insert' | 'update' | 'transact'>
