import { formatDouble } from '../double-text.js'
import type { Entry } from '../keyspace/entry.js'
import type { HashValue } from '../keyspace/hash-value.js'
import type { ListValue } from '../keyspace/list-value.js'
import type { SetValue } from '../keyspace/set-value.js'
import type { SortedSetValue } from '../keyspace/sorted-set-value.js'
import type { StoredValue } from '../keyspace/value.js'
import { writeCommand } from './command-writer.js'
import type { DatabaseSizes, DatasetForm } from './dataset-form.js'
import type { RdbWriter } from './rdb-writer.js'
import { streamCommands } from './stream-commands.js'
import type { RemainingSteps } from './value-encoder.js'

/** Elements of a collection that one command has: Redis writes as many, so that no command takes long. */
const ELEMENTS = 64

/** What stands before the commands that make the keys. */
export interface CommandHeader {
  /** Sources of the function libraries. */
  readonly functions: readonly string[]
  /** Unix time in seconds that stands at the beginning as a remark: `aof-timestamp-enabled`; null for none. */
  readonly writtenAt: number | null
}

/** All data as the commands that make them: the base of a log with `aof-use-rdb-preamble no`. */
export class CommandForm implements DatasetForm {
  readonly compresses = false
  readonly #header: CommandHeader

  constructor(header: CommandHeader) {
    this.#header = header
  }

  begin(out: RdbWriter): void {
    const { functions, writtenAt } = this.#header
    if (writtenAt !== null) out.text(`#TS:${writtenAt}\r\n`)
    for (const source of functions) writeCommand(out, 'FUNCTION', 'LOAD', source)
  }

  beginDatabase(out: RdbWriter, { index }: DatabaseSizes): void {
    writeCommand(out, 'SELECT', String(index))
  }

  beginEntry(out: RdbWriter, { key, value, deadline }: Entry): RemainingSteps {
    return entrySteps(out, key, value, deadline?.atMs ?? null)
  }

  end(): void {}

  seal(piece: Buffer): Buffer {
    return piece
  }
}

/** The deadline comes last: commands on a key that has expired would begin another one. */
function* entrySteps(
  out: RdbWriter,
  key: string,
  value: StoredValue,
  deadlineMs: number | null,
): Generator<void, void> {
  yield* valueSteps(out, key, value)
  if (deadlineMs !== null) writeCommand(out, 'PEXPIREAT', key, String(deadlineMs))
}

const valueSteps = (out: RdbWriter, key: string, value: StoredValue): Iterable<void> => {
  if (typeof value === 'string' || value.type === 'string') {
    writeCommand(out, 'SET', key, typeof value === 'string' ? value : value.text)
    return []
  }
  switch (value.type) {
    case 'hash':
      return hashCommands(out, key, value)
    case 'list':
      return listCommands(out, key, value)
    case 'set':
      return setCommands(out, key, value)
    case 'zset':
      return sortedSetCommands(out, key, value)
    case 'stream':
      return streamCommands(out, key, value)
    default:
      return value satisfies never
  }
}

function* hashCommands(out: RdbWriter, key: string, hash: HashValue): Generator<void, void> {
  let cursor = 0
  do {
    const step = hash.scan(cursor, ELEMENTS)
    for (const pairs of parts(step.pairs, 2 * ELEMENTS)) writeCommand(out, 'HMSET', key, ...pairs)
    cursor = step.cursor
    yield
  } while (cursor !== 0)
}

function* setCommands(out: RdbWriter, key: string, set: SetValue): Generator<void, void> {
  let cursor = 0
  do {
    const step = set.scan(cursor, ELEMENTS)
    for (const members of parts(step.members, ELEMENTS)) writeCommand(out, 'SADD', key, ...members)
    cursor = step.cursor
    yield
  } while (cursor !== 0)
}

function* listCommands(out: RdbWriter, key: string, list: ListValue): Generator<void, void> {
  for (let from = 0; from < list.size; from += ELEMENTS) {
    writeCommand(out, 'RPUSH', key, ...list.slice(from, Math.min(list.size, from + ELEMENTS)))
    yield
  }
}

function* sortedSetCommands(out: RdbWriter, key: string, set: SortedSetValue): Generator<void, void> {
  for (let from = 0; from < set.size; from += ELEMENTS) {
    const { members, scores } = set.slice(from, Math.min(set.size, from + ELEMENTS))
    const pairs = members.flatMap((member, index) => [formatDouble(scores[index] as number), member])
    writeCommand(out, 'ZADD', key, ...pairs)
    yield
  }
}

function* parts(texts: readonly string[], size: number): Generator<readonly string[]> {
  for (let from = 0; from < texts.length; from += size) yield texts.slice(from, from + size)
}
