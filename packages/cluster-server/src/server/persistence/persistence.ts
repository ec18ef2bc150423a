import { rmSync } from 'node:fs'
import { constants } from 'node:os'
import type { PersistenceState, ReloadOptions, WriteFault } from '../../commands/persistence-state.js'
import type { InfoLine } from '../../commands/replication/replication-info.js'
import type { StoredValue } from '../../keyspace/value.js'
import type { LoadResult } from '../../persistence/dataset-loader.js'
import { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import { dumpPayload, openPayload } from '../../persistence/dump-payload.js'
import { RdbError } from '../../persistence/rdb-error.js'
import { RdbForm } from '../../persistence/rdb-form.js'
import { isValueType } from '../../persistence/rdb-format.js'
import { RdbReader } from '../../persistence/rdb-reader.js'
import { readValue } from '../../persistence/value-decoder.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { BackgroundSave, type SaveOutcome } from './background-save.js'
import { writeDataset, writeDatasetInSlices } from './dataset-file.js'
import {
  datasetFormat,
  datasetPath,
  loadLimits,
  type SavePoint,
  savePointsOf,
  temporaryPath,
} from './dataset-settings.js'
import type { LoadProgress } from './load-progress.js'
import { Loading } from './loading.js'
import type { AppendLog } from './log/append-log.js'
import type { PersistenceHost } from './persistence-host.js'
import { type OpenSink, openFileSink, type SaveTarget } from './save-sink.js'
import { UNSAVED, unloggedFault } from './write-faults.js'

/** Seconds after a save in the background that failed before the next one is tried. */
const RETRY_SECONDS = 5
const NOT_SAVED = wireError('ERR')
const NO_LOG = wireError('ERR There is no append-only file to load')
const NOT_LOADED = wireError('ERR Error trying to load the RDB dump')

/** The files of a node: when they are written, and what is loaded from them. */
export class Persistence implements PersistenceState {
  restricts = false
  lastSavedAt: number
  readonly #host: PersistenceHost
  #savePoints: readonly SavePoint[] = []
  #save: BackgroundSave | null = null
  /** The save before the end has begun. */
  #isFinal = false
  #isScheduled = false
  #lastFailed = false
  #triedAt = 0
  #lastSaveSeconds = -1
  #saves = 0
  #ordinal = 0
  #lastPreservedBytes = 0
  /** Changes of the databases since the start that the last save has. */
  #savedChanges = 0
  readonly #loading: Loading

  constructor(host: PersistenceHost) {
    this.#host = host
    this.#loading = new Loading(host, () => this.updateRestricts())
    this.lastSavedAt = this.#now()
    this.#readSettings()
    host.config.onChange(() => this.#readSettings())
  }

  /** Bytes that have been loaded of the file or copy that is; 0 while none is. */
  get loadedBytes(): number {
    return this.#loading.loadedBytes
  }

  get isLoading(): boolean {
    return this.#loading.isRunning
  }

  get comparesChecksums(): boolean {
    return this.#loading.comparesChecksums
  }

  set comparesChecksums(compares: boolean) {
    this.#loading.comparesChecksums = compares
  }

  get isLoadingAsync(): boolean {
    return this.#loading.isRunningAsync
  }

  get isSaving(): boolean {
    return this.#save !== null
  }

  /** What is written in the background. */
  get isWriting(): 'dataset' | 'log' | null {
    if (this.#save !== null) return 'dataset'
    return this.appendLog.isRewriting ? 'log' : null
  }

  /** Begins to load a copy that comes from a primary: see `Loading`. */
  beginCopy(totalBytes: number, isAsync: boolean): LoadProgress {
    return this.#loading.beginCopy(totalBytes, isAsync)
  }

  endCopy(loaded: LoadResult | null): void {
    this.#loading.endCopy(loaded)
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

  /** `rdb-del-sync-files`: files with copies for replicas, or from a primary, do not stay where nothing else is kept. */
  get removesCopies(): boolean {
    const { config } = this.#host
    return config.flag('rdb-del-sync-files') && !this.savesOnItsOwn && !config.flag('appendonly')
  }

  save(): boolean {
    this.#saves++
    return this.#saveNow()
  }

  saveInBackground(): boolean {
    return this.beginSave() !== null
  }

  /** As `saveInBackground`. `onEnd` is told whether the file is there. @returns the save; null when that is not possible */
  beginSave(onEnd?: (isComplete: boolean) => void): BackgroundSave | null {
    const { config, log } = this.#host
    if (this.isWriting !== null) return null
    this.#saves++
    this.#triedAt = this.#now()
    const ordinal = ++this.#ordinal
    const target = {
      temporaryOf: (pid: number): string => temporaryPath(config, pid === process.pid ? ordinal : 0, pid),
      final: datasetPath(config),
    }
    const snapshot = this.#host.counted(() => this.#snapshot())
    const save = this.#begin(snapshot, target, this.#host.openSink, (outcome) => {
      this.#saveEnded(save, outcome)
      onEnd?.(outcome.type === 'saved')
    })
    log('notice', `Background saving started by pid ${save.pid}`)
    return save
  }

  /** Makes an RDB of `snapshot` that is no file of this node. `onEnd` is told whether it is complete. */
  beginTransfer(
    snapshot: DatasetSnapshot,
    openSink: OpenSink,
    target: SaveTarget,
    onEnd: (isComplete: boolean) => void,
  ): BackgroundSave {
    const { log } = this.#host
    const save = this.#begin(snapshot, target, openSink, (outcome) => {
      this.#save = null
      this.#lastPreservedBytes = save.preservedBytes
      log(
        outcome.type === 'saved' ? 'notice' : 'warning',
        outcome.type === 'saved'
          ? 'Background RDB transfer terminated with success'
          : `Background transfer ${outcome.type === 'failed' ? `error: ${reasonOf(outcome.error)}` : 'terminated by signal'}`,
      )
      onEnd(outcome.type === 'saved')
    })
    log('notice', `Background RDB transfer started by pid ${save.pid}`)
    return save
  }

  #begin(
    snapshot: DatasetSnapshot,
    target: SaveTarget,
    openSink: OpenSink,
    onEnd: (outcome: SaveOutcome) => void,
  ): BackgroundSave {
    const { config, databases } = this.#host
    const save = new BackgroundSave({
      snapshot,
      target,
      openSink,
      keyDelayUs: () => config.number('rdb-key-save-delay'),
      changes: this.#changes(),
      totalKeys: databases.reduce((sum, { size }) => sum + size, 0),
      startedAt: this.#now(),
      onEnd,
    })
    this.#save = save
    return save
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
    const target = { temporaryOf: () => temporaryPath(config, 0), final: datasetPath(config) }
    try {
      const keyDelayUs = (): number => config.number('rdb-key-save-delay')
      await writeDatasetInSlices(this.#snapshot(), openFileSink(target), keyDelayUs, new AbortController().signal)
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
    this.#save?.abort()
  }

  reload({ saves, flushes, replaces }: ReloadOptions): WireError | null {
    if (saves && !this.#saveNow()) return NOT_SAVED
    if (flushes) this.#loading.clear()
    return this.#loading.loadNow(replaces) ? null : NOT_LOADED
  }

  /**
   * Loads the file, if there is one, in slices between which clients are answered.
   * @throws LoadError when the file is there and cannot be loaded
   */
  load(): Promise<void> {
    return this.#loading.load()
  }

  /**
   * Loads the append-only file in slices, as `load`, and goes on with it.
   * @throws LoadError when it cannot be loaded or opened
   */
  loadLog(): Promise<void> {
    return this.#loading.loadLog()
  }

  reloadLog(): WireError | null {
    this.appendLog.flush(true)
    if (!this.#loading.loadLogNow()) return NO_LOG
    this.#savedChanges = this.#totalChanges()
    this.#host.log('warning', 'Append Only File loaded by DEBUG LOADAOF')
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
      ['async_loading', this.isLoadingAsync ? 1 : 0],
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
      ['rdb_last_load_keys_expired', this.#loading.loaded.keysExpired],
      ['rdb_last_load_keys_loaded', this.#loading.loaded.keysLoaded],
      ...this.appendLog.info(),
      ...this.#loading.info(nowSeconds),
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
      case 'killed':
        log('warning', `Background saving terminated by signal ${outcome.signalNumber}`)
        // Whoever sends this one only wants the save to end.
        if (outcome.signalNumber !== constants.signals.SIGUSR1) this.#setFailed(true)
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
    return new DatasetSnapshot(databases, new RdbForm(datasetFormat(config), header()))
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
    this.restricts = this.isLoading || this.isLoadingAsync || this.writeFault !== null
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
