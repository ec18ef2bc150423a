import { parseInt64 } from '../../int64.js'
import type { TextForm } from '../../keyspace/text-forms.js'
import type { StoredValue } from '../../keyspace/value.js'
import type { Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { helpCommand } from '../help-command.js'

/** The longest string that Redis stores together with its object header. */
const LONGEST_EMBEDDED = 44
/** The shared integers of Redis report this number of references. */
const SHARED_REFERENCES = 2147483647
const SHARED_INTEGERS = 10000
const NO_FREQUENCIES = wireError(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
)
const NO_IDLE_TIMES = wireError(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
)

/** The answer of `OBJECT ENCODING`. */
export const encodingOf = (value: StoredValue, form?: TextForm): string => {
  if (typeof value !== 'string') return value.encoding
  if (form !== undefined) return form
  if (parseInt64(value) !== undefined) return 'int'
  return value.length <= LONGEST_EMBEDDED ? 'embstr' : 'raw'
}

/** An object that several keys share cannot note its use: under an LRU or LFU policy with a limit there are none. */
const sharesIntegers = ({ server }: CommandContext): boolean =>
  server.config.number('maxmemory') === 0 || !/-l[rf]u$/.test(server.config.text('maxmemory-policy'))

const isShared = (value: StoredValue): boolean => {
  const number = typeof value === 'string' ? parseInt64(value) : undefined
  return typeof number === 'number' && number >= 0 && number < SHARED_INTEGERS
}

const encoding = defineCommand({
  name: 'encoding',
  arity: 3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO'], 2)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '2.2.3',
  complexity: 'O(1)',
  summary: 'Names the representation of a value',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run({ db }, argv) {
    const value = db.inspect(argument(argv, 2))
    return value === undefined ? null : encodingOf(value, db.textForm(argument(argv, 2)))
  },
})

const refcount = defineCommand({
  name: 'refcount',
  arity: 3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO'], 2)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '2.2.3',
  complexity: 'O(1)',
  summary: 'Answers how often a value is referenced: once, unless it is a small integer',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run(context, argv): Reply {
    const { db } = context
    const value = db.inspect(argument(argv, 2))
    if (value === undefined) return null
    const shared = isShared(value) && db.textForm(argument(argv, 2)) === undefined && sharesIntegers(context)
    return shared ? SHARED_REFERENCES : 1
  },
})

const idletime = defineCommand({
  name: 'idletime',
  arity: 3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO'], 2)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '2.2.3',
  complexity: 'O(1)',
  summary: 'Answers for how many seconds a key has not been used',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run(context, argv) {
    const { db } = context
    const entry = db.inspect(argument(argv, 2)) === undefined ? undefined : db.entry(argument(argv, 2))
    if (entry === undefined) return null
    if (db.access.countsUses) throw NO_IDLE_TIMES
    return db.access.idleSeconds(entry.access, context.nowMs)
  },
})

const freq = defineCommand({
  name: 'freq',
  arity: 3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO'], 2)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Answers how often a key is used, under an LFU policy',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run(context, argv) {
    const { db } = context
    const entry = db.inspect(argument(argv, 2)) === undefined ? undefined : db.entry(argument(argv, 2))
    if (entry === undefined) return null
    if (!db.access.countsUses) throw NO_FREQUENCIES
    return db.access.count(entry.access, context.nowMs)
  },
})

const HELP = [
  'OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['ENCODING <key>', 'FREQ <key>', 'IDLETIME <key>', 'REFCOUNT <key>', 'HELP'],
]

const help = helpCommand({ group: 'generic', since: '6.2.0', categories: ['keyspace'], lines: HELP })

export const object = defineCommand({
  name: 'object',
  arity: -2,
  flags: [],
  categories: [],
  group: 'generic',
  since: '2.2.3',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at how a value is kept',
  subcommands: [encoding, freq, help, idletime, refcount],
})
