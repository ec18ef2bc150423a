import type { Clock } from '../../clock.js'
import type { Effect } from '../../commands/replication-state.js'
import type { Database } from '../../keyspace/database.js'
import type { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import type { DatasetHeader } from '../../persistence/rdb-form.js'
import type { Reply } from '../../resp/reply.js'
import type { Config } from '../config.js'
import type { LogLevel } from '../node-options.js'
import type { AppendLog } from './log/append-log.js'
import type { OpenSink } from './save-sink.js'

/** The parts of a node that its files are about. */
export interface PersistenceHost {
  readonly config: Config
  readonly clock: Clock
  readonly databases: readonly Database[]
  readonly isReplica: () => boolean
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
