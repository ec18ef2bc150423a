import { OK, type Reply, Status } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { estimateBytes } from '../memory-estimate.js'

const usage = defineCommand({
  name: 'usage',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO'], 2)],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1): a few members stand for all',
  summary: 'Estimates the bytes of a key and its value',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', token: 'SAMPLES', optional: true },
  ],
  run({ db }, argv): Reply {
    for (let i = 3; i < argv.length; i += 2) {
      if (optionAt(argv, i) !== 'SAMPLES' || i + 1 >= argv.length) throw SYNTAX_ERROR
      if (integerArgument(argument(argv, i + 1)) < 0) throw SYNTAX_ERROR
    }
    const key = argument(argv, 2)
    const value = db.peek(key)
    return value === undefined ? null : estimateBytes(key, value)
  },
})

const doctor = defineCommand({
  name: 'doctor',
  arity: 2,
  flags: [],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Says how large the heap is',
  run() {
    const { heapUsed, heapTotal, rss } = process.memoryUsage()
    return `The heap uses ${heapUsed} of ${heapTotal} bytes; the process has ${rss} bytes resident.`
  },
})

const purge = defineCommand({
  name: 'purge',
  arity: 2,
  flags: [],
  categories: [],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Does nothing: memory is returned by the garbage collector',
  run: () => OK,
})

const help = defineCommand({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Lists the subcommands',
  run: () => HELP.map((line) => new Status(line)),
})

const HELP = [
  'MEMORY <subcommand> [<arg>]. Subcommands are:',
  'USAGE <key> [SAMPLES <count>]',
  'DOCTOR',
  'PURGE',
  'HELP',
]

export const memory = defineCommand({
  name: 'memory',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at memory',
  subcommands: [doctor, help, purge, usage],
})
