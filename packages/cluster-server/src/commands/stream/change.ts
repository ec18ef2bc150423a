import { compareIds, FIRST_ID, isZero, type StreamId } from '../../keyspace/stream-id.js'
import { OK, type Reply } from '../../resp/reply.js'
import { NO_SUCH_KEY, SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, int64Argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { idArgument } from './id-arguments.js'
import { addOrTrimArguments, exactThreshold } from './trim-arguments.js'

const NEGATIVE_ADDED = wireError('ERR entries_added must be positive')
const SMALLER_THAN_DELETED = wireError(
  'ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id',
)
const SMALLER_THAN_TOP = wireError('ERR The ID specified in XSETID is smaller than the target stream top item')
const FEWER_THAN_LENGTH = wireError(
  'ERR The entries_added specified in XSETID is smaller than the target stream length',
)

export const xdel = defineCommand({
  name: 'xdel',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(1) for each entry',
  summary: 'Removes entries by their ids, and counts those that were there',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'ID', type: 'string', multiple: true },
  ],
  run({ db }, argv) {
    const key = argument(argv, 1)
    const stream = db.getStream(key)
    if (stream === undefined) return 0
    const deleted = stream.delete(argv.slice(2).map(idArgument))
    if (deleted > 0) db.changed(key, 'xdel')
    return deleted
  },
})

export const xtrim = defineCommand({
  name: 'xtrim',
  arity: -4,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['stream'],
  tips: ['nondeterministic_output'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(N) in the number of entries removed; whole nodes go at once',
  summary: 'Removes the oldest entries of a stream',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'trim',
      type: 'block',
      arguments: [
        {
          name: 'strategy',
          type: 'oneof',
          arguments: [
            { name: 'maxlen', type: 'pure-token', token: 'MAXLEN' },
            { name: 'minid', type: 'pure-token', token: 'MINID', since: '6.2.0' },
          ],
        },
        {
          name: 'operator',
          type: 'oneof',
          optional: true,
          arguments: [
            { name: 'equal', type: 'pure-token', token: '=' },
            { name: 'approximately', type: 'pure-token', token: '~' },
          ],
        },
        { name: 'threshold', type: 'string' },
        { name: 'count', type: 'integer', token: 'LIMIT', optional: true, since: '6.2.0' },
      ],
    },
  ],
  run(context, argv) {
    const { trim } = addOrTrimArguments(context, argv, false)
    const { db } = context
    const key = argument(argv, 1)
    const stream = db.getStream(key)
    if (stream === undefined || trim === null) return 0
    const deleted = stream.trim(trim)
    if (deleted === 0) return 0
    if (trim.approximate) {
      const words = [...argv]
      words[trim.thresholdAt - 1] = '='
      words[trim.thresholdAt] = exactThreshold(stream, trim)
      context.propagate(...words)
    }
    db.changed(key, 'xtrim')
    return deleted
  },
})

interface NewState {
  readonly lastId: StreamId
  readonly entriesAdded: number | bigint | null
  readonly maxDeletedId: StreamId
}

const readNewState = (argv: readonly string[]): NewState => {
  const lastId = idArgument(argument(argv, 2))
  let entriesAdded: number | bigint | null = null
  let maxDeletedId = FIRST_ID
  for (let i = 3; i < argv.length; i += 2) {
    const option = optionAt(argv, i)
    if (i + 1 >= argv.length) throw SYNTAX_ERROR
    if (option === 'ENTRIESADDED') {
      entriesAdded = int64Argument(argument(argv, i + 1))
      if (entriesAdded < 0) throw NEGATIVE_ADDED
    } else if (option === 'MAXDELETEDID') {
      maxDeletedId = idArgument(argument(argv, i + 1))
      if (compareIds(lastId, maxDeletedId) < 0) throw SMALLER_THAN_DELETED
    } else throw SYNTAX_ERROR
  }
  return { lastId, entriesAdded, maxDeletedId }
}

const setId = ({ db }: CommandContext, argv: readonly string[]): Reply => {
  const { lastId, entriesAdded, maxDeletedId } = readNewState(argv)
  const key = argument(argv, 1)
  const stream = db.getStream(key)
  if (stream === undefined) throw NO_SUCH_KEY
  if (stream.size > 0) {
    const top = stream.lastLiveId()
    if (top !== undefined && compareIds(lastId, top) < 0) throw SMALLER_THAN_TOP
    if (entriesAdded !== null && stream.size > entriesAdded) throw FEWER_THAN_LENGTH
  }
  stream.lastId = lastId
  if (entriesAdded !== null) stream.entriesAdded = entriesAdded
  if (!isZero(maxDeletedId)) stream.maxDeletedId = maxDeletedId
  db.changedAside(key, 'xsetid')
  return OK
}

export const xsetid = defineCommand({
  name: 'xsetid',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Sets what a stream remembers of its entries, for replication',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'last-id', type: 'string' },
    { name: 'entries_added', type: 'integer', token: 'ENTRIESADDED', optional: true, since: '7.0.0' },
    { name: 'max_deleted_entry_id', type: 'string', token: 'MAXDELETEDID', optional: true, since: '7.0.0' },
  ],
  run: setId,
})
