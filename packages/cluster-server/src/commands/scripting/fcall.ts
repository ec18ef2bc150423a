import { parseInt64 } from '../../int64.js'
import type { Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { type Command, type CommandFlag, defineCommand, type KeySpec } from '../command.js'
import type { CommandContext } from '../context.js'
import { withDeclared } from './declared-flags.js'
import { functionsOf } from './function-libraries.js'
import { runScript, scriptKeys } from './run-script.js'

const NOT_FOUND = wireError('ERR Function not found')
const BAD_COUNT = wireError('ERR Bad number of keys provided')
const NEGATIVE_KEYS = wireError("ERR Number of keys can't be negative")
const TOO_MANY_KEYS = wireError("ERR Number of keys can't be greater than number of args")
const FIRST_KEY = 3

const callFunction = (context: CommandContext, argv: readonly string[], readOnly: boolean): Reply => {
  const body = functionsOf(context.server).find(argument(argv, 1))
  if (body === undefined) return NOT_FOUND
  const parsed = parseInt64(argument(argv, 2))
  if (parsed === undefined) return BAD_COUNT
  const count = Number(parsed)
  if (count > argv.length - FIRST_KEY) return TOO_MANY_KEYS
  if (count < 0) return NEGATIVE_KEYS
  const { name, flags } = body
  const end = FIRST_KEY + count
  return runScript(
    context,
    {
      kind: 'function',
      name,
      argv,
      declaration: { hasShebang: true, flags },
      run: (host, keys, rest) => body.run(host, keys, rest),
    },
    scriptKeys(argv, FIRST_KEY, end),
    argv.slice(end),
    readOnly,
  )
}

const judge =
  (flags: readonly CommandFlag[]): NonNullable<Command['flagsOf']> =>
  (server, argv) => {
    const body = functionsOf(server).find(argument(argv, 1))
    return body === undefined ? null : withDeclared(flags, body.flags)
  }

const WRITING: readonly CommandFlag[] = [
  'noscript',
  'stale',
  'skip_monitor',
  'may_replicate',
  'no_mandatory_keys',
  'movablekeys',
]
const READING: readonly CommandFlag[] = [
  'readonly',
  'noscript',
  'stale',
  'skip_monitor',
  'no_mandatory_keys',
  'movablekeys',
]

const keySpec = (flags: KeySpec['flags'], notes: string): KeySpec => ({
  flags,
  notes,
  begin: { index: 2 },
  find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } },
})

const shared: Pick<Command, 'arity' | 'categories' | 'group' | 'complexity' | 'since' | 'traits' | 'arguments'> = {
  arity: -3,
  categories: ['scripting'],
  group: 'scripting',
  since: '7.0.0',
  complexity: 'That of the function',
  traits: ['monitoredFirst'],
  arguments: [
    { name: 'function', type: 'string' },
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', optional: true, multiple: true, keySpecIndex: 0 },
    { name: 'arg', type: 'string', optional: true, multiple: true },
  ],
}

export const fcall = defineCommand({
  ...shared,
  name: 'fcall',
  flags: WRITING,
  flagsOf: judge(WRITING),
  keySpecs: [
    keySpec(
      ['RW', 'access', 'update'],
      'We cannot tell how the keys will be used so we assume the worst, RW and UPDATE',
    ),
  ],
  summary: 'Calls a function',
  run: (context, argv) => callFunction(context, argv, false),
})

export const fcallReadOnly = defineCommand({
  ...shared,
  name: 'fcall_ro',
  flags: READING,
  flagsOf: judge(READING),
  keySpecs: [
    keySpec(['RO', 'access'], 'We cannot tell how the keys will be used so we assume the worst, RO and ACCESS'),
  ],
  summary: 'Calls a function that may not write',
  run: (context, argv) => callFunction(context, argv, true),
})
