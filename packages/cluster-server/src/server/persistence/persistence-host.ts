import type { Clock } from '../../clock.js'
import type { Effect, SavedPoint } from '../../commands/replication-state.js'
import type { Database } from '../../keyspace/database.js'
import type { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import type { DatasetHeader } from '../../persistence/rdb-form.js'
import type { Reply } from '../../resp/reply.js'
import type { Config } from '../config.js'
import type { LogLevel } from '../node-options.js'
import type { AppendLog } from './log/append-log.js'
import type { OpenSink } from './save-sink.js'

/** Hears of the loading of the file at the start: what it says of the history of the data may still hold. */
export interface HistoryRestore {
  readonly begin: () => void
  /** A key of the file has expired by now. */
  readonly expired: (databaseIndex: number, key: string) => void
  /** Null when the file says nothing that can be used. */
  readonly end: (point: SavedPoint | null) => void
}

/** The parts of a node that its files are about. */
export interface PersistenceHost {
  readonly config: Config
  readonly clock: Clock
  readonly databases: readonly Database[]
  readonly isReplica: () => boolean
  readonly restore: HistoryRestore
  readonly header: () => DatasetHeader
  readonly openSink: OpenSink
  /** Counts a snapshot that is written in the background. */
  readonly counted: (begin: () => DatasetSnapshot) => DatasetSnapshot
  /** Takes the source of a function library. @returns why it cannot be used, or null */
  readonly addLibrary: (source: string, replaces: boolean) => string | null
  readonly clearLibraries: () => void
  readonly appendLog: AppendLog
  /** Runs commands of a log as one unit, past all gates. */
  readonly replay: (unit: readonly Effect[]) => readonly Reply[]
  /** Whether there is such a command. */
  readonly knows: (argv: readonly string[]) => boolean
  /** Ends the node at once. */
  readonly fatal: () => void
  readonly log: (level: LogLevel, message: string) => void
}
