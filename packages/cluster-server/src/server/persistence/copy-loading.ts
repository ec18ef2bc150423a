import { rmSync } from 'node:fs'
import type { ServerState } from '../../commands/context.js'
import { functionsOf } from '../../commands/scripting/function-libraries.js'
import { loadHost } from '../../commands/scripting/load-host.js'
import type { Database } from '../../keyspace/database.js'
import type { ArrivingCopy } from '../../peers/arriving-copy.js'
import type { CopyLoad, CopyLoadEvents, LoadMode } from '../../peers/replication-host.js'
import { type LoadResult, loadDataset } from '../../persistence/dataset-loader.js'
import { RdbError } from '../../persistence/rdb-error.js'
import { RdbReader } from '../../persistence/rdb-reader.js'
import { ScheduledCall } from '../../scheduled-call.js'
import { addLibrary, clearLibraries, datasetPath, loadLimits } from './dataset-settings.js'
import type { LoadProgress } from './load-progress.js'
import type { Persistence } from './persistence.js'

/** How long a copy is loaded in one go. */
const SLICE_MS = 5
/** How often it is looked whether a delay has changed. */
const LOOK_MS = 100
/** So much of a copy may wait to be loaded. */
const HIGH_WATER_BYTES = 1024 * 1024
/** So little is always looked at again when more has arrived. */
const SMALL_BYTES = 64 * 1024

/** The parts of a node that the loading of a copy is about. */
export interface CopyLoadingHost {
  readonly server: ServerState
  readonly persistence: Persistence
  readonly databases: readonly Database[]
  /** Ends the append-only file: what it says is of other data. */
  readonly suspendLog: () => void
  readonly resumeLog: () => void
  /** Has commands wait for a while, rather than refusing them. */
  readonly holdClients: () => void
  readonly releaseClients: () => void
}

/** Why a copy could not be loaded, for the log. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Loads the copy of a primary in small steps, between which clients are answered: in the place of the data, or beside
 * them, and then all at once. What cannot be loaded to its end leaves no data behind, or the old ones.
 */
export class CopyLoading implements CopyLoad {
  readonly #host: CopyLoadingHost
  readonly #copy: ArrivingCopy
  readonly #mode: LoadMode
  readonly #events: CopyLoadEvents
  readonly #reader: RdbReader
  readonly #steps: Generator<void, LoadResult>
  readonly #progress: LoadProgress
  /** Where the copy goes that is loaded beside the data. */
  readonly #beside: readonly Database[]
  readonly #libraries: string[] = []
  readonly #next = new ScheduledCall()
  #debtMs = 0
  /** Bytes that had arrived when it was seen that more are needed; null while that is not so. */
  #starvedAt: number | null = null
  #isUnderWay = true

  constructor(host: CopyLoadingHost, copy: ArrivingCopy, mode: LoadMode, isAsync: boolean, events: CopyLoadEvents) {
    this.#host = host
    this.#copy = copy
    this.#mode = mode
    this.#events = events
    const { server, persistence, databases } = host
    host.suspendLog()
    void persistence.abortSave()
    if (mode === 'disk') copy.place()
    this.#beside = mode === 'swap' ? databases.map((database) => database.emptyTwin()) : []
    if (mode !== 'swap') {
      host.holdClients()
      events.replacing()
      server.log('notice', 'MASTER <-> REPLICA sync: Flushing old data')
      this.#clear()
    }
    server.log('notice', 'MASTER <-> REPLICA sync: Loading DB in memory')
    this.#progress = persistence.beginCopy(copy.sizeBytes ?? 0, isAsync)
    this.#reader = new RdbReader(copy, true)
    this.#steps = this.#load()
    this.#continueSoon()
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay
  }

  get wantsMore(): boolean {
    return this.#isStarved() || this.#copy.waiting <= HIGH_WATER_BYTES
  }

  advance(): void {
    if (this.#isUnderWay && !this.#next.isDue && !this.#isStarved()) this.#continueSoon()
  }

  abandon(): void {
    if (!this.#isUnderWay) return
    this.#complain(new RdbError('Unexpected EOF reading RDB file', true))
    this.#end(null)
  }

  #load(): Generator<void, LoadResult> {
    const { server, databases } = this.#host
    const isBeside = this.#mode === 'swap'
    return loadDataset(this.#reader, {
      databases: isBeside ? this.#beside : databases,
      limits: loadLimits(server.config),
      nowMs: server.clock.nowMs(),
      dropsExpired: false,
      replaces: true,
      checksChecksum: server.config.flag('rdbchecksum') && server.persistence.comparesChecksums,
      addLibrary: (source) => {
        if (!isBeside) return addLibrary(server, source, true)
        this.#libraries.push(source)
        return null
      },
      log: (level, message) => server.log(level, message),
    })
  }

  /** Whether there is too little to go on with. A long value is not looked at again for each byte of it. */
  #isStarved(): boolean {
    if (this.#starvedAt === null || !this.#copy.isOpen) return false
    const { received } = this.#copy
    const tried = this.#starvedAt - this.#reader.position
    const arrived = received - this.#reader.position
    return tried <= SMALL_BYTES ? received === this.#starvedAt : arrived < 2 * tried
  }

  #continueSoon(delayMs = 0): void {
    const next = (): void => this.#slice()
    if (delayMs > 0) this.#next.after(delayMs, next)
    else this.#next.soon(next)
  }

  #slice(): void {
    if (!this.#isUnderWay) return
    try {
      if (this.#waitsForDelay()) return
      for (const endMs = performance.now() + SLICE_MS; performance.now() < endMs; ) {
        this.#starvedAt = null
        const before = this.#reader.position
        const step = this.#steps.next()
        this.#progress.loadedBytes = this.#reader.position
        if (step.done === true) {
          this.#complete(step.value)
          return
        }
        if (this.#reader.position === before && this.#copy.isOpen) {
          this.#starvedAt = this.#copy.received
          this.#askForMore()
          if (this.#isStarved()) return
        } else if (this.#delayMs() > 0) {
          this.#debtMs += this.#delayMs()
          if (this.#debtMs >= SLICE_MS) break
        }
      }
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#askForMore()
    this.#continueSoon()
  }

  #askForMore(): void {
    if (this.wantsMore) this.#events.drained()
  }

  #delayMs(): number {
    return Math.max(0, this.#host.server.config.number('key-load-delay')) / 1000
  }

  /** `key-load-delay`: pays what was run up, in parts, as the setting may change. */
  #waitsForDelay(): boolean {
    if (this.#debtMs < SLICE_MS || this.#delayMs() === 0) {
      if (this.#delayMs() === 0) this.#debtMs = 0
      return false
    }
    const waitMs = Math.min(this.#debtMs, LOOK_MS)
    this.#debtMs -= waitMs
    this.#continueSoon(waitMs)
    return true
  }

  #complete(loaded: LoadResult): void {
    if (this.#copy.isOpen) {
      // The data are complete, what marks their end is not.
      this.#starvedAt = this.#copy.received
      this.#awaitEnd(loaded)
      return
    }
    const { server, databases } = this.#host
    if (this.#mode === 'swap') {
      const refusal = functionsOf(server).restore(this.#libraries, 'flush', loadHost(server, true))
      if (refusal !== null) {
        this.#fail(new RdbError(refusal.message, false))
        return
      }
      this.#events.replacing()
      server.log('notice', 'MASTER <-> REPLICA sync: Swapping active DB with loaded DB')
      for (const [index, database] of databases.entries()) {
        const loadedOne = this.#beside[index]
        if (loadedOne !== undefined) database.takeOver(loadedOne)
      }
      server.tracking.invalidateAll()
      server.log('notice', 'MASTER <-> REPLICA sync: Discarding old DB in background')
    }
    this.#end(loaded)
    this.#host.resumeLog()
    this.#events.done(Number(loaded.auxiliary.get('repl-stream-db') ?? 0))
  }

  #awaitEnd(loaded: LoadResult): void {
    this.#next.after(SLICE_MS, () => {
      if (this.#isUnderWay) this.#complete(loaded)
    })
    this.#askForMore()
  }

  #fail(error: unknown): void {
    this.#complain(error)
    this.#end(null)
    this.#events.failed('The copy of the primary could not be loaded.')
  }

  #complain(error: unknown): void {
    const { server } = this.#host
    server.log('warning', `Internal error in RDB reading -> ${reasonOf(error)}`)
    if (error instanceof RdbError) for (const line of error.report) server.log('warning', line)
    const source = this.#mode === 'disk' ? 'disk, check server logs.' : `socket: ${reasonOf(error)}`
    server.log('warning', `Failed trying to load the MASTER synchronization DB from ${source}`)
  }

  #end(loaded: LoadResult | null): void {
    this.#isUnderWay = false
    this.#next.cancel()
    if (loaded === null && this.#mode !== 'swap') this.#clear()
    if (loaded === null && this.#mode === 'swap') {
      this.#host.server.log('notice', 'MASTER <-> REPLICA sync: Discarding temporary DB in background')
    }
    this.#copy.close()
    this.#removeFile()
    this.#host.persistence.endCopy(loaded)
    if (this.#mode !== 'swap') this.#host.releaseClients()
  }

  /** `rdb-del-sync-files`: a node that keeps no data on the disk does not keep those that it received either. */
  #removeFile(): void {
    const { server, persistence } = this.#host
    if (this.#mode !== 'disk' || !persistence.removesCopies) return
    server.log('notice', 'Removing the RDB file obtained from the master. This replica has persistence disabled')
    rmSync(datasetPath(server.config), { force: true })
  }

  #clear(): void {
    for (const database of this.#host.databases) database.clear()
    clearLibraries(this.#host.server)
    this.#host.server.tracking.invalidateAll()
  }
}
