import type { Database } from '../../keyspace/database.js'
import type { StoredValue } from '../../keyspace/value.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, int32Argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

const DATABASE_RANGE = wireError('ERR DB index is out of range')
const SAME_OBJECT = wireError('ERR source and destination objects are the same')
const NO_MOVE = wireError('ERR MOVE is not allowed in cluster mode')
const NO_COPY = wireError('ERR Copying to another database is not allowed in cluster mode')

/** The database named in `text`. @throws WireError */
const databaseOf = ({ server }: CommandContext, text: string): Database => {
  const database = server.databases[int32Argument(text)]
  if (database === undefined) throw DATABASE_RANGE
  return database
}

interface Place {
  readonly db: Database
  readonly key: string
}

/** Stores `value`, with all else that is kept of its source. */
const store = (target: Place, value: StoredValue, source: Place): void => {
  const deadline = source.db.deadline(source.key)
  target.db.set(target.key, value, source.db.textForm(source.key))
  if (deadline !== undefined) target.db.setDeadline(target.key, deadline)
}

export const move = defineCommand({
  name: 'move',
  arity: 3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Moves a key to another database',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'db', type: 'integer' },
  ],
  run(context, argv) {
    const { db, server } = context
    if (server.config.flag('cluster-enabled')) throw NO_MOVE
    const key = argument(argv, 1)
    const target = databaseOf(context, argument(argv, 2))
    if (target === db) throw SAME_OBJECT
    const value = db.get(key)
    if (value === undefined || target.has(key)) return 0
    store({ db: target, key }, value, { db, key })
    db.delete(key)
    db.changed(key, 'move_from')
    target.changed(key, 'move_to')
    return 1
  },
})

interface CopyRequest {
  readonly target: Database
  readonly replace: boolean
}

const readCopyRequest = (context: CommandContext, argv: readonly string[]): CopyRequest => {
  let target = context.db
  let replace = false
  for (let i = 3; i < argv.length; i++) {
    const option = optionAt(argv, i)
    if (option === 'REPLACE') replace = true
    else if (option === 'DB' && i + 1 < argv.length) target = databaseOf(context, argument(argv, ++i))
    else throw SYNTAX_ERROR
  }
  if (context.server.config.flag('cluster-enabled') && target !== context.db) throw NO_COPY
  return { target, replace }
}

export const copy = defineCommand({
  name: 'copy',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RO', 'access'], 1), keyRange(['OW', 'update'], 2)],
  categories: ['keyspace'],
  group: 'generic',
  since: '6.2.0',
  complexity: 'O(N) where N is the number of members',
  summary: 'Copies a value to another key',
  arguments: [
    { name: 'source', type: 'key', keySpecIndex: 0 },
    { name: 'destination', type: 'key', keySpecIndex: 1 },
    { name: 'destination-db', type: 'integer', token: 'DB', optional: true },
    { name: 'replace', type: 'pure-token', token: 'REPLACE', optional: true },
  ],
  run(context, argv) {
    const { target, replace } = readCopyRequest(context, argv)
    const from = argument(argv, 1)
    const to = argument(argv, 2)
    if (target === context.db && from === to) throw SAME_OBJECT
    const value = context.db.reading(() => context.db.get(from))
    if (value === undefined || (!replace && target.has(to))) return 0
    target.delete(to)
    const copied = typeof value === 'string' ? value : value.copy()
    store({ db: target, key: to }, copied, { db: context.db, key: from })
    target.changed(to, 'copy_to')
    return 1
  },
})
