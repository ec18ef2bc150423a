import { closeSync, fstatSync, openSync } from 'node:fs'
import type { InfoLine } from '../../commands/replication/replication-info.js'
import type { SavedPoint } from '../../commands/replication-state.js'
import { type LoadOptions, type LoadResult, loadDataset } from '../../persistence/dataset-loader.js'
import { RdbError } from '../../persistence/rdb-error.js'
import { RdbReader } from '../../persistence/rdb-reader.js'
import { FileSource } from './dataset-file.js'
import { datasetPath, loadLimits } from './dataset-settings.js'
import { LoadError } from './load-error.js'
import { type LoadProgress, loadingLines } from './load-progress.js'
import { runAtOnce, runInSlices } from './load-steps.js'
import { isMissing } from './log/error-text.js'
import { type LoadedLog, loadLog } from './log/log-loading.js'
import type { PersistenceHost } from './persistence-host.js'

/** How the data come back from the files of a node: in slices at the start, at once for DEBUG. */
export class Loading {
  /** Whether checksums are compared; DEBUG SET-SKIP-CHECKSUM-VALIDATION. */
  comparesChecksums = true
  readonly #host: PersistenceHost
  readonly #changed: () => void
  #progress: LoadProgress | null = null
  #isAsync = false
  #loaded: Pick<LoadResult, 'keysLoaded' | 'keysExpired'> = { keysLoaded: 0, keysExpired: 0 }

  /** @param changed Hears when loading begins and ends. */
  constructor(host: PersistenceHost, changed: () => void) {
    this.#host = host
    this.#changed = changed
  }

  /** Bytes that have been loaded of the file that is; 0 while none is. */
  get loadedBytes(): number {
    return this.#progress?.loadedBytes ?? 0
  }

  /** A file is being loaded in the place of the data. */
  get isRunning(): boolean {
    return this.#progress !== null && !this.#isAsync
  }

  /** A copy is being loaded beside the data, which can be read meanwhile. */
  get isRunningAsync(): boolean {
    return this.#progress !== null && this.#isAsync
  }

  /** Begins to load a copy that comes from a primary. @returns what is to be told how far that is; `end` is to be called behind it */
  beginCopy(totalBytes: number, isAsync: boolean): LoadProgress {
    this.#isAsync = isAsync
    return this.#startProgress(totalBytes)
  }

  /** The copy is loaded, if `loaded` says so. */
  endCopy(loaded: LoadResult | null): void {
    if (loaded !== null) this.#loaded = loaded
    this.#endLoading()
  }

  /** Of the last file. */
  get loaded(): Pick<LoadResult, 'keysLoaded' | 'keysExpired'> {
    return this.#loaded
  }

  /** The lines of INFO that are there while a file is loaded. */
  info(nowSeconds: number): readonly InfoLine[] {
    return this.#progress === null ? [] : loadingLines(this.#progress, nowSeconds)
  }

  /** Removes all data. */
  clear(): void {
    for (const database of this.#host.databases) database.clear()
    this.#host.clearLibraries()
  }

  /** Loads the file before it returns. @returns false when that failed, as the log says */
  loadNow(replaces: boolean): boolean {
    const path = datasetPath(this.#host.config)
    try {
      const file = openSync(path, 'r')
      try {
        this.#loaded = runAtOnce(this.#begin(file, replaces))
      } finally {
        this.#endLoading()
        closeSync(file)
      }
    } catch (error) {
      this.#logLoadError(error)
      return false
    }
    this.#host.log('warning', 'DB reloaded by DEBUG RELOAD')
    return true
  }

  /**
   * Loads the file, if there is one, in slices between which clients are answered.
   * @throws LoadError when the file is there and cannot be loaded
   */
  async load(): Promise<void> {
    const { config, clock, log, restore } = this.#host
    const path = datasetPath(config)
    const startedAtMs = clock.nowMs()
    let file: number
    let point: SavedPoint | null = null
    restore.begin()
    try {
      file = openSync(path, 'r')
    } catch (error) {
      restore.end(null)
      if (isMissing(error)) return
      throw this.#loadFailed(error)
    }
    try {
      const loaded = await runInSlices(this.#begin(file, false, restore.expired), config)
      this.#loaded = loaded
      point = pointOf(loaded.auxiliary)
      log('notice', `DB loaded from disk: ${((clock.nowMs() - startedAtMs) / 1000).toFixed(3)} seconds`)
    } catch (error) {
      throw this.#loadFailed(error)
    } finally {
      this.#endLoading()
      restore.end(point)
      closeSync(file)
    }
  }

  /**
   * Loads the append-only file in slices, as `load`, and goes on with it.
   * @throws LoadError when it cannot be loaded or opened
   */
  async loadLog(): Promise<void> {
    const { appendLog, config, log } = this.#host
    appendLog.readManifest()
    const startedAt = performance.now()
    let loaded: LoadedLog
    try {
      loaded = await runInSlices(this.#logSteps(), config)
    } finally {
      this.#endLoading()
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(3)
    if (loaded.type !== 'absent') log('notice', `DB loaded from append only file: ${seconds} seconds`)
    appendLog.open(loaded)
  }

  /** Removes all data and loads the append-only file before it returns. @returns false when there is none */
  loadLogNow(): boolean {
    const { appendLog, fatal } = this.#host
    try {
      const { base, increments } = appendLog.readManifest()
      if (base === null && increments.length === 0) return false
      this.clear()
      runAtOnce(this.#logSteps())
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      fatal()
    } finally {
      this.#endLoading()
    }
    return true
  }

  *#begin(file: number, replaces: boolean, expired?: LoadOptions['expired']): Generator<void, LoadResult> {
    const { size } = fstatSync(file)
    const progress = this.#startProgress(size)
    const { reader, steps } = this.#readDataset(file, size, replaces, expired)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value
      progress.loadedBytes = reader.position
      yield
    }
  }

  #startProgress(totalBytes: number): LoadProgress {
    const progress: LoadProgress = {
      startedAt: Math.floor(this.#host.clock.nowMs() / 1000),
      totalBytes,
      usedMemory: 0,
      loadedBytes: 0,
    }
    this.#progress = progress
    this.#changed()
    return progress
  }

  #logSteps(): Generator<void, LoadedLog> {
    const { appendLog, config, databases, replay, knows, log } = this.#host
    return loadLog(appendLog.manifest, {
      files: appendLog.files,
      loadsTruncated: () => config.flag('aof-load-truncated'),
      loadDataset: (file, size) => this.#loadBase(file, size),
      replay,
      knows,
      databaseCount: databases.length,
      started: (totalBytes) => this.#startProgress(totalBytes),
      progressed: (loadedBytes) => {
        if (this.#progress !== null) this.#progress.loadedBytes = loadedBytes
      },
      log,
    })
  }

  *#loadBase(file: number, size: number): Generator<void, number> {
    const { reader, steps } = this.#readDataset(file, size, false)
    try {
      this.#loaded = yield* steps
    } catch (error) {
      this.#logLoadError(error)
      throw error
    }
    return reader.position
  }

  #readDataset(
    file: number,
    size: number,
    replaces: boolean,
    expired?: LoadOptions['expired'],
  ): { readonly reader: RdbReader; readonly steps: Generator<void, LoadResult> } {
    const { config, databases, addLibrary, log, isReplica } = this.#host
    const checksChecksum = config.flag('rdbchecksum') && this.comparesChecksums
    const reader = new RdbReader(new FileSource(file, size), checksChecksum)
    const nowMs = this.#host.clock.nowMs()
    const steps = loadDataset(reader, {
      databases,
      limits: loadLimits(config),
      nowMs,
      dropsExpired: !isReplica(),
      ...(expired !== undefined && { expired }),
      replaces,
      checksChecksum,
      addLibrary: (source) => addLibrary(source, replaces),
      log,
    })
    return { reader, steps }
  }

  #endLoading(): void {
    this.#progress = null
    this.#isAsync = false
    this.#changed()
  }

  #loadFailed(error: unknown): LoadError {
    this.#logLoadError(error)
    const message =
      error instanceof RdbError && !UNREADABLE.test(error.message)
        ? 'Terminating server after rdb file reading failure.'
        : 'Fatal error loading the DB, check server logs. Exiting.'
    this.#host.log('warning', message)
    return new LoadError(message, { cause: error })
  }

  #logLoadError(error: unknown): void {
    const { log } = this.#host
    if (error instanceof RdbError && error.isShort) {
      log('warning', 'Short read or OOM loading DB. Unrecoverable error, aborting now.')
    }
    log('warning', `Internal error in RDB reading -> ${reasonOf(error)}`)
    if (error instanceof RdbError) for (const line of error.report) log('warning', line)
  }
}

/** What a file says of the history of its data; null when that is incomplete. */
const pointOf = (auxiliary: ReadonlyMap<string, string>): SavedPoint | null => {
  const replicationId = auxiliary.get('repl-id')
  const offset = Number(auxiliary.get('repl-offset') ?? -1)
  const databaseIndex = Number(auxiliary.get('repl-stream-db') ?? -1)
  if (replicationId?.length !== 40 || offset === -1 || databaseIndex === -1) return null
  return { replicationId, offset, databaseIndex }
}

/** What is said of a file that is none, or is newer: Redis ends with another line then. */
const UNREADABLE = /^(?:Wrong signature|Can't handle RDB)/

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
