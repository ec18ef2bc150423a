import { MapReply, type Reply, VerbatimReply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { ServerState } from '../context.js'
import { helpCommand } from '../help-command.js'
import { describeLatency } from './latency-report.js'
import { drawSparkline } from './sparkline.js'

const GRAPH_COLUMNS = 80
const GRAPH_ROWS = 4

const latest = defineCommand({
  name: 'latest',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Lists the last sample of each event',
  run: ({ server }) =>
    [...server.statistics.latency.events].map(([event, { samples, longestMs }]) => {
      const last = samples.at(-1)
      return [event, last?.at ?? 0, last?.milliseconds ?? 0, longestMs]
    }),
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
  summary: 'Lists the samples of an event',
  arguments: [{ name: 'event', type: 'string' }],
  run: ({ server }, argv) =>
    (server.statistics.latency.events.get(argument(argv, 2))?.samples ?? []).map(({ at, milliseconds }) => [
      at,
      milliseconds,
    ]),
})

const AGES = [
  [60, 1, 's'],
  [3600, 60, 'm'],
  [86_400, 3600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'd'],
] as const

/** `45s`, `3m`: how long ago something was. */
const ageText = (seconds: number): string => {
  const [, unit, letter] = AGES.find(([limit]) => seconds < limit) ?? AGES[3]
  return `${Math.floor(seconds / unit)}${letter}`
}

const graph = defineCommand({
  name: 'graph',
  arity: 3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Draws the samples of an event',
  arguments: [{ name: 'event', type: 'string' }],
  run({ server, nowMs }, argv) {
    const name = argument(argv, 2)
    const event = server.statistics.latency.events.get(name)
    if (event === undefined) throw wireError(`ERR No samples available for event '${name}'`)
    const values = event.samples.map(({ milliseconds }) => milliseconds)
    const heading = `${name} - high ${Math.max(...values)} ms, low ${Math.min(...values)} ms (all time high ${event.longestMs} ms)`
    const samples = event.samples.map(({ at, milliseconds }) => ({
      value: milliseconds,
      label: ageText(Math.max(0, Math.floor(nowMs / 1000) - at)),
    }))
    const drawing = drawSparkline(samples, GRAPH_COLUMNS, GRAPH_ROWS)
    return new VerbatimReply('txt', `${heading}\n${'-'.repeat(GRAPH_COLUMNS)}\n${drawing}`)
  },
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
  summary: 'Drops events, and answers how many',
  arguments: [{ name: 'event', type: 'string', optional: true, multiple: true }],
  run({ server }, argv) {
    const { latency } = server.statistics
    return argv.length === 2 ? latency.reset() : argv.slice(2).reduce((sum, event) => sum + latency.reset(event), 0)
  },
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
  summary: 'Describes what was slow',
  run: ({ server, nowMs }) => new VerbatimReply('txt', describeLatency(server, nowMs)),
})

/** The full names that a name stands for: its own, or those of its subcommands. */
const namesOf = (server: ServerState, word: string): readonly string[] => {
  const name = word.toLowerCase()
  const subcommands = server.commands.get(name)?.subcommands
  return subcommands === undefined ? [name] : subcommands.map((each) => `${name}|${each.name}`)
}

const describeHistograms = (server: ServerState, names: Iterable<string>): Reply =>
  new MapReply(
    [...names].flatMap((name) => {
      const histogram = server.statistics.commandStatistics.get(name)?.latency ?? null
      if (histogram === null) return []
      return [
        name,
        new MapReply(['calls', histogram.count, 'histogram_usec', new MapReply(histogram.distribution().flat())]),
      ]
    }),
  )

const histogram = defineCommand({
  name: 'histogram',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  group: 'server',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of commands with latency information being retrieved.',
  summary: 'Tells how many calls of commands took how long',
  arguments: [{ name: 'COMMAND', type: 'string', optional: true, multiple: true }],
  run: ({ server }, argv) =>
    describeHistograms(
      server,
      argv.length === 2
        ? server.statistics.commandStatistics.keys()
        : argv.slice(2).flatMap((word) => namesOf(server, word)),
    ),
})

const HELP = [
  'LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['DOCTOR', 'GRAPH <event>', 'HISTORY <event>', 'LATEST', 'RESET [<event> ...]', 'HISTOGRAM [COMMAND ...]', 'HELP'],
]

const help = helpCommand({ group: 'server', since: '2.8.13', lines: HELP })

export const latency = defineCommand({
  name: 'latency',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '2.8.13',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at latency events',
  subcommands: [doctor, graph, help, histogram, history, latest, reset],
})
