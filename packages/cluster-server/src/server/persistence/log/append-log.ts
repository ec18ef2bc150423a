import { renameSync, rmSync } from 'node:fs'
import type { AppendLogState, RewriteStart } from '../../../commands/append-log-state.js'
import type { InfoLine } from '../../../commands/replication/replication-info.js'
import { EFFECT_TARGETS, type Effect } from '../../../commands/replication-state.js'
import type { Propagation } from '../../../dispatch/propagation.js'
import type { Database } from '../../../keyspace/database.js'
import { EffectEncoder } from '../../../peers/effect-encoder.js'
import type { DatasetSnapshot } from '../../../persistence/dataset-snapshot.js'
import {
  EMPTY_MANIFEST,
  type LogBaseKind,
  type LogManifest,
  withNewBase,
  withNewIncrement,
  withOldIncrementsAsHistory,
} from '../../../persistence/log-manifest.js'
import type { Config } from '../../config.js'
import type { LogLevel } from '../../node-options.js'
import { BackgroundSave, type SaveOutcome } from '../background-save.js'
import { writeDataset } from '../dataset-file.js'
import { LoadError } from '../load-error.js'
import type { OpenSink } from '../save-sink.js'
import { systemReason } from './error-text.js'
import { LogFiles } from './log-files.js'
import type { LoadedLog } from './log-loading.js'
import { LogWriter } from './log-writer.js'
import { logManifestFailure } from './manifest-failure.js'
import { RewriteLimit } from './rewrite-limit.js'

/** The parts of a node that its append-only file is about. */
export interface AppendLogHost {
  readonly config: Config
  readonly databases: readonly Database[]
  readonly propagation: Propagation
  readonly nowSeconds: () => number
  /** All data as they are now, in the form of a base. */
  readonly snapshot: (kind: LogBaseKind) => DatasetSnapshot
  /** The same, for a file that is written in the background. */
  readonly openSink: OpenSink
  readonly backgroundSnapshot: (kind: LogBaseKind) => DatasetSnapshot
  /** A save of the data in the background is under way. */
  readonly isSaving: () => boolean
  readonly isInTransaction: () => boolean
  readonly log: (level: LogLevel, message: string) => void
  readonly fatal: () => void
  readonly onFaultChange: () => void
  readonly latency: (event: string, milliseconds: number) => void
}

/**
 * `rewriting`: turned on, and not in force before the first base is complete; what is written until then goes to a file
 * of its own.
 */
type LogState = 'off' | 'rewriting' | 'on'

/** A base that is complete, and not in its place yet. */
interface WrittenBase {
  readonly path: string
  readonly kind: LogBaseKind
}

/** The append-only file of a node: everything that changes the data, in several files that a manifest names. */
export class AppendLog implements AppendLogState {
  readonly files: LogFiles
  readonly #host: AppendLogHost
  readonly #limit: RewriteLimit
  readonly #encoder = new EffectEncoder()
  #state: LogState = 'off'
  #manifest: LogManifest = EMPTY_MANIFEST
  #knowsManifest = false
  #ordinal = 0
  #writer: LogWriter | null = null
  #rewrite: BackgroundSave | null = null
  #isScheduled = false
  #unlisten: () => void = () => {}
  #annotatedAt = 0
  #retriedAt = 0
  /** Bytes of base and increments but the current one. */
  #closedBytes = 0
  /** Bytes of all files after the last rewrite. */
  #rewrittenBytes = 0
  #rewrites = 0
  #lastRewriteSeconds = -1
  #lastRewriteFailed = false
  #lastPreservedBytes = 0

  constructor(host: AppendLogHost) {
    this.#host = host
    this.files = new LogFiles(host.config)
    this.#limit = new RewriteLimit(host.log)
  }

  get isRewriting(): boolean {
    return this.#rewrite !== null
  }

  /** Whether it is turned on, if not in force yet. */
  get isOn(): boolean {
    return this.#state !== 'off'
  }

  /** Whether the first base is still to come: the data are in no log yet. */
  get isIncomplete(): boolean {
    return this.#state === 'rewriting'
  }

  /** Why the file could not be written; null when it could. */
  get fault(): string | null {
    return this.#writer?.fault ?? null
  }

  get manifest(): LogManifest {
    return this.#manifest
  }

  /** Reads what the manifest says, whether the log is on or not. @throws LoadError when it cannot be used */
  readManifest(): LogManifest {
    try {
      this.#manifest = this.files.readManifest()
      this.#knowsManifest = true
    } catch (error) {
      logManifestFailure(error, this.files.manifestName, this.#host.log)
      throw new LoadError('The manifest of the append-only file cannot be used.', { cause: error })
    }
    return this.#manifest
  }

  /** Goes on with the log that was loaded; without one, the data as they are become its base. @throws LoadError */
  open({ manifest, baseBytes }: LoadedLog): void {
    const { log } = this.#host
    const isNew = manifest.increments.length === 0
    this.#manifest = manifest
    try {
      this.files.makeDirectory()
      if (manifest.base === null && isNew) this.#writeFirstBase()
      if (this.#manifest.increments.length === 0) this.#manifest = withNewIncrement(this.#manifest, this.files.baseName)
      const name = this.#manifest.increments.at(-1)?.name ?? ''
      const file = this.files.open(name, isNew)
      if (isNew) this.files.writeManifest(this.#manifest)
      const size = this.files.sizeOf(name)
      this.#closedBytes = this.#sizeOfAll() - size
      this.#begin(file, size)
      this.#state = 'on'
      this.#rewrittenBytes = baseBytes
      log('notice', `${isNew ? 'Creating' : 'Opening'} AOF incr file ${name} on server start`)
    } catch (error) {
      log('warning', `Can't open or create append-only dir ${this.files.directoryName}: ${systemReason(error)}`)
      throw new LoadError('The append-only file cannot be opened.', { cause: error })
    }
    this.removeHistory()
  }

  /** CONFIG SET appendonly. @returns why that is not possible, or null */
  applySetting(): string | null {
    const isWanted = this.#host.config.flag('appendonly')
    if (!isWanted) this.stop()
    else if (!this.isOn && !this.start()) return 'Unable to turn on AOF. Check server logs.'
    return null
  }

  /** Turns the log on, which begins with the data as they are now. @returns false when the disk refuses */
  start(): boolean {
    const { log, isSaving, isInTransaction } = this.#host
    this.#state = 'rewriting'
    this.#isScheduled = true
    if (isSaving()) {
      log(
        'warning',
        'AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.',
      )
      return true
    }
    if (isInTransaction()) {
      log('warning', 'AOF was enabled during a transaction. An AOF background was scheduled to start when possible.')
      return true
    }
    if (this.#rewrite !== null) {
      log(
        'warning',
        'AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.',
      )
      this.abortRewrite()
    }
    if (this.#beginRewrite()) return true
    this.#state = 'off'
    this.#isScheduled = false
    log(
      'warning',
      "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.",
    )
    return false
  }

  /** Turns the log off; the disk has everything that was written before. */
  stop(): void {
    if (this.#state === 'off') return
    const isIncomplete = this.#state === 'rewriting'
    this.#state = 'off'
    this.#isScheduled = false
    this.#unlisten()
    this.#unlisten = () => {}
    this.#writer?.end()
    this.#writer = null
    if (isIncomplete) this.files.remove(this.files.temporaryIncrement)
    this.#closedBytes = 0
    this.abortRewrite()
    this.#host.onFaultChange()
  }

  /** As `stop`, at the end of the node; resolves when no file of a rewrite is left. */
  async close(): Promise<void> {
    const rewrite = this.#rewrite
    this.stop()
    this.abortRewrite()
    await rewrite?.ended
  }

  rewrite(isDeferred: boolean): RewriteStart {
    if (this.#rewrite !== null) return 'inProgress'
    if (isDeferred || this.#host.isSaving()) {
      this.#isScheduled = true
      this.#limit.failures = 0
      return 'scheduled'
    }
    return this.#beginRewrite() ? 'started' : 'failed'
  }

  /** Has what was answered so far in the file, as far as `appendfsync` asks for it. */
  flush(isForced = false): void {
    this.#writer?.flush(isForced)
  }

  /** To be called several times a second. */
  cron(): void {
    const now = this.#host.nowSeconds()
    const isFree = this.#rewrite === null && !this.#host.isSaving()
    if (isFree && this.#isScheduled && !this.#limit.isInForce(now)) this.#beginRewrite()
    else if (isFree) this.#rewriteIfGrown(now)
    const writer = this.#writer
    if (writer === null) return
    // A disk that was full is tried again every second.
    if (writer.hasFailedToWrite && now === this.#retriedAt) return
    this.#retriedAt = now
    writer.flush()
  }

  info(): readonly InfoLine[] {
    const rewrite = this.#rewrite
    return [
      ['aof_enabled', this.isOn ? 1 : 0],
      ['aof_rewrite_in_progress', rewrite === null ? 0 : 1],
      ['aof_rewrite_scheduled', this.#isScheduled ? 1 : 0],
      ['aof_last_rewrite_time_sec', this.#lastRewriteSeconds],
      ['aof_current_rewrite_time_sec', rewrite === null ? -1 : this.#host.nowSeconds() - rewrite.startedAt],
      ['aof_last_bgrewrite_status', this.#lastRewriteFailed ? 'err' : 'ok'],
      ['aof_rewrites', this.#rewrites],
      ['aof_rewrites_consecutive_failures', this.#limit.failures],
      ['aof_last_write_status', this.fault === null ? 'ok' : 'err'],
      ['aof_last_cow_size', this.#lastPreservedBytes],
      ['module_fork_in_progress', 0],
      ['module_fork_last_cow_size', 0],
      ...(this.isOn ? this.#sizes() : []),
    ]
  }

  #sizes(): InfoLine[] {
    const writer = this.#writer
    return [
      ['aof_current_size', this.#currentBytes],
      ['aof_base_size', this.#rewrittenBytes],
      ['aof_pending_rewrite', 0],
      ['aof_buffer_length', writer?.pendingBytes ?? 0],
      ['aof_pending_bio_fsync', writer?.isSyncing ? 1 : 0],
      ['aof_delayed_fsync', writer?.delayedWrites ?? 0],
    ]
  }

  get #currentBytes(): number {
    return this.#closedBytes + (this.#writer?.sizeBytes ?? 0)
  }

  #sizeOfAll(): number {
    const { base, increments } = this.#manifest
    const files = [...(base === null ? [] : [base]), ...increments]
    return files.reduce((sum, { name }) => sum + this.files.sizeOf(name), 0)
  }

  #writeFirstBase(): void {
    const kind = this.#baseKind
    const next = withNewBase(this.#manifest, this.files.baseName, kind)
    const name = next.base?.name ?? ''
    const { temporary } = this.files.rewritePaths(0)
    writeDataset(this.#host.snapshot(kind), { temporary, final: this.files.path(name) }, 0)
    this.#manifest = next
    this.#host.log('notice', `Creating AOF base file ${name} on server start`)
  }

  /** What the next base holds. */
  get #baseKind(): LogBaseKind {
    return this.#host.config.flag('aof-use-rdb-preamble') ? 'rdb' : 'aof'
  }

  /** From now on everything that changes the data goes to `file`. */
  #begin(file: number, sizeBytes: number): void {
    this.#encoder.forgetDatabase()
    this.#writer = new LogWriter(
      {
        ...this.#host,
        isSaving: () => this.#rewrite !== null || this.#host.isSaving(),
      },
      file,
      sizeBytes,
    )
    this.#unlisten()
    const { propagation } = this.#host
    const stops = [
      propagation.listen((unit) => this.#feed(unit), EFFECT_TARGETS.log),
      propagation.listenToApplied((unit) => this.#feed(unit)),
    ]
    this.#unlisten = () => {
      for (const stop of stops) stop()
    }
  }

  #feed(unit: readonly Effect[]): void {
    const writer = this.#writer
    if (writer === null || (this.#state === 'rewriting' && this.#rewrite === null)) return
    // Hazard: who is answered in this turn flushes it before; a change that nobody is answered for needs somebody too.
    if (writer.add(this.#annotation() + this.#encoder.encode(unit))) setImmediate(() => this.flush())
  }

  #annotation(): string {
    if (!this.#host.config.flag('aof-timestamp-enabled')) return ''
    const now = this.#host.nowSeconds()
    if (now <= this.#annotatedAt) return ''
    this.#annotatedAt = now
    return `#TS:${now}\r\n`
  }

  #rewriteIfGrown(now: number): void {
    const { config, log } = this.#host
    const percentage = config.number('auto-aof-rewrite-percentage')
    const size = this.#currentBytes
    if (this.#state !== 'on' || percentage === 0 || size <= config.number('auto-aof-rewrite-min-size')) return
    const growth = Math.floor((size * 100) / (this.#rewrittenBytes || 1)) - 100
    if (growth < percentage || this.#limit.isInForce(now)) return
    log('notice', `Starting automatic rewriting of AOF on ${growth}% growth`)
    this.#beginRewrite()
  }

  #beginRewrite(): boolean {
    const { log, config, databases, nowSeconds } = this.#host
    if (this.#rewrite !== null || this.#host.isSaving()) return false
    try {
      this.files.makeDirectory()
      if (!this.#knowsManifest) this.readManifest()
    } catch (error) {
      log('warning', `Can't open or create append-only dir ${this.files.directoryName}: ${systemReason(error)}`)
      this.#lastRewriteFailed = true
      return false
    }
    if (this.#state !== 'off' && !this.#openIncrement()) {
      this.#lastRewriteFailed = true
      return false
    }
    const paths = this.files.rewritePaths(++this.#ordinal)
    this.#rewrites++
    this.#isScheduled = false
    const kind = this.#baseKind
    const rewrite: BackgroundSave = new BackgroundSave({
      snapshot: this.#host.backgroundSnapshot(kind),
      target: { temporaryOf: (pid) => this.files.rewriteTemporary(pid, this.#ordinal), final: paths.final },
      openSink: this.#host.openSink,
      keyDelayUs: () => config.number('rdb-key-save-delay'),
      changes: 0,
      totalKeys: databases.reduce((sum, { size }) => sum + size, 0),
      startedAt: nowSeconds(),
      onEnd: (outcome) => this.#rewriteEnded(rewrite, { path: paths.final, kind }, outcome),
    })
    this.#rewrite = rewrite
    log('notice', `Background append only file rewriting started by pid ${rewrite.pid}`)
    return true
  }

  /** What comes after the snapshot of a rewrite goes to a file of its own. */
  #openIncrement(): boolean {
    const { log } = this.#host
    const next = this.#state === 'rewriting' ? null : withNewIncrement(this.#manifest, this.files.baseName)
    const name = next?.increments.at(-1)?.name ?? this.files.temporaryIncrement
    this.flush(true)
    // What the old file could not take is in the snapshot too, and must not come a second time behind it.
    if ((this.#writer?.pendingBytes ?? 0) > 0) return false
    try {
      const file = this.files.open(name, true)
      if (next !== null) {
        this.files.writeManifest(next)
        this.#manifest = next
      }
      log('notice', `Creating AOF incr file ${name} on background rewrite`)
      this.#closedBytes = this.#currentBytes
      this.#encoder.forgetDatabase()
      if (this.#writer === null) this.#begin(file, 0)
      else this.#writer.switchTo(file)
      return true
    } catch (error) {
      log('warning', `Can't open the append-only file ${name}: ${systemReason(error)}`)
      return false
    }
  }

  /** Ends a rewrite that is under way, and leaves the log as it is. */
  abortRewrite(): void {
    const rewrite = this.#rewrite
    if (rewrite === null) return
    this.#host.log('notice', `Killing running AOF rewrite child: ${process.pid}`)
    this.#rewrite = null
    rewrite.abort()
  }

  #rewriteEnded(rewrite: BackgroundSave, base: WrittenBase, outcome: SaveOutcome): void {
    const { log, nowSeconds } = this.#host
    const { path } = base
    // It was aborted, and another one may have begun.
    if (this.#rewrite !== rewrite) {
      rmSync(path, { force: true })
      return
    }
    this.#rewrite = null
    this.#lastPreservedBytes = rewrite.preservedBytes
    this.#lastRewriteSeconds = nowSeconds() - rewrite.startedAt
    if (outcome.type === 'killed') log('warning', `Background AOF rewrite terminated by signal ${outcome.signalNumber}`)
    else if (outcome.type === 'failed') {
      log('warning', `Write error writing append only file on disk: ${systemReason(outcome.error)}`)
      log('warning', 'Background AOF rewrite terminated with error')
    } else log('notice', 'Background AOF rewrite terminated with success')
    const isDone = outcome.type === 'saved' && this.#takeBase(base)
    this.#lastRewriteFailed = !isDone
    this.#limit.failures = isDone ? 0 : this.#limit.failures + 1
    rmSync(path, { force: true })
    if (isDone) log('notice', 'Background AOF rewrite finished successfully')
    if (this.#state !== 'rewriting') return
    if (isDone) this.#state = 'on'
    else {
      // Without a base what was written since has no meaning; the next attempt begins anew.
      this.#writer?.drop()
      log('notice', `Removing the temp incr aof file ${this.files.temporaryIncrement} in the background`)
      this.files.remove(this.files.temporaryIncrement)
      this.#isScheduled = true
    }
  }

  /** Puts the new base in its place. Until the manifest is written, the log is what it was before. */
  #takeBase({ path: temporary, kind }: WrittenBase): boolean {
    const { log } = this.#host
    const { files } = this
    let next = withNewBase(this.#manifest, files.baseName, kind)
    const base = next.base?.name ?? ''
    try {
      renameSync(temporary, files.path(base))
      log('notice', `Successfully renamed the temporary AOF base file ${temporary} into ${base}`)
      if (this.#state === 'rewriting') {
        next = withNewIncrement(next, files.baseName)
        const increment = next.increments.at(-1)?.name ?? ''
        renameSync(files.path(files.temporaryIncrement), files.path(increment))
        log('notice', `Successfully renamed the temporary AOF incr file ${files.temporaryIncrement} into ${increment}`)
      }
      next = withOldIncrementsAsHistory(next, this.#state === 'off' ? 0 : 1)
      files.writeManifest(next)
    } catch (error) {
      log('warning', `Error trying to put the new AOF base file ${base} in its place: ${systemReason(error)}`)
      files.remove(base)
      return false
    }
    this.#manifest = next
    if (this.isOn) {
      this.#closedBytes = files.sizeOf(base)
      this.#rewrittenBytes = this.#currentBytes
    }
    this.removeHistory()
    return true
  }

  /** Removes the files that are no longer needed, unless `aof-disable-auto-gc` keeps them. */
  removeHistory(): void {
    const { config, log } = this.#host
    const { history } = this.#manifest
    if (history.length === 0 || config.flag('aof-disable-auto-gc')) return
    for (const { name } of history) {
      log('notice', `Removing the history file ${name} in the background`)
      this.files.discard(name)
    }
    this.#manifest = { ...this.#manifest, history: [] }
    try {
      this.files.writeManifest(this.#manifest)
    } catch (error) {
      log('warning', `Error trying to write the AOF manifest file: ${systemReason(error)}`)
    }
  }
}
