import { closeSync, fstatSync, openSync, rmSync } from 'node:fs'
import type { PersistenceState, ReloadOptions, WriteFault } from '../../commands/persistence-state.js'
import type { InfoLine } from '../../commands/replication/replication-info.js'
import type { StoredValue } from '../../keyspace/value.js'
import { type LoadResult, loadDataset } from '../../persistence/dataset-loader.js'
import { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import { dumpPayload, openPayload } from '../../persistence/dump-payload.js'
import { RdbError } from '../../persistence/rdb-error.js'
import { isValueType } from '../../persistence/rdb-format.js'
import { RdbReader } from '../../persistence/rdb-reader.js'
import { readValue } from '../../persistence/value-decoder.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { BackgroundSave, type SaveOutcome } from './background-save.js'
import { FileSource, writeDataset, writeDatasetInSlices } from './dataset-file.js'
import {
  datasetFormat,
  datasetPath,
  loadLimits,
  type SavePoint,
  savePointsOf,
  temporaryPath,
} from './dataset-settings.js'
import { LoadError } from './load-error.js'
import { type LoadProgress, loadingLines } from './load-progress.js'
import { runAtOnce, runInSlices } from './load-steps.js'
import type { AppendLog } from './log/append-log.js'
import { isMissing } from './log/error-text.js'
import { type LoadedLog, loadLog } from './log/log-loading.js'
import type { PersistenceHost } from './persistence-host.js'
import { UNSAVED, unloggedFault } from './write-faults.js'

/** Seconds after a save in the background that failed before the next one is tried. */
const RETRY_SECONDS = 5
const NOT_SAVED = wireError('ERR')
const NO_LOG = wireError('ERR There is no append-only file to load')
const NOT_LOADED = wireError('ERR Error trying to load the RDB dump')

/** The files of a node: when they are written, and what is loaded from them. */
export class Persistence implements PersistenceState {
  restricts = false
  comparesChecksums = true
  lastSavedAt: number
  readonly #host: PersistenceHost
  #savePoints: readonly SavePoint[] = []
  #save: BackgroundSave | null = null
  /** The save before the end has begun. */
  #isFinal = false
  #progress: LoadProgress | null = null
  #isScheduled = false
  #lastFailed = false
  #triedAt = 0
  #lastSaveSeconds = -1
  #saves = 0
  #ordinal = 0
  #lastPreservedBytes = 0
  /** Changes of the databases since the start that the last save has. */
  #savedChanges = 0
  #loaded: Pick<LoadResult, 'keysLoaded' | 'keysExpired'> = { keysLoaded: 0, keysExpired: 0 }

  constructor(host: PersistenceHost) {
    this.#host = host
    this.lastSavedAt = this.#now()
    this.#readSettings()
    host.config.onChange(() => this.#readSettings())
  }

  get isLoading(): boolean {
    return this.#progress !== null
  }

  get isSaving(): boolean {
    return this.#save !== null
  }

  get writeFault(): WriteFault | null {
    const { fault } = this.#host.appendLog
    const deniesUnsaved = this.#lastFailed && this.savesOnItsOwn
    if (deniesUnsaved && this.#host.config.flag('stop-writes-on-bgsave-error')) return UNSAVED
    return fault === null ? null : unloggedFault(fault)
  }

  get appendLog(): AppendLog {
    return this.#host.appendLog
  }

  /** Whether there are rules after which the file is written: then it is written before the node ends, too. */
  get savesOnItsOwn(): boolean {
    return this.#savePoints.length > 0
  }

  save(): boolean {
    this.#saves++
    return this.#saveNow()
  }

  saveInBackground(): boolean {
    const { config, databases, log } = this.#host
    if (this.#save !== null || this.appendLog.isRewriting) return false
    this.#saves++
    this.#triedAt = this.#now()
    const paths = { temporary: temporaryPath(config, ++this.#ordinal), final: datasetPath(config) }
    const snapshot = this.#snapshot()
    log('notice', `Background saving started by pid ${process.pid}`)
    const save = new BackgroundSave({
      snapshot,
      paths,
      keyDelayUs: config.number('rdb-key-save-delay'),
      changes: this.#changes(),
      totalKeys: databases.reduce((sum, { size }) => sum + size, 0),
      startedAt: this.#now(),
      onEnd: (outcome) => this.#saveEnded(save, outcome),
    })
    this.#save = save
    return true
  }

  scheduleSave(): void {
    this.#isScheduled = true
  }

  dataCleared(): void {
    void this.abortSave()
    if (this.savesOnItsOwn) this.#saveNow()
  }

  /** Ends a save that is under way, and leaves the old file. Resolves when the temporary one is gone. */
  async abortSave(): Promise<void> {
    const save = this.#save
    save?.abort()
    await save?.ended
  }

  /** Writes the file before the node ends, in slices; a save that is under way is pointless. @returns false on failure */
  async saveFinally(): Promise<boolean> {
    const { config, log } = this.#host
    if (this.#save !== null) log('warning', 'There is a child saving an .rdb. Killing it!')
    await this.abortSave()
    this.#isFinal = true
    const paths = { temporary: temporaryPath(config, 0), final: datasetPath(config) }
    try {
      const keyDelayUs = config.number('rdb-key-save-delay')
      await writeDatasetInSlices(this.#snapshot(), paths, keyDelayUs, new AbortController().signal)
    } catch (error) {
      this.#logSaveError(error)
      return false
    }
    this.#saved()
    return true
  }

  /** Removes what a save that is under way has written so far: the process is about to end. */
  removeTemporaryFiles(): void {
    const { config } = this.#host
    if (this.#isFinal) rmSync(temporaryPath(config, 0), { force: true })
    if (this.#save !== null) rmSync(temporaryPath(config, this.#ordinal), { force: true })
  }

  reload({ saves, flushes, replaces }: ReloadOptions): WireError | null {
    const { log } = this.#host
    if (saves && !this.#saveNow()) return NOT_SAVED
    if (flushes) this.#clear()
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
      return NOT_LOADED
    }
    log('warning', 'DB reloaded by DEBUG RELOAD')
    return null
  }

  /**
   * Loads the file, if there is one, in slices between which clients are answered.
   * @throws LoadError when the file is there and cannot be loaded
   */
  async load(): Promise<void> {
    const { config, clock, log } = this.#host
    const path = datasetPath(config)
    const startedAtMs = clock.nowMs()
    let file: number
    try {
      file = openSync(path, 'r')
    } catch (error) {
      if (isMissing(error)) return
      throw this.#loadFailed(error)
    }
    try {
      this.#loaded = await runInSlices(this.#begin(file, false), config)
      log('notice', `DB loaded from disk: ${((clock.nowMs() - startedAtMs) / 1000).toFixed(3)} seconds`)
    } catch (error) {
      throw this.#loadFailed(error)
    } finally {
      this.#endLoading()
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

  reloadLog(): WireError | null {
    const { appendLog, log, fatal } = this.#host
    appendLog.flush(true)
    try {
      const { base, increments } = appendLog.readManifest()
      if (base === null && increments.length === 0) return NO_LOG
      this.#clear()
      runAtOnce(this.#logSteps())
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      fatal()
    } finally {
      this.#endLoading()
    }
    this.#savedChanges = this.#totalChanges()
    log('warning', 'Append Only File loaded by DEBUG LOADAOF')
    return null
  }

  dump(value: StoredValue): string {
    return dumpPayload(value, datasetFormat(this.#host.config))
  }

  restore(payload: string): { readonly value: StoredValue } | 'wrongFooter' | 'badFormat' {
    const bytes = openPayload(payload, this.comparesChecksums)
    if (bytes === undefined) return 'wrongFooter'
    const reader = new RdbReader(bytes)
    try {
      const type = reader.byte()
      const value = isValueType(type) ? readValue(reader, type, loadLimits(this.#host.config)) : null
      return value === null ? 'badFormat' : { value }
    } catch (error) {
      if (!(error instanceof RdbError)) throw error
      this.#host.log('verbose', `Internal error in RDB reading offset 0 -> ${error.message}`)
      return 'badFormat'
    }
  }

  info(): readonly InfoLine[] {
    const save = this.#save
    const nowSeconds = this.#now()
    const preserved = save?.preservedBytes ?? 0
    const share = save === null || save.totalKeys === 0 ? 0 : (save.savedKeys / save.totalKeys) * 100
    return [
      ['loading', this.isLoading ? 1 : 0],
      ['async_loading', 0],
      ['current_cow_peak', preserved],
      ['current_cow_size', preserved],
      ['current_cow_size_age', 0],
      ['current_fork_perc', share.toFixed(2)],
      ['current_save_keys_processed', save?.savedKeys ?? 0],
      ['current_save_keys_total', save?.totalKeys ?? 0],
      ['rdb_changes_since_last_save', this.#changes()],
      ['rdb_bgsave_in_progress', save === null ? 0 : 1],
      ['rdb_last_save_time', this.lastSavedAt],
      ['rdb_last_bgsave_status', this.#lastFailed ? 'err' : 'ok'],
      ['rdb_last_bgsave_time_sec', this.#lastSaveSeconds],
      ['rdb_current_bgsave_time_sec', save === null ? -1 : nowSeconds - save.startedAt],
      ['rdb_saves', this.#saves],
      ['rdb_last_cow_size', this.#lastPreservedBytes],
      ['rdb_last_load_keys_expired', this.#loaded.keysExpired],
      ['rdb_last_load_keys_loaded', this.#loaded.keysLoaded],
      ...this.appendLog.info(),
      ...(this.#progress === null ? [] : loadingLines(this.#progress, nowSeconds)),
    ]
  }

  /** Begins a save in the background when it is time; to be called several times a second. */
  cron(): void {
    if (this.isLoading) return
    this.appendLog.cron()
    if (this.#save !== null || this.appendLog.isRewriting) return
    const nowSeconds = this.#now()
    const mayTry = !this.#lastFailed || nowSeconds - this.#triedAt > RETRY_SECONDS
    if (!mayTry) return
    const due = this.#savePoints.find(
      ({ seconds, changes }) => this.#changes() >= changes && nowSeconds - this.lastSavedAt > seconds,
    )
    if (due !== undefined) {
      this.#host.log('notice', `${due.changes} changes in ${due.seconds} seconds. Saving...`)
      this.saveInBackground()
    } else if (this.#isScheduled && this.saveInBackground()) this.#isScheduled = false
  }

  #saveNow(): boolean {
    const { config } = this.#host
    const paths = { temporary: temporaryPath(config, 0), final: datasetPath(config) }
    try {
      writeDataset(this.#snapshot(), paths, config.number('rdb-key-save-delay'))
    } catch (error) {
      this.#logSaveError(error)
      return false
    }
    this.#saved()
    return true
  }

  #saved(): void {
    this.#host.log('notice', 'DB saved on disk')
    this.#savedChanges = this.#totalChanges()
    this.lastSavedAt = this.#now()
    this.#setFailed(false)
  }

  #logSaveError(error: unknown): void {
    this.#host.log('warning', `Write error saving DB on disk: ${reasonOf(error)}`)
  }

  #saveEnded(save: BackgroundSave, outcome: SaveOutcome): void {
    const { log } = this.#host
    this.#save = null
    this.#lastSaveSeconds = this.#now() - save.startedAt
    this.#lastPreservedBytes = save.preservedBytes
    switch (outcome.type) {
      case 'saved':
        log('notice', 'DB saved on disk')
        log('notice', 'Background saving terminated with success')
        this.#savedChanges += save.changes
        this.lastSavedAt = this.#now()
        this.#setFailed(false)
        break
      case 'aborted':
        log('warning', 'Background saving terminated by signal 10')
        break
      case 'failed':
        this.#logSaveError(outcome.error)
        log('warning', 'Background saving error')
        this.#setFailed(true)
        break
      default:
        outcome satisfies never
    }
  }

  #snapshot(): DatasetSnapshot {
    const { config, databases, header } = this.#host
    return new DatasetSnapshot(databases, datasetFormat(config), header())
  }

  *#begin(file: number, replaces: boolean): Generator<void, LoadResult> {
    const { size } = fstatSync(file)
    const progress = this.#startProgress(size)
    const { reader, steps } = this.#readDataset(file, size, replaces)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value
      progress.loadedBytes = reader.position
      yield
    }
  }

  #startProgress(totalBytes: number): LoadProgress {
    const progress: LoadProgress = { startedAt: this.#now(), totalBytes, usedMemory: 0, loadedBytes: 0 }
    this.#progress = progress
    this.restricts = true
    return progress
  }

  #clear(): void {
    for (const database of this.#host.databases) database.clear()
    this.#host.clearLibraries()
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
      replaces,
      checksChecksum,
      addLibrary: (source) => addLibrary(source, replaces),
      log,
    })
    return { reader, steps }
  }

  #endLoading(): void {
    this.#progress = null
    this.updateRestricts()
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
  }

  #changes(): number {
    return this.#totalChanges() - this.#savedChanges
  }

  #totalChanges(): number {
    return this.#host.databases.reduce((sum, { dirty }) => sum + dirty, 0)
  }

  #now(): number {
    return Math.floor(this.#host.clock.nowMs() / 1000)
  }

  #setFailed(failed: boolean): void {
    this.#lastFailed = failed
    this.updateRestricts()
  }

  #readSettings(): void {
    this.#savePoints = savePointsOf(this.#host.config)
    this.updateRestricts()
  }

  /** To be called when one of the reasons for refusing commands comes or goes. */
  updateRestricts(): void {
    this.restricts = this.isLoading || this.writeFault !== null
  }
}

/** What is said of a file that is none, or is newer: Redis ends with another line then. */
const UNREADABLE = /^(?:Wrong signature|Can't handle RDB)/

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
