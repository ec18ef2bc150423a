import { matchesGlob } from '../../glob.js'
import { MapReply, OK, type Reply, SetReply, Status } from '../../resp/reply.js'
import type { LibraryFunction } from '../../scripting/library-engine.js'
import { SCRIPT_FLAGS } from '../../scripting/script-flags.js'
import { BUSY_SCRIPT, WireError, wireError } from '../../wire-errors.js'
import { argument, optionAt, untilNul } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import { functionDump, functionRestore } from './function-dump.js'
import { functionHelp } from './function-help.js'
import { ENGINE, functionsOf, type Library } from './function-libraries.js'
import { loadHost } from './load-host.js'
import { stopRunning } from './stop-running.js'
import { subcommandSyntax } from './subcommand-syntax.js'

const NO_LIBRARY = wireError('ERR Library not found')
const NO_CODE = wireError('ERR Function code is missing')
const NO_PATTERN = wireError('ERR library name argument was not given')
const FLUSH_MODE = wireError('ERR FUNCTION FLUSH only supports SYNC|ASYNC option')

const shared: Pick<Command, 'categories' | 'group' | 'since'> = {
  categories: ['scripting'],
  group: 'scripting',
  since: '7.0.0',
}
const toAllShards = ['request_policy:all_shards', 'response_policy:all_succeeded']

const load: Command = {
  ...shared,
  name: 'load',
  arity: -3,
  flags: ['noscript', 'write', 'denyoom'],
  tips: toAllShards,
  complexity: 'O(1), apart from compiling the code',
  summary: 'Loads a library of functions',
  arguments: [
    { name: 'replace', type: 'pure-token', token: 'REPLACE', optional: true },
    { name: 'function-code', type: 'string' },
  ],
  run(context, argv) {
    const { server, client } = context
    let at = 2
    for (; at < argv.length - 1; at++) {
      if (optionAt(argv, at) !== 'REPLACE')
        return wireError(`ERR Unknown option given: ${untilNul(argument(argv, at))}`)
    }
    if (at >= argv.length) return NO_CODE
    const host = loadHost(server, client.isReplicationStream)
    const outcome = functionsOf(server).load(argument(argv, at), host, at > 2)
    if (!(outcome instanceof WireError)) context.propagate(...argv)
    return outcome
  },
}

const remove: Command = {
  ...shared,
  name: 'delete',
  arity: 3,
  flags: ['noscript', 'write'],
  tips: toAllShards,
  complexity: 'O(1)',
  summary: 'Deletes a library and its functions',
  arguments: [{ name: 'library-name', type: 'string' }],
  run(context, argv) {
    if (!functionsOf(context.server).delete(argument(argv, 2))) return NO_LIBRARY
    context.propagate(...argv)
    return OK
  },
}

const flush: Command = {
  ...shared,
  name: 'flush',
  arity: -2,
  flags: ['noscript', 'write'],
  tips: toAllShards,
  complexity: 'O(N) with N being the number of functions',
  summary: 'Deletes all libraries',
  arguments: [
    {
      name: 'async',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'async', type: 'pure-token', token: 'ASYNC' },
        { name: 'sync', type: 'pure-token', token: 'SYNC' },
      ],
    },
  ],
  run(context, argv) {
    if (argv.length > 3) return subcommandSyntax(argument(argv, 1))
    const mode = optionAt(argv, 2)
    if (argv.length === 3 && mode !== 'SYNC' && mode !== 'ASYNC') return FLUSH_MODE
    functionsOf(context.server).clear()
    context.propagate(...argv)
    return OK
  },
}

const describeFunction = ({ name, description, flags }: LibraryFunction): Reply =>
  new MapReply([
    'name',
    name,
    'description',
    description,
    'flags',
    new SetReply(SCRIPT_FLAGS.filter((flag) => flags.has(flag)).map((flag) => new Status(flag))),
  ])

const describeLibrary = ({ name, functions, source }: Library, withCode: boolean): Reply =>
  new MapReply([
    'library_name',
    name,
    'engine',
    ENGINE,
    'functions',
    [...functions.values()].map(describeFunction),
    ...(withCode ? ['library_code', source] : []),
  ])

const list: Command = {
  ...shared,
  name: 'list',
  arity: -2,
  flags: ['noscript'],
  tips: ['nondeterministic_output_order'],
  complexity: 'O(N) with N being the number of functions',
  summary: 'Describes the libraries',
  arguments: [
    { name: 'library-name-pattern', type: 'string', token: 'LIBRARYNAME', optional: true },
    { name: 'withcode', type: 'pure-token', token: 'WITHCODE', optional: true },
  ],
  run({ server }, argv) {
    let withCode = false
    let pattern: string | undefined
    for (let at = 2; at < argv.length; at++) {
      const option = optionAt(argv, at)
      if (!withCode && option === 'WITHCODE') withCode = true
      else if (pattern === undefined && option === 'LIBRARYNAME') {
        pattern = argv[++at]
        if (pattern === undefined) return NO_PATTERN
      } else return wireError(`ERR Unknown argument ${untilNul(argument(argv, at))}`)
    }
    const wanted = [...functionsOf(server).all()].filter(
      ({ name }) => pattern === undefined || matchesGlob(pattern, name, true),
    )
    return wanted.map((library) => describeLibrary(library, withCode))
  },
}

const stats: Command = {
  ...shared,
  name: 'stats',
  arity: 2,
  flags: ['noscript', 'allow_busy'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  complexity: 'O(1)',
  summary: 'Describes the running function and the engines',
  run({ server }) {
    const running = server.runningScript
    if (running?.kind === 'script') return BUSY_SCRIPT
    const { libraryCount, functionCount } = functionsOf(server)
    const counts = new MapReply(['libraries_count', libraryCount, 'functions_count', functionCount])
    const description =
      running === null
        ? null
        : new MapReply(['name', running.name, 'command', [...running.argv], 'duration_ms', running.runMs()])
    return new MapReply(['running_script', description, 'engines', new MapReply([ENGINE, counts])])
  },
}

const kill: Command = {
  ...shared,
  name: 'kill',
  arity: 2,
  flags: ['noscript', 'allow_busy'],
  tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
  complexity: 'O(1)',
  summary: 'Stops the running function',
  run: ({ server }) => stopRunning(server, 'function'),
}

const help: Command = {
  ...shared,
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  complexity: 'O(1)',
  summary: 'Describes the subcommands',
  run: () => functionHelp,
}

export const functionCommand = defineCommand({
  name: 'function',
  arity: -2,
  flags: [],
  categories: [],
  group: 'scripting',
  since: '7.0.0',
  complexity: 'Depends on the subcommand',
  summary: 'Keeps the functions of the node',
  subcommands: [list, load, functionDump, help, remove, functionRestore, flush, stats, kill],
})
