import { OK, type Reply, Status } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { Blocked } from '../blocked.js'
import { defineCommand, type KeyReference, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import type { MigratingKey, MigrationRequest } from '../migration-state.js'

const KEY_NOT_EMPTY = wireError('ERR When using MIGRATE KEYS option, the key argument must be set to the empty string')
const NO_KEY = new Status('NOKEY')
const DEFAULT_TIMEOUT_MS = 1000
const KEY_FLAGS: KeyReference['flags'] = ['RW', 'access', 'delete']
/** Words that the key finder passes over, and how many arguments each of them has. */
const OPTION_ARGUMENTS: ReadonlyMap<string, number> = new Map([
  ['COPY', 0],
  ['REPLACE', 0],
  ['AUTH', 1],
  ['AUTH2', 2],
])

interface Options {
  readonly copies: boolean
  readonly replaces: boolean
  readonly login: readonly string[]
  readonly names: readonly string[]
}

const parseOptions = (context: CommandContext, argv: readonly string[]): Options => {
  let copies = false
  let replaces = false
  let login: readonly string[] = []
  for (let i = 6; i < argv.length; i++) {
    const word = argument(argv, i).toUpperCase()
    const left = argv.length - 1 - i
    if (word === 'COPY') copies = true
    else if (word === 'REPLACE') replaces = true
    else if (word === 'AUTH' && left >= 1) {
      login = ['AUTH', argument(argv, ++i)]
      context.redact(i)
    } else if (word === 'AUTH2' && left >= 2) {
      login = ['AUTH', argument(argv, i + 1), argument(argv, i + 2)]
      context.redact(i + 1, i + 2)
      i += 2
    } else if (word === 'KEYS') {
      if (argument(argv, 3) !== '') throw KEY_NOT_EMPTY
      return { copies, replaces, login, names: argv.slice(i + 1) }
    } else throw SYNTAX_ERROR
  }
  return { copies, replaces, login, names: [argument(argv, 3)] }
}

/** The keys that are there, as they are now; a key named twice goes twice, as in Redis. */
const pack = ({ db, server }: CommandContext, names: readonly string[]): MigratingKey[] =>
  names.flatMap((key) => {
    const value = db.getCounted(key)
    if (value === undefined) return []
    return [{ key, deadlineMs: db.deadline(key) ?? null, payload: server.persistence.dump(value) }]
  })

/** Removes what the other node has, as DEL would. */
const remove = ({ db }: CommandContext, names: readonly string[]): string[] => {
  const removed = names.filter((key) => db.delete(key))
  for (const key of removed) db.changed(key, 'del')
  return removed
}

/** In a transaction or a script, where the next command may not begin before this one is through. */
const migrateAtOnce = (context: CommandContext, request: MigrationRequest): Reply => {
  const { taken, error } = context.server.migrations.run(request)
  const removed = request.copies ? [] : remove(context, taken)
  if (removed.length > 0) context.propagate('DEL', ...removed)
  else context.propagateNothing()
  return error ?? OK
}

export const migrate = defineCommand({
  name: 'migrate',
  arity: -6,
  flags: ['write', 'movablekeys'],
  keySpecs: [
    keyRange(KEY_FLAGS, 3),
    {
      flags: [...KEY_FLAGS, 'incomplete'],
      begin: { keyword: 'KEYS', startFrom: -2 },
      find: { range: { lastKey: -1, step: 1, limit: 0 } },
    },
  ],
  categories: ['keyspace', 'dangerous'],
  traits: ['movesKeys'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '2.6.0',
  complexity: 'O(N) where N is the size of the values; the same at the other node',
  summary: 'Moves keys to another server',
  arguments: [
    { name: 'host', type: 'string' },
    { name: 'port', type: 'integer' },
    {
      name: 'key_or_empty_string',
      type: 'oneof',
      arguments: [
        { name: 'key', type: 'key', keySpecIndex: 0 },
        { name: 'empty_string', type: 'pure-token', token: '' },
      ],
    },
    { name: 'destination-db', type: 'integer' },
    { name: 'timeout', type: 'integer' },
    { name: 'copy', type: 'pure-token', token: 'COPY', optional: true, since: '3.0.0' },
    { name: 'replace', type: 'pure-token', token: 'REPLACE', optional: true, since: '3.0.0' },
    {
      name: 'authentication',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'password', type: 'string', token: 'AUTH', optional: true, since: '4.0.7' },
        {
          name: 'username_password',
          type: 'block',
          token: 'AUTH2',
          optional: true,
          since: '6.0.0',
          arguments: [
            { name: 'username', type: 'string' },
            { name: 'password', type: 'string' },
          ],
        },
      ],
    },
    {
      name: 'key',
      type: 'key',
      token: 'KEYS',
      keySpecIndex: 1,
      optional: true,
      multiple: true,
      since: '3.0.6',
    },
  ],
  findKeys(argv) {
    for (let i = 6; i < argv.length; i++) {
      const word = argument(argv, i).toUpperCase()
      if (word !== 'KEYS') i += OPTION_ARGUMENTS.get(word) ?? 0
      else if (argument(argv, 3) !== '') return []
      else return argv.slice(i + 1).map((_, at) => ({ index: i + 1 + at, flags: KEY_FLAGS }))
    }
    return [{ index: 3, flags: KEY_FLAGS }]
  },
  run(context, argv): Reply | Blocked {
    const { server, db } = context
    const { copies, replaces, login, names } = parseOptions(context, argv)
    const timeout = integerArgument(argument(argv, 5))
    const toDatabase = integerArgument(argument(argv, 4))
    const keys = pack(context, names)
    if (keys.length === 0) {
      context.propagateNothing()
      return NO_KEY
    }
    const request: MigrationRequest = {
      host: argument(argv, 1),
      port: Number.parseInt(argument(argv, 2), 10) || 0,
      timeoutMs: timeout <= 0 ? DEFAULT_TIMEOUT_MS : timeout,
      fromDatabase: db.index,
      toDatabase,
      keys,
      copies,
      replaces,
      login,
      restoreCommand: server.cluster === null ? 'RESTORE' : 'RESTORE-ASKING',
    }
    if (context.client.link === null || context.isInTransaction) return migrateAtOnce(context, request)
    // What is removed is told when the other node has it.
    context.propagateNothing()
    const migration = server.migrations.begin(request)
    const answer = (): Reply | undefined => (migration.outcome === null ? OK : migration.outcome)
    return new Blocked([], Number.POSITIVE_INFINITY, OK, answer, OK, false)
  },
})
