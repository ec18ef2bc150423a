import type { Entry } from '../keyspace/entry.js'
import type { RdbWriter } from './rdb-writer.js'
import type { RemainingSteps } from './value-encoder.js'

/** What a file says of a database before its keys. */
export interface DatabaseSizes {
  readonly index: number
  readonly size: number
  readonly deadlineCount: number
}

/** In which form all data are written: as an RDB, or as the commands that make them. */
export interface DatasetForm {
  /** Whether the writers of this form compress: the setting `rdbcompression`. */
  readonly compresses: boolean
  /** What stands before all keys. */
  begin(out: RdbWriter): void
  beginDatabase(out: RdbWriter, sizes: DatabaseSizes): void
  /** Writes an entry, which may not change before the last step; a large one is written up to its first elements. */
  beginEntry(out: RdbWriter, entry: Entry, nowSeconds: number): RemainingSteps
  /** What stands behind all keys. */
  end(out: RdbWriter): void
  /** Sees every piece in its order. @returns the piece, the last one with what ends the file */
  seal(piece: Buffer, isLast: boolean): Buffer
}
