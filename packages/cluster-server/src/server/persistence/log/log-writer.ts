import { close, fdatasync, fdatasyncSync, ftruncateSync, writeSync } from 'node:fs'
import type { ConfigReader } from '../../../commands/settings.js'
import type { LogLevel } from '../../node-options.js'
import { systemReason } from './error-text.js'

/** What a writer needs of its node. */
export interface LogWriterHost {
  readonly config: ConfigReader
  readonly nowSeconds: () => number
  readonly log: (level: LogLevel, message: string) => void
  /** A file of the data is being written: `no-appendfsync-on-rewrite` looks at that. */
  readonly isSaving: () => boolean
  /** What was answered could not be kept: the node must end before anybody hears of it. */
  readonly fatal: () => void
  /** Whether writes have to be refused has changed. */
  readonly onFaultChange: () => void
  /** Tells of how long the disk took. */
  readonly latency: (event: string, milliseconds: number) => void
}

/** How long a write waits for the disk to be done with the one before. */
const LONGEST_DELAY_SECONDS = 2
const SECONDS_BETWEEN_ERRORS = 30
/** So much is gathered before it is written in the middle of a turn of the event loop. */
const GATHERED_CHARACTERS = 32 * 1024 * 1024

/** Writes one file after the other at its end, and sees to it that the disk has it as soon as `appendfsync` demands. */
export class LogWriter {
  readonly #host: LogWriterHost
  #file: number
  #pending = ''
  #sizeBytes: number
  #syncedBytes: number
  #syncedAt: number
  /** Resolves when the sync of the current file is over. */
  #syncing: Promise<void> | null = null
  #postponedAt: number | null = null
  #complainedAt = Number.NEGATIVE_INFINITY
  #writeError: string | null = null
  #syncError: string | null = null
  /** Writes that did not wait for the disk any longer. */
  delayedWrites = 0

  constructor(host: LogWriterHost, file: number, sizeBytes: number) {
    this.#host = host
    this.#file = file
    this.#sizeBytes = this.#syncedBytes = sizeBytes
    this.#syncedAt = host.nowSeconds()
  }

  /** Why the last write or sync failed, and writes are refused; null when it did not. */
  get fault(): string | null {
    return this.#writeError ?? this.#syncError
  }

  get hasFailedToWrite(): boolean {
    return this.#writeError !== null
  }

  /** Bytes of the current file. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get pendingBytes(): number {
    return this.#pending.length
  }

  get isSyncing(): boolean {
    return this.#syncing !== null
  }

  /** @returns whether it is the first of what is pending: somebody has to flush it soon */
  add(text: string): boolean {
    const isFirst = this.#pending === ''
    this.#pending += text
    if (this.#pending.length > GATHERED_CHARACTERS && this.#writeError === null) this.flush(true)
    return isFirst
  }

  /** Forgets what is pending. */
  drop(): void {
    this.#pending = ''
  }

  /** Writes what is pending; unless `isForced`, a write may wait for a sync that is under way. */
  flush(isForced = false): void {
    const policy = this.#host.config.text('appendfsync')
    if (this.#pending === '') {
      if (this.#syncedBytes !== this.#sizeBytes) this.#sync(policy)
      return
    }
    if (policy === 'everysec' && this.#syncing !== null && !isForced && this.#mayPostpone()) return
    this.#postponedAt = null
    if (this.#write(policy)) this.#sync(policy)
  }

  /** Goes on with another file, which is empty. */
  switchTo(file: number): void {
    this.#retire()
    this.#file = file
    this.#sizeBytes = this.#syncedBytes = 0
  }

  /** Writes and syncs everything before it returns, and closes the file. */
  end(): void {
    this.flush(true)
    try {
      fdatasyncSync(this.#file)
    } catch (error) {
      this.#host.log('warning', `Fail to fsync the AOF file: ${systemReason(error)}`)
    }
    this.#retire()
  }

  #mayPostpone(): boolean {
    const now = this.#host.nowSeconds()
    this.#postponedAt ??= now
    if (now - this.#postponedAt < LONGEST_DELAY_SECONDS) return true
    this.delayedWrites++
    this.#host.log(
      'notice',
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.',
    )
    return false
  }

  #write(policy: string): boolean {
    const bytes = Buffer.from(this.#pending, 'latin1')
    const startedAt = performance.now()
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.#file, bytes, written)
    } catch (error) {
      this.#writeFailed(bytes, written, error, policy)
      return false
    }
    this.#host.latency('aof-write', performance.now() - startedAt)
    this.#pending = ''
    this.#sizeBytes += bytes.length
    if (this.#writeError !== null) {
      this.#host.log('warning', 'AOF write error looks solved, Redis can write again.')
      this.#writeError = null
      this.#host.onFaultChange()
    }
    return true
  }

  #writeFailed(bytes: Buffer, written: number, error: unknown, policy: string): void {
    const { log, nowSeconds } = this.#host
    const mayLog = nowSeconds() - this.#complainedAt > SECONDS_BETWEEN_ERRORS
    if (mayLog) this.#complainedAt = nowSeconds()
    const complain = (message: string): void => {
      if (mayLog) log('warning', message)
    }
    let kept = 0
    if (written === 0) complain(`Error writing to the AOF file: ${systemReason(error)}`)
    else {
      complain(`Short write while writing to the AOF file: (nwritten=${written}, expected=${bytes.length})`)
      kept = this.#undo(written, complain)
    }
    if (policy === 'always') {
      log('warning', "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...")
      this.#host.fatal()
      return
    }
    this.#sizeBytes += kept
    this.#pending = this.#pending.slice(kept)
    this.#writeError = systemReason(error)
    this.#host.onFaultChange()
  }

  /** Takes part of a write back. @returns how many bytes are left in the file */
  #undo(written: number, complain: (message: string) => void): number {
    try {
      ftruncateSync(this.#file, this.#sizeBytes)
      return 0
    } catch (error) {
      complain(
        `Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it starts.  ftruncate: ${systemReason(error)}`,
      )
      return written
    }
  }

  #sync(policy: string): void {
    if (policy === 'no') return
    const { config, isSaving, nowSeconds } = this.#host
    if (config.flag('no-appendfsync-on-rewrite') && isSaving()) return
    if (policy === 'always') this.#syncNow()
    else if (nowSeconds() > this.#syncedAt) this.#syncInBackground()
  }

  #syncNow(): void {
    const startedAt = performance.now()
    try {
      fdatasyncSync(this.#file)
    } catch (error) {
      const reason = systemReason(error)
      this.#host.log(
        'warning',
        `Can't persist AOF for fsync error when the AOF fsync policy is 'always': ${reason}. Exiting...`,
      )
      this.#host.fatal()
      return
    }
    this.#host.latency('aof-fsync-always', performance.now() - startedAt)
    this.#syncedBytes = this.#sizeBytes
    this.#syncedAt = this.#host.nowSeconds()
  }

  #syncInBackground(): void {
    if (this.#syncing !== null) return
    this.#syncedAt = this.#host.nowSeconds()
    this.#syncedBytes = this.#sizeBytes
    const file = this.#file
    const syncing = new Promise<void>((resolve) => {
      fdatasync(file, (error) => {
        if (this.#syncing === syncing) this.#syncing = null
        this.#noteSync(error)
        resolve()
      })
    })
    this.#syncing = syncing
  }

  #noteSync(error: Error | null): void {
    const reason = error === null ? null : systemReason(error)
    if (reason === this.#syncError) return
    if (reason !== null) this.#host.log('warning', `Fail to fsync the AOF file: ${reason}`)
    this.#syncError = reason
    this.#host.onFaultChange()
  }

  /** Lets the disk have all of the current file, and closes it after that. */
  #retire(): void {
    const file = this.#file
    const before = this.#syncing ?? Promise.resolve()
    this.#syncing = null
    void before.then(() => fdatasync(file, () => close(file, () => {})))
  }
}
