import { compareIds, followingId, idText, LAST_ID, LAST_SEQUENCE, type StreamId } from '../../keyspace/stream-id.js'
import { StreamValue } from '../../keyspace/stream-value.js'
import type { Reply } from '../../resp/reply.js'
import { wireError, wrongArity } from '../../wire-errors.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { streamLimits } from '../value-limits.js'
import type { NewId } from './id-arguments.js'
import { addOrTrimArguments, exactThreshold, type TrimArguments } from './trim-arguments.js'

const ZERO_ID = wireError('ERR The ID specified in XADD must be greater than 0-0')
const EXHAUSTED = wireError('ERR The stream has exhausted the last possible ID, unable to add more items')
const SMALL_ID = wireError('ERR The ID specified in XADD is equal or smaller than the target stream top item')
const TOO_LARGE = wireError('ERR Elements are too large to be stored')
/** Redis allows twice as much, which no text of V8 can hold. */
const LARGEST_ENTRY_BYTES = 2 ** 29 - 2 ** 20

/** The id that an entry gets; undefined when it would not come after the last one. */
const chooseId = (last: StreamId, wanted: NewId | null, nowMs: number): StreamId | undefined => {
  if (wanted === null) return nowMs > last.ms ? { ms: nowMs, seq: 0 } : followingId(last)
  const { ms, seq } = wanted
  let id: StreamId | undefined
  if (seq !== null) id = { ms, seq }
  else if (ms !== last.ms) id = { ms, seq: 0 }
  else id = last.seq === LAST_SEQUENCE ? undefined : followingId(last)
  return id !== undefined && compareIds(id, last) > 0 ? id : undefined
}

const sizeOf = (content: readonly string[]): number => content.reduce((sum, text) => sum + text.length, 0)

/** Trims what was added to. @returns the words that replicas get instead of those that were sent, by their position */
const trimAfter = ({ db }: CommandContext, key: string, stream: StreamValue, trim: TrimArguments): string[] => {
  if (stream.trim(trim) > 0) db.notify(key, 'xtrim')
  const words: string[] = []
  if (trim.approximate) {
    words[trim.thresholdAt - 1] = '='
    words[trim.thresholdAt] = exactThreshold(stream, trim)
  }
  return words
}

const add = (context: CommandContext, argv: readonly string[]): Reply => {
  const { trim, idAt, newId, makesStream } = addOrTrimArguments(context, argv, true)
  const words = argv.length - idAt - 1
  if (words < 2 || words % 2 === 1) throw wrongArity('xadd')
  if (newId !== null && newId.ms === 0 && newId.seq === 0) throw ZERO_ID
  const { db, server } = context
  const key = argv[1] as string
  const existing = db.getStream(key)
  if (existing === undefined && !makesStream) return null
  const stream = existing ?? new StreamValue()
  if (compareIds(stream.lastId, LAST_ID) === 0) throw EXHAUSTED
  const id = chooseId(stream.lastId, newId, db.nowMs)
  if (id === undefined) throw SMALL_ID
  const content = argv.slice(idAt + 1)
  if (sizeOf(content) > LARGEST_ENTRY_BYTES) throw TOO_LARGE
  if (existing === undefined) db.set(key, stream)
  stream.append(id, content, streamLimits(server.config))
  db.changed(key, 'xadd')
  const replaced = trim === null ? [] : trimAfter(context, key, stream, trim)
  if (newId === null || newId.seq === null) replaced[idAt] = idText(id)
  context.propagate(...argv.map((word, index) => replaced[index] ?? word))
  db.signalReady(key)
  return idText(id)
}

export const xadd = defineCommand({
  name: 'xadd',
  arity: -5,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [
    {
      flags: ['RW', 'update'],
      notes: 'UPDATE instead of INSERT because of the optional trimming feature',
      begin: { index: 1 },
      find: { range: { lastKey: 0, step: 1, limit: 0 } },
    },
  ],
  categories: ['stream'],
  tips: ['nondeterministic_output'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(1), and O(N) in the number of entries that are trimmed',
  summary: 'Adds an entry to a stream',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'nomkstream', type: 'pure-token', token: 'NOMKSTREAM', optional: true, since: '6.2.0' },
    {
      name: 'trim',
      type: 'block',
      optional: true,
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
    {
      name: 'id_or_auto',
      type: 'oneof',
      arguments: [
        { name: 'auto_id', type: 'pure-token', token: '*' },
        { name: 'ID', type: 'string' },
      ],
    },
    {
      name: 'field_value',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'field', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  run: add,
})
