import { formatDouble } from '../double-text.js'
import type { Database } from '../keyspace/database.js'
import type { StoredValue } from '../keyspace/value.js'

/** Words of one command: enough that headers cost little, few enough that a reader is not kept busy for long. */
const WORDS_PER_COMMAND = 1024

const batches = (name: string, key: string, words: readonly string[]): string[][] => {
  const commands: string[][] = []
  for (let start = 0; start < words.length; start += WORDS_PER_COMMAND) {
    commands.push([name, key, ...words.slice(start, start + WORDS_PER_COMMAND)])
  }
  return commands
}

const rebuild = (key: string, value: StoredValue): string[][] => {
  if (typeof value === 'string') return [['SET', key, value]]
  switch (value.type) {
    case 'hash':
      return batches('HSET', key, value.pairs())
    case 'list':
      return batches('RPUSH', key, value.slice(0, value.size))
    case 'set':
      return batches('SADD', key, value.members())
    case 'zset': {
      const { members, scores } = value.slice(0, value.size)
      const words = members.flatMap((member, index) => [formatDouble(scores[index] ?? 0), member])
      return batches('ZADD', key, words)
    }
    default:
      return value satisfies never
  }
}

/** The commands that make a copy of a live key from nothing; none when there is no such key. Binary-safe. */
export const keyImage = (database: Database, key: string): string[][] => {
  const value = database.peek(key)
  if (value === undefined) return []
  const commands = rebuild(key, value)
  const deadlineMs = database.deadline(key)
  if (deadlineMs !== undefined) commands.push(['PEXPIREAT', key, String(deadlineMs)])
  return commands
}
