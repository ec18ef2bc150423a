import type { KnownUse } from '../../keyspace/access-tracking.js'
import { OK, type Reply } from '../../resp/reply.js'
import { BUSY_KEY, SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { type Command, type CommandArgument, defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

const BAD_IDLE_TIME = wireError('ERR Invalid IDLETIME value, must be >= 0')
const BAD_FREQUENCY = wireError('ERR Invalid FREQ value, must be >= 0 and <= 255')
const BAD_TTL = wireError('ERR Invalid TTL value, must be >= 0')
const WRONG_FOOTER = wireError('ERR DUMP payload version or checksum are wrong')
const BAD_FORMAT = wireError('ERR Bad data format')

export const dump = defineCommand({
  name: 'dump',
  arity: 2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '2.6.0',
  complexity: 'O(N) where N is the size of the value',
  summary: 'Answers a value in the form of RDB files, for RESTORE',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run({ db, server }, argv): Reply {
    const value = db.get(argument(argv, 1))
    return value === undefined ? null : server.persistence.dump(value)
  },
})

/** What stands behind the payload. */
interface RestoreOptions {
  readonly replaces: boolean
  readonly isAbsolute: boolean
  readonly use: KnownUse
}

const parseOptions = (argv: readonly string[]): RestoreOptions => {
  let replaces = false
  let isAbsolute = false
  let idleSeconds = -1
  let frequency = -1
  for (let i = 4; i < argv.length; i++) {
    const word = argument(argv, i).toUpperCase()
    const hasMore = i + 1 < argv.length
    if (word === 'REPLACE') replaces = true
    else if (word === 'ABSTTL') isAbsolute = true
    else if (word === 'IDLETIME' && hasMore && frequency === -1) {
      idleSeconds = integerArgument(argument(argv, ++i))
      if (idleSeconds < 0) throw BAD_IDLE_TIME
    } else if (word === 'FREQ' && hasMore && idleSeconds === -1) {
      frequency = integerArgument(argument(argv, ++i))
      if (frequency < 0 || frequency > 255) throw BAD_FREQUENCY
    } else throw SYNTAX_ERROR
  }
  const known = (value: number): number | null => (value < 0 ? null : value)
  return { replaces, isAbsolute, use: { idleSeconds: known(idleSeconds), frequency: known(frequency) } }
}

const runRestore = (context: CommandContext, argv: readonly string[]): Reply => {
  const { db, server, nowMs } = context
  const { replaces, isAbsolute, use } = parseOptions(argv)
  const key = argument(argv, 1)
  if (!replaces && db.has(key)) throw BUSY_KEY
  const ttl = integerArgument(argument(argv, 2))
  if (ttl < 0) throw BAD_TTL
  const restored = server.persistence.restore(argument(argv, 3))
  if (restored === 'wrongFooter') throw WRONG_FOOTER
  if (restored === 'badFormat') throw BAD_FORMAT
  const deleted = replaces && db.discard(key)
  const deadline = ttl === 0 || isAbsolute ? ttl : ttl + nowMs
  if (deadline !== 0 && deadline <= nowMs && server.replication.role === 'primary') {
    if (!deleted) return OK
    context.propagate('DEL', key)
    db.changed(key, 'del')
    return OK
  }
  db.set(key, restored.value)
  if (deadline !== 0) {
    db.setDeadline(key, deadline)
    const [name, , , ...rest] = argv
    if (!isAbsolute) context.propagate(name ?? '', key, String(deadline), ...rest, 'ABSTTL')
  }
  const entry = db.entry(key)
  if (entry !== undefined) entry.access = db.access.restored(use, nowMs)
  db.changed(key, 'restore')
  return OK
}

const RESTORE_ARGUMENTS: readonly CommandArgument[] = [
  { name: 'key', type: 'key', keySpecIndex: 0 },
  { name: 'ttl', type: 'integer' },
  { name: 'serialized-value', type: 'string' },
  { name: 'replace', type: 'pure-token', token: 'REPLACE', optional: true, since: '3.0.0' },
  { name: 'absttl', type: 'pure-token', token: 'ABSTTL', optional: true, since: '5.0.0' },
  { name: 'seconds', type: 'integer', token: 'IDLETIME', optional: true, since: '5.0.0' },
  { name: 'frequency', type: 'integer', token: 'FREQ', optional: true, since: '5.0.0' },
]

const RESTORE_LITERAL = {
  arity: -4,
  keySpecs: [keyRange(['OW', 'update'], 1)],
  categories: ['keyspace', 'dangerous'],
  complexity: 'O(N) where N is the size of the value; O(N*log(N)) for a sorted set',
  arguments: RESTORE_ARGUMENTS,
  run: runRestore,
} satisfies Partial<Command>

export const restore = defineCommand({
  ...RESTORE_LITERAL,
  name: 'restore',
  flags: ['write', 'denyoom'],
  group: 'generic',
  since: '2.6.0',
  summary: 'Stores what DUMP answered under a key',
})

export const restoreAsking = defineCommand({
  ...RESTORE_LITERAL,
  name: 'restore-asking',
  flags: ['write', 'denyoom', 'asking'],
  group: 'server',
  since: '3.0.0',
  summary: 'As RESTORE, into a slot that is being imported',
  docFlags: ['syscmd'],
})
