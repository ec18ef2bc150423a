import type { ConsumerGroup, PendingEntry } from '../../keyspace/consumer-group.js'
import { compareIds, idText, type StreamId } from '../../keyspace/stream-id.js'
import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, type WireError, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt, untilNul } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { idArgument, intervalEnd, intervalStart } from './id-arguments.js'
import { streamToRead } from './read-request.js'

/** The error of a group that is not there, or whose key is not. */
export const noSuchKeyOrGroup = (key: string, group: string): WireError =>
  wireError(`NOGROUP No such key '${untilNul(key)}' or consumer group '${untilNul(group)}'`)

export const xack = defineCommand({
  name: 'xack',
  arity: -4,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(log N) for each id, with N entries pending',
  summary: 'Takes entries that were worked off from what is pending for a group, and counts them',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'group', type: 'string' },
    { name: 'ID', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const group = streamToRead(context, key)?.group(argument(argv, 2))
    if (group === undefined) return 0
    let acknowledged = 0
    for (const id of argv.slice(3).map(idArgument)) {
      const entry = group.pending.get(id)
      if (entry === undefined) continue
      group.removePending(entry)
      acknowledged++
    }
    if (acknowledged > 0) context.db.changedAside(key)
    return acknowledged
  },
})

/** Which pending entries XPENDING lists. */
interface PendingQuery {
  readonly from: StreamId
  readonly to: StreamId
  readonly count: number
  readonly minIdleMs: number
  readonly consumer: string | null
}

/** Null for the summary. @throws WireError */
const readQuery = (argv: readonly string[]): PendingQuery | null => {
  if (argv.length === 3) return null
  if (argv.length < 6 || argv.length > 9) throw SYNTAX_ERROR
  const hasIdle = optionAt(argv, 3) === 'IDLE'
  const minIdleMs = hasIdle ? integerArgument(argument(argv, 4)) : 0
  if (hasIdle && argv.length < 8) throw SYNTAX_ERROR
  const at = hasIdle ? 5 : 3
  const count = Math.max(0, integerArgument(argument(argv, at + 2)))
  const from = intervalStart(argument(argv, at))
  const to = intervalEnd(argument(argv, at + 1))
  return { from, to, count, minIdleMs, consumer: argv[at + 3] ?? null }
}

const summary = (group: ConsumerGroup): Reply => {
  const { first, last, size } = group.pending
  if (first === undefined || last === undefined) return [0, null, null, NULL_ARRAY]
  const consumers = group.consumers().filter(({ pending }) => pending.size > 0)
  const counts = consumers.map(({ name, pending }): Reply => [name, String(pending.size)])
  return [size, idText(first.id), idText(last.id), counts]
}

const describe = ({ id, consumer, deliveredAtMs, deliveryCount }: PendingEntry, nowMs: number): Reply => [
  ...[idText(id), consumer.name],
  ...[Math.max(0, nowMs - deliveredAtMs), deliveryCount],
]

const list = (group: ConsumerGroup, query: PendingQuery, nowMs: number): Reply => {
  const owner = query.consumer === null ? group : group.consumer(query.consumer)
  const found: Reply[] = []
  if (owner === undefined || query.count === 0) return found
  for (const entry of owner.pending.from(query.from)) {
    if (found.length >= query.count || compareIds(entry.id, query.to) > 0) break
    if (query.minIdleMs !== 0 && nowMs - entry.deliveredAtMs < query.minIdleMs) continue
    found.push(describe(entry, nowMs))
  }
  return found
}

const pendingOf = (context: CommandContext, argv: readonly string[]): Reply => {
  const query = readQuery(argv)
  const key = argument(argv, 1)
  const group = streamToRead(context, key)?.group(argument(argv, 2))
  if (group === undefined) throw noSuchKeyOrGroup(key, argument(argv, 2))
  return query === null ? summary(group) : list(group, query, context.db.nowMs)
}

export const xpending = defineCommand({
  name: 'xpending',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['stream'],
  tips: ['nondeterministic_output'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(N) in the number of entries looked at; of consumers, for the summary',
  summary: 'Tells what was delivered and not acknowledged',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'group', type: 'string' },
    {
      name: 'filters',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'min-idle-time', type: 'integer', token: 'IDLE', optional: true, since: '6.2.0' },
        { name: 'start', type: 'string' },
        { name: 'end', type: 'string' },
        { name: 'count', type: 'integer' },
        { name: 'consumer', type: 'string', optional: true },
      ],
    },
  ],
  run: pendingOf,
})
