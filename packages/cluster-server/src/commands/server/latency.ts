import { type Reply, Status } from '../../resp/reply.js'
import { defineCommand } from '../command.js'

const NOT_MONITORED = 'Latency is not monitored by this server.'
const nothing = (): Reply => []

const latest = defineCommand({
  name: 'latest',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Lists the last events, of which this server keeps none',
  run: nothing,
})

const history = defineCommand({
  name: 'history',
  arity: 3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Lists the samples of an event, of which this server keeps none',
  arguments: [{ name: 'event', type: 'string' }],
  run: nothing,
})

const reset = defineCommand({
  name: 'reset',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Drops events, and answers how many: none',
  arguments: [{ name: 'event', type: 'string', optional: true, multiple: true }],
  run: () => 0,
})

const doctor = defineCommand({
  name: 'doctor',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Says that latency is not monitored',
  run: () => NOT_MONITORED,
})

const help = defineCommand({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: [],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Lists the subcommands',
  run: () => HELP.map((line) => new Status(line)),
})

const HELP = ['LATENCY <subcommand> [<arg>]. Subcommands are:', 'LATEST', 'HISTORY <event>', 'RESET', 'DOCTOR', 'HELP']

export const latency = defineCommand({
  name: 'latency',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '2.8.13',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at latency events',
  subcommands: [doctor, help, history, latest, reset],
})
