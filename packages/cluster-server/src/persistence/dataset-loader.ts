import type { Database } from '../keyspace/database.js'
import type { StoredValue } from '../keyspace/value.js'
import { LoadTrace } from './load-trace.js'
import { corrupt, RdbError } from './rdb-error.js'
import { isValueType, ModuleOpcode, Opcode, RDB_VERSION } from './rdb-format.js'
import { NotArrived, type RdbReader } from './rdb-reader.js'
import { moduleName, readValue, type ValueLimits } from './value-decoder.js'

/** How a file is loaded. */
export interface LoadOptions {
  readonly databases: readonly Database[]
  readonly limits: ValueLimits
  /** Unix time in milliseconds. */
  readonly nowMs: number
  /** Leaves out keys whose deadline has passed; a replica loads them too. */
  readonly dropsExpired: boolean
  /** Hears of each of them. */
  readonly expired?: (databaseIndex: number, key: string) => void
  /** Lets a key of the file replace one that is there; otherwise that is an error. */
  readonly replaces: boolean
  /** Compares the checksum: `rdbchecksum`. */
  readonly checksChecksum: boolean
  /** Takes the source of a function library. @returns why it cannot be used, or null */
  readonly addLibrary: (source: string) => string | null
  readonly log: (level: 'debug' | 'notice' | 'warning', message: string) => void
}

/** What was loaded. */
export interface LoadResult {
  keysLoaded: number
  keysExpired: number
  emptyKeys: number
  /** The auxiliary fields by their lower-case names. */
  readonly auxiliary: Map<string, string>
}

/** What stands before a key and belongs to it. */
interface KeyAttributes {
  deadlineMs: number | null
  idleSeconds: number | null
  frequency: number | null
}

const SHOWN_EMPTY_KEYS = 10
/** The first version that ends with a checksum. */
const CHECKSUM_SINCE = 5
const NO_CHECKSUM = Buffer.alloc(8)

/**
 * Loads an RDB into databases; each step loads one key or less, and none while what is needed has not arrived yet.
 * @throws RdbError when the file cannot be loaded, with a report unless it is none at all; what was loaded before stays
 */
export function* loadDataset(reader: RdbReader, options: LoadOptions): Generator<void, LoadResult> {
  const mayWait = reader.mayWait
  const version = mayWait ? yield* patiently(reader, () => readVersion(reader)) : readVersion(reader)
  const load = new DatasetLoad(reader, options)
  try {
    while (mayWait ? yield* patiently(reader, () => load.step()) : load.step()) yield
    load.trace.doing = 'check-sum'
    if (version >= CHECKSUM_SINCE) yield* patiently(reader, () => compareChecksum(reader, options))
  } catch (error) {
    if (!(error instanceof RdbError)) throw error
    throw new RdbError(error.message, error.isShort, load.trace.report(error.message, reader.position))
  }
  load.report()
  return load.result
}

/** Reads again from the start what has not arrived as a whole, in a later step. */
function* patiently<T>(reader: RdbReader, read: () => T): Generator<void, T> {
  for (;;) {
    if (reader.mayWait) reader.mark()
    try {
      return read()
    } catch (error) {
      if (!(error instanceof NotArrived)) throw error
      reader.rewind()
      yield
    }
  }
}

const readVersion = (reader: RdbReader): number => {
  const magic = reader.text(9)
  if (!magic.startsWith('REDIS')) throw corrupt('Wrong signature trying to load DB from file')
  const version = Number.parseInt(magic.slice(5), 10) || 0
  if (version < 1 || version > RDB_VERSION) throw corrupt(`Can't handle RDB format version ${version}`)
  return version
}

const compareChecksum = (reader: RdbReader, { checksChecksum, log }: LoadOptions): void => {
  const expected = reader.checksum()
  const stored = Buffer.from(reader.bytes(8))
  if (!checksChecksum || expected === null || stored.equals(expected)) return
  if (stored.equals(NO_CHECKSUM)) {
    log('notice', 'RDB file was saved with checksum disabled: no check performed.')
    return
  }
  const shown = [expected, stored].map((sum) => sum.readBigUInt64LE().toString(16))
  log('warning', `Wrong RDB checksum expected: (${shown[1]}) but got (${shown[0]}). Aborting now.`)
  throw corrupt('RDB CRC error')
}

class DatasetLoad {
  readonly result: LoadResult = { keysLoaded: 0, keysExpired: 0, emptyKeys: 0, auxiliary: new Map() }
  readonly trace = new LoadTrace()
  readonly #reader: RdbReader
  readonly #options: LoadOptions
  #database: Database
  #attributes: KeyAttributes = { deadlineMs: null, idleSeconds: null, frequency: null }

  constructor(reader: RdbReader, options: LoadOptions) {
    this.#reader = reader
    this.#options = options
    this.#database = this.#select(0)
  }

  /** @returns false at the end mark */
  step(): boolean {
    const reader = this.#reader
    const { trace } = this
    trace.doing = 'read-type'
    const type = reader.byte()
    switch (type) {
      case Opcode.end:
        return false
      case Opcode.expirySeconds:
        trace.doing = 'read-expire'
        this.#attributes.deadlineMs = reader.seconds() * 1000
        return true
      case Opcode.expiryMs:
        trace.doing = 'read-expire'
        this.#attributes.deadlineMs = reader.time()
        return true
      case Opcode.frequency:
        this.#attributes.frequency = reader.byte()
        return true
      case Opcode.idle:
        this.#attributes.idleSeconds = Number(reader.bigSize())
        return true
      case Opcode.select:
        trace.doing = 'read-len'
        this.#database = this.#select(Number(reader.bigSize()))
        return true
      case Opcode.resize:
        trace.doing = 'read-len'
        reader.bigSize()
        reader.bigSize()
        return true
      case Opcode.aux:
        trace.doing = 'read-aux'
        this.#auxiliary(reader.string(), reader.string())
        return true
      case Opcode.moduleAux:
        trace.doing = 'read-module-aux'
        this.#skipModule()
        return true
      case Opcode.function2:
        trace.doing = 'read-functions'
        this.#addLibrary(reader.string())
        return true
      case Opcode.functionOld:
        trace.doing = 'read-functions'
        this.#addLibrary(this.#oldLibrary())
        return true
      default:
        this.#key(type)
        return true
    }
  }

  report(): void {
    const { keysLoaded, keysExpired, emptyKeys } = this.result
    const counts = `Done loading RDB, keys loaded: ${keysLoaded}, keys expired: ${keysExpired}`
    if (emptyKeys > 0) this.#options.log('warning', `${counts}, empty keys skipped: ${emptyKeys}.`)
    else this.#options.log('notice', `${counts}.`)
  }

  #select(index: number): Database {
    const { databases } = this.#options
    const database = databases[index]
    if (database !== undefined) return database
    throw corrupt(
      `FATAL: Data file was created with a Redis server configured to handle more than ${databases.length} databases. Exiting`,
    )
  }

  #auxiliary(name: string, value: string): void {
    const { log, nowMs } = this.#options
    const key = name.toLowerCase()
    this.result.auxiliary.set(key, value)
    if (name.startsWith('%')) log('notice', `RDB '${name}': ${value}`)
    else if (key === 'redis-ver') log('notice', `Loading RDB produced by version ${value}`)
    else if (key === 'ctime') log('notice', `RDB age ${Math.max(0, Math.floor(nowMs / 1000) - integer(value))} seconds`)
    else if (key === 'used-mem') {
      log('notice', `RDB memory usage when created ${(integer(value) / 2 ** 20).toFixed(2)} Mb`)
    } else if (key === 'aof-preamble' && integer(value) !== 0) log('notice', 'RDB has an AOF tail')
    else if (key === 'aof-base' && integer(value) !== 0) log('notice', 'RDB is base AOF')
    else if (!KNOWN_FIELDS.has(key)) log('debug', `Unrecognized RDB AUX field: '${name}'`)
  }

  /** Data of a module that belongs to no key: passed over, as this server has no modules. */
  #skipModule(): void {
    const reader = this.#reader
    const name = moduleName(reader.bigSize())
    if (reader.bigSize() !== ModuleOpcode.unsigned) throw corrupt('bad when_opcode')
    reader.bigSize()
    this.#options.log('warning', `The RDB file contains AUX module data I can't load: no matching module '${name}'`)
    for (let opcode = reader.bigSize(); opcode !== ModuleOpcode.end; opcode = reader.bigSize()) {
      if (opcode === ModuleOpcode.signed || opcode === ModuleOpcode.unsigned) reader.bigSize()
      else if (opcode === ModuleOpcode.string) reader.blob()
      else if (opcode === ModuleOpcode.float) reader.bytes(4)
      else if (opcode === ModuleOpcode.double) reader.bytes(8)
      else throw corrupt(`Unknown opcode in the data of module '${name}'`)
    }
  }

  /** The form of the release candidates of Redis 7: name, engine, description, code. */
  #oldLibrary(): string {
    const reader = this.#reader
    const name = reader.string()
    const engine = reader.string()
    if (reader.bigSize() !== 0) reader.string()
    return `#!${engine} name=${name}\n${reader.string()}`
  }

  #addLibrary(source: string): void {
    const refusal = this.#options.addLibrary(source)
    if (refusal === null) return
    this.#options.log('warning', `Failed loading library, ${refusal}`)
    throw new RdbError('Unexpected EOF reading RDB file', true)
  }

  #key(type: number): void {
    const { limits, log, nowMs } = this.#options
    const { trace } = this
    if (!isValueType(type)) throw corrupt(`Invalid object type: ${type}`)
    trace.type = type
    trace.doing = 'read-key'
    const key = this.#reader.string()
    trace.key = key
    const { keysLoaded, keysExpired, emptyKeys } = this.result
    trace.keys = keysLoaded + keysExpired + emptyKeys + 1
    trace.doing = 'read-object-value'
    const value = readValue(this.#reader, type, limits)
    const attributes = this.#attributes
    if (attributes.deadlineMs !== null) {
      trace.expires++
      if (attributes.deadlineMs < nowMs) trace.expired++
    }
    this.#attributes = { deadlineMs: null, idleSeconds: null, frequency: null }
    if (value !== null) this.#insert(key, value, attributes)
    else if (this.result.emptyKeys++ < SHOWN_EMPTY_KEYS) log('warning', `rdbLoadObject skipping empty key: ${key}`)
    trace.key = trace.type = null
  }

  #insert(key: string, value: StoredValue, attributes: KeyAttributes): void {
    const { deadlineMs } = attributes
    const { nowMs, dropsExpired, replaces, log } = this.#options
    if (dropsExpired && deadlineMs !== null && deadlineMs < nowMs) {
      this.result.keysExpired++
      this.#options.expired?.(this.#database.index, key)
      return
    }
    const access = this.#database.access.restored(attributes, nowMs)
    if (!this.#database.load({ key, value, deadlineMs, access }, replaces)) {
      log('warning', `RDB has duplicated key '${key}' in DB ${this.#database.index}`)
      throw corrupt('Duplicated key found in RDB file')
    }
    this.result.keysLoaded++
  }
}

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'repl-stream-db',
  'repl-id',
  'repl-offset',
  'lua',
  'aof-preamble',
  'aof-base',
  'redis-bits',
])

const integer = (text: string): number => Number.parseInt(text, 10) || 0
