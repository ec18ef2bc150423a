import type { Clock } from '../clock.js'
import type { ClientState, ConfigReader } from '../commands/context.js'
import type { Effect } from '../commands/replication-state.js'
import type { Reply } from '../resp/reply.js'
import type { ArrivingCopy, CopyStore } from './arriving-copy.js'
import type { HistoryPoint } from './replication-history.js'

/** What a copy holds: `rdb-filter-only` of REPLCONF. */
export type CopyContents = 'everything' | 'functions' | 'nothing'

/** Where a copy goes that is streamed. `write` resolves when it can take more. */
export interface CopySink {
  write(bytes: Buffer): Promise<void>
}

/** A copy that is being made. */
export interface CopySave {
  abort(): void
}

/** A file with a copy, read from its beginning. */
export interface CopyFile {
  readonly sizeBytes: number
  /** @returns up to so many bytes; none at the end. @throws the system's error */
  read(length: number): Buffer
  close(): void
}

/** How the making of a copy ended. */
export type CopyOutcome =
  | {
      readonly type: 'complete'
      /** The file, if it is one, for one more reader. */
      readonly open?: () => CopyFile | null
      /** The file is not needed any more; those who read it have it open. */
      readonly release?: () => void
    }
  | { readonly type: 'failed' }

/** How the loading of a copy goes. */
export interface CopyLoadEvents {
  /** The data of this node are about to be replaced, now. */
  replacing(): void
  /** `wantsMore` is true. */
  drained(): void
  /** All data are those of the copy. */
  done(databaseIndex: number): void
  failed(reason: string): void
}

/** A copy that is being loaded, as it arrives. */
export interface CopyLoad {
  /** Neither done nor failed. */
  readonly isUnderWay: boolean
  /** There is room for more, or nothing to be done before more arrives. */
  readonly wantsMore: boolean
  /** More of it has arrived. */
  advance(): void
  /** Nothing more will arrive: ends at once, and tells nobody. */
  abandon(): void
}

/** When a copy is loaded: once all of it is there, in the place of the data; as it arrives; beside the old data. */
export type LoadMode = 'disk' | 'socket' | 'swap'

/** The client that stands for the link to a primary in CLIENT LIST, and that CLIENT KILL ends. */
export interface PrimaryEndpoint {
  readonly remote: { readonly host: string; readonly port: number }
  readonly local: { readonly host: string; readonly port: number }
  close(): void
}

/** What replication needs of the node that it belongs to. */
export interface ReplicationHost {
  readonly clock: Clock
  readonly config: ConfigReader
  /** The port on which this node listens. */
  readonly port: number
  /** Runs what a primary sent. @returns the answers in order. */
  applyEffects(effects: readonly Effect[]): readonly Reply[]
  /** Lists the link to a primary among the clients. @returns a function that takes it off the list */
  listPrimary(endpoint: PrimaryEndpoint): () => void
  /** Whether the node writes a file in the background: its data, or its log. */
  isWriting(): 'dataset' | 'log' | null
  /** Whether there are rules after which the data are saved. */
  savesOnItsOwn(): boolean
  /** Begins to write all data as they are now to a file. */
  saveCopy(point: HistoryPoint, onEnd: (outcome: CopyOutcome) => void): CopySave
  /** Begins to make an RDB of all data as they are now, or of a part of them. */
  streamCopy(
    point: HistoryPoint,
    contents: CopyContents,
    sink: CopySink,
    onEnd: (outcome: CopyOutcome) => void,
  ): CopySave
  /** How a copy is to be loaded, by the configuration and the data of this moment. */
  loadMode(): LoadMode
  /** Where a copy lies until it is loaded, by `disk`; null for memory. @throws the system's error */
  openStore(): CopyStore | null
  /** Begins to load a copy. `isAsync`: the old data are of the same history, and stay readable until the end. */
  loadCopy(copy: ArrivingCopy, mode: LoadMode, isAsync: boolean, events: CopyLoadEvents): CopyLoad
  /** Goes on with the append-only file, if the node has one, with the data as they are. */
  resumeLog(): void
  /** Whether CLIENT PAUSE is in force. */
  isPaused(): boolean
  /** A replica is about to take over by the will of the cluster: nothing may be added to the stream. */
  isHandingOver(): boolean
  /** Holds writes back until `unpause`. */
  pauseWrites(): void
  unpause(): void
  /** Calls back with each unit of effects, in order of execution. @returns a function that removes the listener. */
  onEffects(listener: (unit: readonly Effect[]) => void): () => void
  /** Whether so much output waits for a replica that it has to go; the log says so. */
  exceedsOutputLimit(client: ClientState, bytes: number): boolean
  /** Tries again every client in WAIT. */
  retryWaiting(): void
  /** Ends every wait in a blocking command: the node is no primary any more. */
  interruptBlocked(): void
  /** How a client is described in the log. */
  describe(client: ClientState): string
  /** For INFO: a replica gets a copy, goes on, could not go on; what a primary sent could not be applied. */
  count(event: 'fullResync' | 'partialResync' | 'refusedResync' | 'unexpectedError'): void
  /** So many bytes of a copy, or of the stream, came from a primary. */
  countInput(bytes: number): void
  log(level: 'debug' | 'notice' | 'warning', message: string): void
}
