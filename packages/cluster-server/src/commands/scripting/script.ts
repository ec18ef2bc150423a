import { OK, Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import { debugScripts, runScriptsFreely } from './debugging.js'
import { scriptsOf } from './script-cache.js'
import { stopRunning } from './stop-running.js'

const FLUSH_MODE = wireError('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
const DEBUG_MODE = wireError('ERR Use SCRIPT DEBUG YES/SYNC/NO')
const NO_FORK = wireError('ERR SCRIPT DEBUG YES is not supported, as nothing is forked here: use SCRIPT DEBUG SYNC')
const IN_PIPELINE = wireError('ERR SCRIPT DEBUG must be called outside a pipeline')

const HELP = [
  'SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DEBUG (YES|SYNC|NO)',
  '    Set the debug mode for subsequent scripts executed.',
  'EXISTS <sha1> [<sha1> ...]',
  '    Return information about the existence of the scripts in the script cache.',
  'FLUSH [ASYNC|SYNC]',
  '    Flush the Lua scripts cache. Very dangerous on replicas.',
  '    When called without the optional mode argument, the behavior is determined by the',
  '    lazyfree-lazy-user-flush configuration directive. Valid modes are:',
  '    * ASYNC: Asynchronously flush the scripts cache.',
  '    * SYNC: Synchronously flush the scripts cache.',
  'KILL',
  '    Kill the currently executing Lua script.',
  'LOAD <script>',
  '    Load a script into the scripts cache without executing it.',
  'HELP',
  '    Prints this help.',
].map((line) => new Status(line))

const shared: Pick<Command, 'categories' | 'group'> = { categories: ['scripting'], group: 'scripting' }

const flush: Command = {
  ...shared,
  name: 'flush',
  arity: -2,
  flags: ['noscript'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  since: '2.6.0',
  complexity: 'O(N) with N being the number of scripts in the cache',
  summary: 'Forgets all scripts',
  arguments: [
    {
      name: 'async',
      type: 'oneof',
      optional: true,
      since: '6.2.0',
      arguments: [
        { name: 'async', type: 'pure-token', token: 'ASYNC' },
        { name: 'sync', type: 'pure-token', token: 'SYNC' },
      ],
    },
  ],
  run({ server }, argv) {
    const mode = optionAt(argv, 2)
    if (argv.length > 3 || (argv.length === 3 && mode !== 'ASYNC' && mode !== 'SYNC')) return FLUSH_MODE
    scriptsOf(server).clear()
    return OK
  },
}

const debug: Command = {
  ...shared,
  name: 'debug',
  arity: 3,
  flags: ['noscript'],
  since: '3.2.0',
  complexity: 'O(1)',
  summary: 'Turns the debugger of scripts on or off',
  arguments: [
    {
      name: 'mode',
      type: 'oneof',
      arguments: [
        { name: 'yes', type: 'pure-token', token: 'YES' },
        { name: 'sync', type: 'pure-token', token: 'SYNC' },
        { name: 'no', type: 'pure-token', token: 'NO' },
      ],
    },
  ],
  run(context, argv) {
    if (context.client.outputBytes > 0) return IN_PIPELINE
    switch (optionAt(argv, 2)) {
      case 'NO':
        runScriptsFreely(context)
        return OK
      case 'SYNC':
        debugScripts(context)
        return OK
      case 'YES':
        return NO_FORK
      default:
        return DEBUG_MODE
    }
  },
}

const exists: Command = {
  ...shared,
  name: 'exists',
  arity: -3,
  flags: ['noscript'],
  tips: ['request_policy:all_shards', 'response_policy:agg_logical_and'],
  since: '2.6.0',
  complexity: 'O(N) with N being the number of digests',
  summary: 'Tells which scripts the node knows',
  arguments: [{ name: 'sha1', type: 'string', multiple: true }],
  run({ server }, argv) {
    const scripts = scriptsOf(server)
    return argv.slice(2).map((digest) => (scripts.find(digest) === undefined ? 0 : 1))
  },
}

const kill: Command = {
  ...shared,
  name: 'kill',
  arity: 2,
  flags: ['noscript', 'allow_busy'],
  tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Stops the running script',
  run: ({ server }) => stopRunning(server, 'script'),
}

const help: Command = {
  ...shared,
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Describes the subcommands',
  run: () => HELP,
}

const load: Command = {
  ...shared,
  name: 'load',
  arity: 3,
  flags: ['noscript', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  since: '2.6.0',
  complexity: 'O(N) with N being the length of the script',
  summary: 'Compiles a script and keeps it',
  arguments: [{ name: 'script', type: 'string' }],
  run: ({ server }, argv) => scriptsOf(server).add(argument(argv, 2)).script.sha1,
}

export const script = defineCommand({
  name: 'script',
  arity: -2,
  flags: [],
  categories: [],
  group: 'scripting',
  since: '2.6.0',
  complexity: 'Depends on the subcommand',
  summary: 'Keeps the scripts of the node',
  subcommands: [debug, exists, flush, help, kill, load],
})
