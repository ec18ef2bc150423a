import type { ConsumerGroup } from '../../keyspace/consumer-group.js'
import { FIRST_ID } from '../../keyspace/stream-id.js'
import { StreamValue } from '../../keyspace/stream-value.js'
import { OK, type Reply, Status } from '../../resp/reply.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { argument, int64Argument, optionAt, untilNul } from '../arguments.js'
import { type Command, type CommandArgument, defineCommand, type KeySpec, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { boundArgument, idArgument } from './id-arguments.js'
import { UNKNOWN_COUNT } from './read-counter.js'

const NO_KEY = wireError(
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
)
const NEGATIVE_READ = wireError('ERR value for ENTRIESREAD must be positive or -1')
const BUSY_GROUP = wireError('BUSYGROUP Consumer Group name already exists')
const MOST_CREATE_WORDS = 8
const MOST_SETID_WORDS = 7

/** The error of a group that is not there. */
export const noSuchGroup = (group: string, key: string): WireError =>
  wireError(`NOGROUP No such consumer group '${untilNul(group)}' for key name '${untilNul(key)}'`)

/** The error of a subcommand whose options are wrong. */
export const subcommandError = (argv: readonly string[]): WireError => {
  const [name = '', subcommand = ''] = argv
  const quoted = untilNul(subcommand).slice(0, 128)
  return wireError(
    `ERR unknown subcommand or wrong number of arguments for '${quoted}'. Try ${name.toUpperCase()} HELP.`,
  )
}

interface Options {
  readonly makesStream: boolean
  readonly entriesRead: number | bigint
}

const readOptions = (argv: readonly string[], mayMakeStream: boolean): Options => {
  let makesStream = false
  let entriesRead: number | bigint = UNKNOWN_COUNT
  for (let i = 5; i < argv.length; i++) {
    const option = optionAt(argv, i)
    if (option === 'MKSTREAM' && mayMakeStream) makesStream = true
    else if (option === 'ENTRIESREAD' && i + 1 < argv.length) {
      entriesRead = int64Argument(argument(argv, ++i))
      if (entriesRead < 0 && entriesRead !== UNKNOWN_COUNT) throw NEGATIVE_READ
    } else throw subcommandError(argv)
  }
  return { makesStream, entriesRead }
}

/** @throws NO_KEY */
const existingStream = ({ db }: CommandContext, argv: readonly string[]): StreamValue => {
  const stream = db.getStream(argument(argv, 2))
  if (stream === undefined) throw NO_KEY
  return stream
}

/** @throws WireError without the key or the group */
const existingGroup = (context: CommandContext, argv: readonly string[]): ConsumerGroup => {
  const group = existingStream(context, argv).group(argument(argv, 3))
  if (group === undefined) throw noSuchGroup(argument(argv, 3), argument(argv, 2))
  return group
}

const createGroup = (context: CommandContext, argv: readonly string[]): Reply => {
  const { db } = context
  const key = argument(argv, 2)
  const { makesStream, entriesRead } = readOptions(argv, true)
  const existing = db.getStream(key)
  if (existing === undefined && !makesStream) throw NO_KEY
  if (argv.length > MOST_CREATE_WORDS) throw subcommandError(argv)
  const id = argument(argv, 4)
  const lastId = untilNul(id) === '$' ? (existing?.lastId ?? FIRST_ID) : idArgument(id)
  const stream = existing ?? new StreamValue()
  if (stream.addGroup(argument(argv, 3), lastId, entriesRead) === undefined) throw BUSY_GROUP
  if (existing === undefined) {
    db.set(key, stream)
    db.changed(key, 'xgroup-create')
  } else db.changedAside(key, 'xgroup-create')
  return OK
}

const setGroupId = (context: CommandContext, argv: readonly string[]): Reply => {
  const { entriesRead } = readOptions(argv, false)
  const group = existingGroup(context, argv)
  if (argv.length > MOST_SETID_WORDS) throw subcommandError(argv)
  const id = argument(argv, 4)
  group.lastId = untilNul(id) === '$' ? existingStream(context, argv).lastId : boundArgument(id)
  group.entriesRead = entriesRead
  context.db.changedAside(argument(argv, 2), 'xgroup-setid')
  return OK
}

const destroyGroup = (context: CommandContext, argv: readonly string[]): Reply => {
  const key = argument(argv, 2)
  if (!existingStream(context, argv).removeGroup(argument(argv, 3))) return 0
  context.db.changedAside(key, 'xgroup-destroy')
  // Whoever waits for the group is told that it is gone.
  context.db.signalReady(key)
  return 1
}

const createConsumer = (context: CommandContext, argv: readonly string[]): Reply => {
  const group = existingGroup(context, argv)
  const name = argument(argv, 4)
  if (group.consumer(name) !== undefined) return 0
  group.addConsumer(name, context.db.nowMs)
  context.db.changedAside(argument(argv, 2), 'xgroup-createconsumer')
  return 1
}

const deleteConsumer = (context: CommandContext, argv: readonly string[]): Reply => {
  const group = existingGroup(context, argv)
  const consumer = group.consumer(argument(argv, 4))
  if (consumer === undefined) return 0
  const pending = consumer.pending.size
  group.removeConsumer(consumer)
  context.db.changedAside(argument(argv, 2), 'xgroup-delconsumer')
  return pending
}

const HELP = [
  'XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...[
    'CREATE <key> <groupname> <id|$> [MKSTREAM] [ENTRIESREAD <count>]',
    '    Add a group, and the stream if need be.',
  ],
  ...['CREATECONSUMER <key> <groupname> <consumer>', '    Add a consumer to a group.'],
  ...['DELCONSUMER <key> <groupname> <consumer>', '    Remove a consumer and what is pending for it.'],
  ...['DESTROY <key> <groupname>', '    Remove a group.'],
  ...['SETID <key> <groupname> <id|$> [ENTRIESREAD <count>]', '    Set what a group has delivered.'],
  ...['HELP', '    Print this help.'],
]

const KEY: CommandArgument = { name: 'key', type: 'key', keySpecIndex: 0 }
const GROUP: CommandArgument = { name: 'groupname', type: 'string' }
const CONSUMER: CommandArgument = { name: 'consumername', type: 'string' }
const ID: CommandArgument = {
  name: 'id',
  type: 'oneof',
  arguments: [
    { name: 'ID', type: 'string' },
    { name: 'new_id', type: 'pure-token', token: '$' },
  ],
}
const ENTRIES_READ: CommandArgument = { name: 'entries_read', type: 'integer', token: 'ENTRIESREAD', optional: true }
const INSERTS: KeySpec = keyRange(['RW', 'insert'], 2)
const DELETES: KeySpec = keyRange(['RW', 'delete'], 2)

const subcommands: readonly Command[] = [
  defineCommand({
    name: 'create',
    arity: -5,
    flags: ['write', 'denyoom'],
    keySpecs: [INSERTS],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(1)',
    summary: 'Adds a consumer group to a stream',
    arguments: [
      ...[KEY, GROUP, ID],
      { name: 'mkstream', type: 'pure-token', token: 'MKSTREAM', optional: true },
      ENTRIES_READ,
    ],
    run: createGroup,
  }),
  defineCommand({
    name: 'createconsumer',
    arity: 5,
    flags: ['write', 'denyoom'],
    keySpecs: [INSERTS],
    categories: ['stream'],
    group: 'stream',
    since: '6.2.0',
    complexity: 'O(1)',
    summary: 'Adds a consumer to a group',
    arguments: [KEY, GROUP, CONSUMER],
    run: createConsumer,
  }),
  defineCommand({
    name: 'delconsumer',
    arity: 5,
    flags: ['write'],
    keySpecs: [DELETES],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(N) in the number of entries pending for the consumer',
    summary: 'Removes a consumer from a group, and counts what was pending for it',
    arguments: [KEY, GROUP, CONSUMER],
    run: deleteConsumer,
  }),
  defineCommand({
    name: 'destroy',
    arity: 4,
    flags: ['write'],
    keySpecs: [DELETES],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(1)',
    summary: 'Removes a consumer group',
    arguments: [KEY, GROUP],
    run: destroyGroup,
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
    name: 'setid',
    arity: -5,
    flags: ['write'],
    keySpecs: [keyRange(['RW', 'update'], 2)],
    categories: ['stream'],
    group: 'stream',
    since: '5.0.0',
    complexity: 'O(1)',
    summary: 'Sets the last entry that a group has delivered',
    arguments: [KEY, GROUP, ID, ENTRIES_READ],
    run: setGroupId,
  }),
]

export const xgroup = defineCommand({
  name: 'xgroup',
  arity: -2,
  flags: [],
  categories: [],
  group: 'stream',
  since: '5.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Changes the consumer groups of a stream',
  subcommands,
})
