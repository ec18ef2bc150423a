import type { HashValue } from '../../keyspace/hash-value.js'
import type { SetValue } from '../../keyspace/set-value.js'
import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { type Reply, Status, VerbatimReply } from '../../resp/reply.js'
import { NO_SUCH_KEY, wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'

const NO_DATABASE = wireError('ERR Out of range database')
const NO_TABLE = wireError('ERR The value stored at the specified key is not represented using an hash table')
const NO_LISTPACK = wireError('ERR Not a listpack encoded object.')
const NO_QUICKLIST = wireError('ERR Not a quicklist encoded object.')

const SMALLEST_TABLE = 4

/** FNV-1a, which spreads names over slots as well as the hash of Redis does. */
const hashOf = (name: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/**
 * The statistics that a chained hash table of Redis' size would have with these names. This server's tables have no
 * chains; the numbers tell tools what they expect of a table that is not being resized.
 */
const describeTable = (names: Iterable<string>, count: number): string => {
  const title = 'Hash table 0 stats (main hash table):\n'
  if (count === 0) return `${title}No stats available for empty dictionaries\n`
  const size = Math.max(SMALLEST_TABLE, 2 ** Math.ceil(Math.log2(count)))
  const chains = new Uint32Array(size)
  for (const name of names) {
    const slot = hashOf(name) & (size - 1)
    chains[slot] = (chains[slot] ?? 0) + 1
  }
  const byLength: number[] = []
  for (const length of chains) byLength[length] = (byLength[length] ?? 0) + 1
  const slots = size - (byLength[0] ?? 0)
  const average = (count / slots).toFixed(2)
  const lines = [
    ` table size: ${size}`,
    ` number of elements: ${count}`,
    ` different slots: ${slots}`,
    ` max chain length: ${byLength.length - 1}`,
    ` avg chain length (counted): ${average}`,
    ` avg chain length (computed): ${average}`,
    ' Chain length distribution:',
  ]
  byLength.forEach((number, length) => {
    lines.push(`   ${length}: ${number} (${((number / size) * 100).toFixed(2)}%)`)
  })
  return `${title}${lines.join('\n')}\n`
}

function* keysWithDeadline(db: CommandContext['db']): IterableIterator<string> {
  for (const key of db.keys()) if (db.deadline(key) !== undefined) yield key
}

/** DEBUG HTSTATS: the tables of a database. */
export const databaseTables = ({ server }: CommandContext, argv: readonly string[]): Reply => {
  const db = server.databases[integerArgument(argument(argv, 2))]
  if (db === undefined) throw NO_DATABASE
  const keys = describeTable(db.keys(), db.size)
  const deadlines = describeTable(keysWithDeadline(db), db.deadlineCount)
  return new VerbatimReply('txt', `[Dictionary HT]\n${keys}[Expires HT]\n${deadlines}`)
}

/** A value that Redis keeps in a hash table. */
type TableValue = HashValue | SetValue | SortedSetValue

const namesOf = (value: TableValue): readonly string[] => {
  switch (value.type) {
    case 'hash':
      return value.fields()
    case 'set':
      return value.members()
    case 'zset':
      return value.slice(0, value.size).members
    default:
      return value satisfies never
  }
}

/** DEBUG HTSTATS-KEY: the table of a value. */
export const valueTable = ({ db }: CommandContext, argv: readonly string[]): Reply => {
  const value = db.peek(argument(argv, 2))
  if (value === undefined) throw NO_SUCH_KEY
  if (typeof value === 'string' || (value.encoding !== 'hashtable' && value.encoding !== 'skiplist')) throw NO_TABLE
  const names = namesOf(value)
  return new VerbatimReply('txt', describeTable(names, names.length))
}

/** DEBUG LISTPACK and DEBUG QUICKLIST: the structure goes to the log of the node, not to the client. */
export const printStructure =
  (encoding: 'listpack' | 'quicklist') =>
  ({ db, server }: CommandContext, argv: readonly string[]): Reply => {
    const key = argument(argv, 2)
    const value = db.peek(key)
    if (value === undefined) throw NO_SUCH_KEY
    const isThat = typeof value !== 'string' && value.encoding === encoding
    if (!isThat) throw encoding === 'listpack' ? NO_LISTPACK : NO_QUICKLIST
    server.log('notice', `DEBUG: ${encoding} of ${value.size} entries, ${db.bytesOf(key)} bytes`)
    return new Status(`${encoding === 'listpack' ? 'Listpack' : 'Quicklist'} structure printed on stdout`)
  }
