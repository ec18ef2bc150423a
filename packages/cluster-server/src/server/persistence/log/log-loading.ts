import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs'
import type { Effect } from '../../../commands/replication-state.js'
import type { LogFile, LogManifest } from '../../../persistence/log-manifest.js'
import { type LogItem, LogReader } from '../../../persistence/log-reader.js'
import type { Reply } from '../../../resp/reply.js'
import { WireError } from '../../../wire-errors.js'
import type { LogLevel } from '../../node-options.js'
import { LoadError } from '../load-error.js'
import { systemReason } from './error-text.js'
import type { LogFiles } from './log-files.js'

/** What the loading of a log needs of its node. */
export interface LogLoadHost {
  readonly files: LogFiles
  readonly loadsTruncated: () => boolean
  /** Loads the data that an open file begins with. @returns how many bytes they took */
  readonly loadDataset: (file: number, sizeBytes: number) => Generator<void, number>
  /** Runs commands as one unit, past all gates. @returns their answers; undefined for one that is not known */
  readonly replay: (unit: readonly Effect[]) => readonly Reply[]
  readonly knows: (argv: readonly string[]) => boolean
  readonly databaseCount: number
  readonly started: (totalBytes: number) => void
  readonly progressed: (loadedBytes: number) => void
  readonly log: (level: LogLevel, message: string) => void
}

/** What was loaded: nothing when there is no log, or no data in it. */
export interface LoadedLog {
  readonly manifest: LogManifest
  readonly type: 'loaded' | 'absent' | 'empty'
  readonly totalBytes: number
  readonly baseBytes: number
}

type FileOutcome = 'loaded' | 'empty' | 'truncated'

/**
 * Loads a log: its base, and then its increments in order; each step loads one key or one command.
 * @throws LoadError when a file cannot be loaded; the log of the node says why
 */
export function* loadLog(found: LogManifest, host: LogLoadHost): Generator<void, LoadedLog> {
  const manifest = withOldFile(found, host)
  const files = [...(manifest.base === null ? [] : [manifest.base]), ...manifest.increments]
  const sizes = files.map(({ name }) => sizeOf(name, host))
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0)
  const baseBytes = manifest.base === null ? 0 : (sizes[0] ?? 0)
  const outcome = { manifest, totalBytes, baseBytes }
  if (files.length === 0) return { ...outcome, type: 'absent' }
  if (totalBytes === 0) return { ...outcome, type: 'empty' }
  host.started(totalBytes)
  let before = 0
  for (const [index, file] of files.entries()) {
    yield* loadFile(file, index === files.length - 1, before, host)
    before += sizes[index] ?? 0
  }
  return { ...outcome, type: 'loaded' }
}

function* loadFile(file: LogFile, isLast: boolean, before: number, host: LogLoadHost): Generator<void, void> {
  const startedAt = performance.now()
  const outcome = yield* new LogFileLoad(file.name, before, host).steps()
  if (outcome === 'truncated' && !isLast) {
    host.log('warning', 'Fatal error: the truncated file is not the last file')
    throw new LoadError(`The log file ${file.name} ends within a command, and others follow.`)
  }
  if (outcome === 'empty') return
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(3)
  const kind = file.type === 'b' ? 'base' : 'incr'
  host.log('notice', `DB loaded from ${kind} file ${file.name}: ${seconds} seconds`)
}

/** The single file of Redis before version 7 becomes the base of the log. */
const withOldFile = (manifest: LogManifest, { files, log }: LogLoadHost): LogManifest => {
  const { base, increments } = manifest
  const isUnused = base === null && increments.length === 0
  // The move was interrupted.
  const isUnfinished = increments.length === 0 && base?.name === files.baseName && !files.exists(files.baseName)
  if (!isRegular(files.oldPath) || !(isUnused || isUnfinished || !files.directoryExists)) return manifest
  const name = files.baseName
  const next: LogManifest = { ...manifest, base: { name, sequence: 1, type: 'b' }, baseSequence: 1 }
  try {
    files.makeDirectory()
    files.writeManifest(next)
    renameSync(files.oldPath, files.path(name))
  } catch (error) {
    const into = files.directoryName
    log('warning', `Error trying to move the old AOF file ${name} into dir ${into}: ${systemReason(error)}`)
    throw new LoadError(`The log file ${name} cannot be moved into ${into}.`, { cause: error })
  }
  log(
    'notice',
    `Successfully migrated an old-style AOF file (${name}) into the AOF directory (${files.directoryName}).`,
  )
  return next
}

const isRegular = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

const sizeOf = (name: string, { files, log }: LogLoadHost): number => {
  try {
    return files.sizeOf(name)
  } catch (error) {
    log('warning', `Unable to obtain the AOF file ${name} length. stat: ${systemReason(error)}`)
    throw new LoadError(`The log file ${name} cannot be loaded.`, { cause: error })
  }
}

class LogFileLoad {
  readonly #name: string
  readonly #before: number
  readonly #host: LogLoadHost
  #databaseIndex = 0
  #transaction: Effect[] | null = null
  /** All before it is whole. */
  #validUpTo = 0
  #beforeTransaction = 0

  constructor(name: string, before: number, host: LogLoadHost) {
    this.#name = name
    this.#before = before
    this.#host = host
  }

  *steps(): Generator<void, FileOutcome> {
    const file = this.#open()
    try {
      const { size } = fstatSync(file)
      if (size === 0) return 'empty'
      const position = this.#holdsDataset(file) ? yield* this.#loadDataset(file, size) : 0
      this.#validUpTo = position
      const reader = new LogReader(new PositionedSource(file, position, size), position)
      for (;;) {
        const item = reader.next()
        if (item.type !== 'command') return this.#finish(item)
        this.#run(item.argv)
        this.#validUpTo = reader.position
        this.#host.progressed(this.#before + reader.position)
        yield
      }
    } finally {
      closeSync(file)
    }
  }

  #open(): number {
    try {
      return openSync(this.#host.files.path(this.#name), 'r')
    } catch (error) {
      const reason = systemReason(error)
      this.#host.log('warning', `Fatal error: can't open the append log file ${this.#name} for reading: ${reason}`)
      throw new LoadError(`The log file ${this.#name} cannot be opened.`, { cause: error })
    }
  }

  #holdsDataset(file: number): boolean {
    const magic = Buffer.alloc(5)
    return readSync(file, magic, 0, 5, 0) === 5 && magic.toString('latin1') === 'REDIS'
  }

  *#loadDataset(file: number, size: number): Generator<void, number> {
    const { log, files, loadDataset } = this.#host
    const isOld = this.#name === files.baseName
    log('notice', isOld ? 'Reading RDB preamble from AOF file...' : 'Reading RDB base file on AOF loading...')
    try {
      const position = yield* loadDataset(file, size)
      if (isOld) log('notice', 'Reading the remaining AOF tail...')
      return position
    } catch (error) {
      const what = isOld ? 'the RDB preamble of the AOF file' : 'the RDB base file'
      log('warning', `Error reading ${what} ${this.#name}, AOF loading aborted`)
      throw new LoadError(`The log file ${this.#name} cannot be loaded.`, { cause: error })
    }
  }

  #run(argv: readonly string[]): void {
    const name = argv[0]?.toUpperCase()
    if (!this.#host.knows(argv)) {
      this.#host.log('warning', `Unknown command '${argv[0]}' reading the append only file ${this.#name}`)
      throw new LoadError(`The log file ${this.#name} has a command that is not known: '${argv[0]}'.`)
    }
    if (name === 'MULTI' && this.#transaction === null) {
      this.#transaction = []
      this.#beforeTransaction = this.#validUpTo
    } else if (name === 'EXEC' && this.#transaction !== null) {
      const unit = this.#transaction
      this.#transaction = null
      this.#replay(unit)
    } else if (name === 'SELECT') this.#select(argv)
    else {
      const effect = { databaseIndex: this.#databaseIndex, argv }
      if (this.#transaction === null) this.#replay([effect])
      else this.#transaction.push(effect)
    }
  }

  #select(argv: readonly string[]): void {
    const index = Number(argv[1])
    if (Number.isInteger(index) && index >= 0 && index < this.#host.databaseCount) this.#databaseIndex = index
    else this.#complain('ERR DB index is out of range', argv)
  }

  #replay(unit: readonly Effect[]): void {
    for (const [index, reply] of this.#host.replay(unit).entries()) {
      if (reply instanceof WireError) this.#complain(reply.message, unit[index]?.argv ?? [])
    }
  }

  #complain(message: string, argv: readonly string[]): void {
    this.#host.log(
      'warning',
      `== CRITICAL == This server is sending an error to its AOF-loading-client: '${message}' after processing the command '${argv[0]?.toLowerCase()}'`,
    )
  }

  #finish(item: Exclude<LogItem, { type: 'command' }>): FileOutcome {
    const { log } = this.#host
    if (item.type === 'malformed') {
      log(
        'warning',
        `Bad file format reading the append only file ${this.#name}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>`,
      )
      throw new LoadError(`The log file ${this.#name} has something that is no command.`)
    }
    if (this.#transaction !== null && item.type === 'end') {
      log('warning', `Revert incomplete MULTI/EXEC transaction in AOF file ${this.#name}`)
    }
    if (this.#transaction !== null) this.#validUpTo = this.#beforeTransaction
    else if (item.type === 'end') return 'loaded'
    return this.#truncate()
  }

  #truncate(): FileOutcome {
    const { log, files, loadsTruncated } = this.#host
    const name = this.#name
    if (loadsTruncated()) {
      log('warning', `!!! Warning: short read while loading the AOF file ${name}!!!`)
      log('warning', `!!! Truncating the AOF ${name} at offset ${this.#validUpTo} !!!`)
      try {
        truncateSync(files.path(name), this.#validUpTo)
        log('warning', `AOF ${name} loaded anyway because aof-load-truncated is enabled`)
        return 'truncated'
      } catch (error) {
        log('warning', `Error truncating the AOF file ${name}: ${systemReason(error)}`)
      }
    }
    log(
      'warning',
      `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.`,
    )
    throw new LoadError(`The log file ${name} ends within a command.`)
  }
}

/** The bytes of an open file from a place on. */
class PositionedSource {
  #position: number

  constructor(
    readonly descriptor: number,
    position: number,
    readonly sizeBytes: number,
  ) {
    this.#position = position
  }

  get remaining(): number {
    return Math.max(0, this.sizeBytes - this.#position)
  }

  read(buffer: Uint8Array, at: number): number {
    const count = readSync(this.descriptor, buffer, at, buffer.length - at, this.#position)
    this.#position += count
    return count
  }
}
