import { radixTreeNodes } from '../../keyspace/radix-tree-size.js'
import { FIRST_ID, idBytes, idText, LAST_ID } from '../../keyspace/stream-id.js'
import type { StreamEntry } from '../../keyspace/stream-node.js'
import type { StreamValue } from '../../keyspace/stream-value.js'
import { MapReply, type Reply, Status } from '../../resp/reply.js'
import { NO_SUCH_KEY } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { type Command, defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { entryReply } from './entry-reply.js'
import { noSuchGroup, subcommandError } from './group.js'
import { entriesReadReply, fullDetails } from './info-full.js'
import { lagOf } from './read-counter.js'

const DEFAULT_COUNT = 10

/** @throws WireError without the key, or when another type is stored */
const existingStream = ({ db }: CommandContext, argv: readonly string[]): StreamValue => {
  const stream = db.getStream(argument(argv, 2))
  if (stream === undefined) throw NO_SUCH_KEY
  return stream
}

const consumersOf = (context: CommandContext, argv: readonly string[]): Reply => {
  const group = existingStream(context, argv).group(argument(argv, 3))
  if (group === undefined) throw noSuchGroup(argument(argv, 3), argument(argv, 2))
  return group.consumers().map(({ name, pending, seenAtMs }) => {
    const idleMs = Math.max(0, context.db.nowMs - seenAtMs)
    return new MapReply(['name', name, 'pending', pending.size, 'idle', idleMs])
  })
}

const groupsOf = (context: CommandContext, argv: readonly string[]): Reply => {
  const stream = existingStream(context, argv)
  return stream
    .groups()
    .map(
      (group) =>
        new MapReply([
          'name',
          group.name,
          'consumers',
          group.consumerCount,
          'pending',
          group.pending.size,
          'last-delivered-id',
          idText(group.lastId),
          'entries-read',
          entriesReadReply(group),
          'lag',
          lagOf(stream, group),
        ]),
    )
}

const factsOf = (stream: StreamValue): readonly Reply[] => {
  const nodeKeys = Array.from(stream.nodes(), ({ id }) => idBytes(id))
  return [
    'length',
    stream.size,
    'radix-tree-keys',
    stream.nodeCount,
    'radix-tree-nodes',
    radixTreeNodes(nodeKeys),
    'last-generated-id',
    idText(stream.lastId),
    'max-deleted-entry-id',
    idText(stream.maxDeletedId),
    'entries-added',
    stream.entriesAdded,
    'recorded-first-entry-id',
    idText(stream.firstId),
  ]
}

const edgeReply = (entries: readonly StreamEntry[]): Reply => (entries[0] === undefined ? null : entryReply(entries[0]))

/** How much FULL shows of each list; null without FULL. @throws WireError */
const fullCount = (argv: readonly string[]): number | null => {
  if (argv.length === 3) return null
  const isRight = argv.length === 4 || (argv.length === 6 && optionAt(argv, 4) === 'COUNT')
  if (!isRight || optionAt(argv, 3) !== 'FULL') throw subcommandError(argv)
  const count = argv.length === 4 ? DEFAULT_COUNT : integerArgument(argument(argv, 5))
  return count < 0 ? DEFAULT_COUNT : count
}

const streamInfo = (context: CommandContext, argv: readonly string[]): Reply => {
  const stream = existingStream(context, argv)
  const count = fullCount(argv)
  const facts = factsOf(stream)
  if (count !== null) return new MapReply([...facts, ...fullDetails(stream, count)])
  return new MapReply([
    ...facts,
    'groups',
    stream.groupCount,
    'first-entry',
    edgeReply(stream.range(FIRST_ID, LAST_ID, 1)),
    'last-entry',
    edgeReply(stream.rangeBackwards(FIRST_ID, LAST_ID, 1)),
  ])
}

const HELP = [
  'XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['CONSUMERS <key> <groupname>', '    Describe the consumers of a group.'],
  ...['GROUPS <key>', '    Describe the groups of a stream.'],
  ...['STREAM <key> [FULL [COUNT <count>]]', '    Describe a stream.'],
  ...['HELP', '    Print this help.'],
]

const subcommands: readonly Command[] = [
  defineCommand({
    name: 'consumers',
    arity: 4,
    flags: ['readonly'],
    keySpecs: [keyRange(['RO', 'access'], 2)],
    categories: ['stream'],
    tips: ['nondeterministic_output'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(N) in the number of consumers',
    summary: 'Describes the consumers of a group',
    arguments: [
      { name: 'key', type: 'key', keySpecIndex: 0 },
      { name: 'groupname', type: 'string' },
    ],
    run: consumersOf,
  }),
  defineCommand({
    name: 'groups',
    arity: 3,
    flags: ['readonly'],
    keySpecs: [keyRange(['RO', 'access'], 2)],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(N) in the number of groups',
    summary: 'Describes the consumer groups of a stream',
    arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
    run: groupsOf,
  }),
  defineCommand({
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(1)',
    summary: 'Describes the subcommands',
    run: () => HELP.map((line) => new Status(line)),
  }),
  defineCommand({
    name: 'stream',
    arity: -3,
    flags: ['readonly'],
    keySpecs: [keyRange(['RO', 'access'], 2)],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(N) in the number of nodes',
    summary: 'Describes a stream',
    arguments: [
      { name: 'key', type: 'key', keySpecIndex: 0 },
      {
        name: 'full',
        type: 'block',
        token: 'FULL',
        optional: true,
        arguments: [{ name: 'count', type: 'integer', token: 'COUNT', optional: true }],
      },
    ],
    run: streamInfo,
  }),
]

export const xinfo = defineCommand({
  name: 'xinfo',
  arity: -2,
  flags: [],
  categories: [],
  group: 'stream',
  since: '5.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Describes streams and their consumer groups',
  subcommands,
})
