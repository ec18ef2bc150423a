import { formatDouble } from '../double-text.js'
import type { Database } from '../keyspace/database.js'
import type { StoredValue } from '../keyspace/value.js'
import { rebuildStream } from './stream-image.js'

/** Words of one command: enough that headers cost little, few enough that a reader is not kept busy for long. */
const WORDS_PER_COMMAND = 1024

/** The elements of a value from index `from` to before `to`, as words of the command that adds them. */
type Elements = (from: number, to: number) => readonly string[]

const interleave = (names: readonly string[], values: readonly string[]): string[] =>
  names.flatMap((name, index) => [name, values[index] ?? ''])

function* batches(command: readonly string[], size: number, step: number, elements: Elements): Generator<string[]> {
  for (let from = 0; from < size; from += step) {
    yield [...command, ...elements(from, Math.min(size, from + step))]
  }
}

function* rebuild(key: string, value: StoredValue, wordsPerCommand: number): Generator<string[]> {
  if (typeof value === 'string') {
    yield ['SET', key, value]
    return
  }
  const pairsPerCommand = Math.max(1, wordsPerCommand >> 1)
  switch (value.type) {
    case 'hash': {
      const [fields, values] = [value.fields(), value.values()]
      yield* batches(['HSET', key], value.size, pairsPerCommand, (from, to) =>
        interleave(fields.slice(from, to), values.slice(from, to)),
      )
      return
    }
    case 'list':
      yield* batches(['RPUSH', key], value.size, wordsPerCommand, (from, to) => value.slice(from, to))
      return
    case 'set': {
      const members = value.members()
      yield* batches(['SADD', key], value.size, wordsPerCommand, (from, to) => members.slice(from, to))
      return
    }
    case 'zset':
      yield* batches(['ZADD', key], value.size, pairsPerCommand, (from, to) => {
        const { members, scores } = value.slice(from, to)
        return interleave(scores.map(formatDouble), members)
      })
      return
    case 'stream':
      yield* rebuildStream(key, value)
      return
    default:
      value satisfies never
  }
}

/**
 * The commands that make a copy of a live key from nothing, one by one; none when there is no such key. Binary-safe.
 * The value is read as the commands are asked for: whoever pauses in between must give up when the key is changed.
 */
export function* keyImage(
  database: Database,
  key: string,
  wordsPerCommand: number = WORDS_PER_COMMAND,
): Generator<string[]> {
  const value = database.peek(key)
  if (value === undefined) return
  const deadlineMs = database.deadline(key)
  yield* rebuild(key, value, wordsPerCommand)
  if (deadlineMs !== undefined) yield ['PEXPIREAT', key, String(deadlineMs)]
}
