import { compareIds, type StreamId } from '../../keyspace/stream-id.js'
import type { StreamValue } from '../../keyspace/stream-value.js'
import { MapReply, NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { Blocked } from '../blocked.js'
import { defineCommand, type KeySpec } from '../command.js'
import type { CommandContext } from '../context.js'
import { deliverHistory, deliverNew, entriesAfter, hasEntryAfter } from './deliver.js'
import { keysToRead, NEW_ENTRIES, type ReadRequest, readRequest, type Source, streamToRead } from './read-request.js'

const GROUP_IS_GONE = wireError('NOGROUP the consumer group this client was blocked on no longer exists')
const STREAM_IS_GONE = wireError('UNBLOCKED the stream key no longer exists')
/** The most entries that a client gets that waited and asked for no count. */
const DEFAULT_COUNT_AFTER_WAIT = 1000

/** Names and entries of some streams: a map, or what took its place before there were maps. */
const streamsReply = ({ client }: CommandContext, streams: readonly (readonly [string, Reply])[]): Reply =>
  client.protocol === 2 ? streams : new MapReply(streams.flat())

const isNew = (after: StreamId): boolean => compareIds(after, NEW_ENTRIES) === 0

/** What one stream has for the client at once; undefined when that is nothing. */
const readOne = (context: CommandContext, source: Source, request: ReadRequest): Reply | undefined => {
  const { reader, count } = request
  const { key, after } = source
  const stream = streamToRead(context, key)
  if (stream === undefined) return undefined
  if (reader === null) return hasEntryAfter(stream, after) ? entriesAfter(stream, after, count) : undefined
  const group = stream.group(reader.group)
  if (group === undefined) return undefined
  const read = { context, key, stream, group, reader, count }
  if (!isNew(after)) return deliverHistory(read, after)
  return hasEntryAfter(stream, group.lastId) ? deliverNew(read) : undefined
}

/** What a stream that was written to has for a client that waits; undefined when that is nothing. */
const serveWaiting = (context: CommandContext, source: Source, request: ReadRequest): Reply | undefined => {
  const { reader } = request
  const { key } = source
  const value = context.db.peek(key)
  const stream: StreamValue | undefined = typeof value === 'object' && value.type === 'stream' ? value : undefined
  if (stream === undefined) return reader === null ? undefined : STREAM_IS_GONE
  const group = reader === null ? undefined : stream.group(reader.group)
  if (reader !== null && group === undefined) return GROUP_IS_GONE
  // Not the last live entry but the last id decides, as in Redis: a client may get an empty list of entries.
  if (compareIds(stream.lastId, group?.lastId ?? source.after) <= 0) return undefined
  const count = request.count === 0 ? DEFAULT_COUNT_AFTER_WAIT : request.count
  const entries =
    reader === null || group === undefined
      ? entriesAfter(stream, source.after, count)
      : deliverNew({ context, key, stream, group, reader, count })
  return streamsReply(context, [[key, entries]])
}

const read = (context: CommandContext, argv: readonly string[], forGroup: boolean): Reply | Blocked => {
  const request = readRequest(context, argv, forGroup)
  const { sources, untilMs } = request
  const streams = sources.flatMap((source): (readonly [string, Reply])[] => {
    const entries = readOne(context, source, request)
    return entries === undefined ? [] : [[source.key, entries]]
  })
  context.propagateNothing()
  if (streams.length > 0) return streamsReply(context, streams)
  if (untilMs === null) return NULL_ARRAY
  const retry = (readyKey?: string): Reply | undefined => {
    // Of a key that is named twice, the first id counts.
    const source = sources.find(({ key }) => key === readyKey)
    return source && serveWaiting(context, source, request)
  }
  return new Blocked(
    sources.map(({ key }) => key),
    untilMs,
    NULL_ARRAY,
    retry,
  )
}

const KEYS: KeySpec['flags'] = ['RO', 'access']

export const xread = defineCommand({
  name: 'xread',
  arity: -4,
  flags: ['readonly', 'blocking', 'movablekeys'],
  keySpecs: [
    {
      flags: KEYS,
      begin: { keyword: 'STREAMS', startFrom: 1 },
      find: { range: { lastKey: -1, step: 1, limit: 2 } },
    },
  ],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(log N + M) for each stream, with M entries returned',
  summary: 'Reads what is new in some streams, waiting for it if need be',
  arguments: [
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
    { name: 'milliseconds', type: 'integer', token: 'BLOCK', optional: true },
    {
      name: 'streams',
      type: 'block',
      token: 'STREAMS',
      arguments: [
        { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
        { name: 'ID', type: 'string', multiple: true },
      ],
    },
  ],
  findKeys: (argv) => keysToRead(argv, KEYS),
  run: (context, argv) => read(context, argv, false),
})

export const xreadgroup = defineCommand({
  name: 'xreadgroup',
  arity: -7,
  flags: ['write', 'blocking', 'movablekeys'],
  keySpecs: [
    {
      flags: KEYS,
      begin: { keyword: 'STREAMS', startFrom: 4 },
      find: { range: { lastKey: -1, step: 1, limit: 2 } },
    },
  ],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(log N + M) for each stream, with M entries returned',
  summary: 'Reads what is new for a group, or what is pending for a consumer, waiting for it if need be',
  arguments: [
    {
      name: 'group_consumer',
      type: 'block',
      token: 'GROUP',
      arguments: [
        { name: 'group', type: 'string' },
        { name: 'consumer', type: 'string' },
      ],
    },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
    { name: 'milliseconds', type: 'integer', token: 'BLOCK', optional: true },
    { name: 'noack', type: 'pure-token', token: 'NOACK', optional: true },
    {
      name: 'streams',
      type: 'block',
      token: 'STREAMS',
      arguments: [
        { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
        { name: 'ID', type: 'string', multiple: true },
      ],
    },
  ],
  findKeys: (argv) => keysToRead(argv, KEYS),
  run: (context, argv) => read(context, argv, true),
})
