import type { Reply } from '../../resp/reply.js'
import type { ScriptDebugger } from '../../scripting/debugger/script-debugger.js'
import { NO_SCRIPT, wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { type Command, type CommandArgument, type CommandFlag, defineCommand, type KeySpec } from '../command.js'
import type { CommandContext } from '../context.js'
import { debuggerOf, debugScript } from './debugging.js'
import { flagsOfDigest, flagsOfSource } from './declared-flags.js'
import { type Runnable, runScript, scriptKeys } from './run-script.js'
import { type CachedScript, type ScriptCache, scriptsOf } from './script-cache.js'

const NEGATIVE_KEYS = wireError("ERR Number of keys can't be negative")
const TOO_MANY_KEYS = wireError("ERR Number of keys can't be greater than number of args")
const NOT_BY_DIGEST = wireError('ERR Please use EVAL instead of EVALSHA for debugging')
const FIRST_KEY = 3
const DIGEST_LENGTH = 40

type Find = (scripts: ScriptCache, text: string) => CachedScript | undefined

const bySource: Find = (scripts, source) => scripts.add(source)
const byDigest: Find = (scripts, digest) => scripts.find(digest)

const runnableOf = (
  { script, declaration }: CachedScript,
  argv: readonly string[],
  follower: ScriptDebugger | undefined,
): Runnable => ({
  kind: 'script',
  name: script.sha1,
  argv,
  declaration,
  run: (host, keys, rest) =>
    follower === undefined ? script.run(host, keys, rest) : script.debug(host, keys, rest, follower),
})

const evaluate = (context: CommandContext, argv: readonly string[], find: Find, readOnly: boolean): Reply => {
  const session = debuggerOf(context)
  if (session === undefined) return run(context, argv, find, readOnly)
  if (find === byDigest) return NOT_BY_DIGEST
  return debugScript(context, session, argument(argv, 1), () => run(context, argv, find, readOnly, session))
}

const run = (
  context: CommandContext,
  argv: readonly string[],
  find: Find,
  readOnly: boolean,
  follower?: ScriptDebugger,
): Reply => {
  // Before the keys are counted, as in Redis: what is no digest cannot be one of a script.
  if (find === byDigest && argument(argv, 1).length !== DIGEST_LENGTH) return NO_SCRIPT
  const count = integerArgument(argument(argv, 2))
  if (count > argv.length - FIRST_KEY) return TOO_MANY_KEYS
  if (count < 0) return NEGATIVE_KEYS
  const cached = find(scriptsOf(context.server), argument(argv, 1))
  if (cached === undefined) return NO_SCRIPT
  const keys = scriptKeys(argv, FIRST_KEY, FIRST_KEY + count)
  return runScript(context, runnableOf(cached, argv, follower), keys, argv.slice(FIRST_KEY + count), readOnly)
}

const keySpec = (flags: KeySpec['flags'], notes?: string): KeySpec => ({
  flags,
  ...(notes === undefined ? {} : { notes }),
  begin: { index: 2 },
  find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } },
})

const scriptArguments = (name: 'script' | 'sha1'): readonly CommandArgument[] => [
  { name, type: 'string' },
  { name: 'numkeys', type: 'integer' },
  { name: 'key', type: 'key', optional: true, multiple: true, keySpecIndex: 0 },
  { name: 'arg', type: 'string', optional: true, multiple: true },
]

const shared: Pick<Command, 'arity' | 'categories' | 'group' | 'complexity' | 'traits'> = {
  arity: -3,
  categories: ['scripting'],
  group: 'scripting',
  complexity: 'That of the script',
  traits: ['monitoredFirst'],
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

export const evalCommand = defineCommand({
  ...shared,
  name: 'eval',
  flags: WRITING,
  keySpecs: [
    keySpec(
      ['RW', 'access', 'update'],
      'We cannot tell how the keys will be used so we assume the worst, RW and UPDATE',
    ),
  ],
  since: '2.6.0',
  summary: 'Runs a Lua script',
  arguments: scriptArguments('script'),
  flagsOf: (_server, argv) => flagsOfSource(WRITING, argument(argv, 1)),
  run: (context, argv) => evaluate(context, argv, bySource, false),
})

export const evalsha = defineCommand({
  ...shared,
  name: 'evalsha',
  flags: WRITING,
  keySpecs: [keySpec(['RW', 'access', 'update'])],
  since: '2.6.0',
  summary: 'Runs a Lua script that the node knows by its SHA1',
  arguments: scriptArguments('sha1'),
  flagsOf: (server, argv) => flagsOfDigest(WRITING, server, argument(argv, 1)),
  run: (context, argv) => evaluate(context, argv, byDigest, false),
})

export const evalReadOnly = defineCommand({
  ...shared,
  name: 'eval_ro',
  flags: READING,
  keySpecs: [
    keySpec(['RO', 'access'], 'We cannot tell how the keys will be used so we assume the worst, RO and ACCESS'),
  ],
  since: '7.0.0',
  summary: 'Runs a Lua script that may not write',
  arguments: scriptArguments('script'),
  flagsOf: (_server, argv) => flagsOfSource(READING, argument(argv, 1)),
  run: (context, argv) => evaluate(context, argv, bySource, true),
})

export const evalshaReadOnly = defineCommand({
  ...shared,
  name: 'evalsha_ro',
  flags: READING,
  keySpecs: [keySpec(['RO', 'access'])],
  since: '7.0.0',
  summary: 'Runs a Lua script that the node knows by its SHA1 and that may not write',
  arguments: scriptArguments('sha1'),
  flagsOf: (server, argv) => flagsOfDigest(READING, server, argument(argv, 1)),
  run: (context, argv) => evaluate(context, argv, byDigest, true),
})
