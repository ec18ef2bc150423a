import { getHeapSpaceStatistics } from 'node:v8'
import { DoubleReply, MapReply, OK, type Reply, VerbatimReply } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { helpCommand } from '../help-command.js'
import { type MemoryReport, memoryReport } from '../memory-report.js'

const MEBIBYTE = 1024 * 1024

/** What an operator should look at, after the rules of `getMemoryDoctorReport`. */
const diagnosis = (report: MemoryReport, clientCount: number): string => {
  const { usedBytes, peakBytes, residentBytes, normalClientBytes, replicaBytes } = report
  if (usedBytes - report.startupBytes < 5 * MEBIBYTE) {
    return 'There is too little data to judge: less than 5 MiB are in use.\n'
  }
  const findings: string[] = []
  if (peakBytes / usedBytes > 1.5) {
    findings.push(
      `Peak: ${peakBytes} bytes were in use at one time, ${usedBytes} are now. The process may keep the rest.`,
    )
  }
  if (residentBytes / usedBytes > 2 && residentBytes - usedBytes > 256 * MEBIBYTE) {
    findings.push(
      `Resident memory: ${residentBytes} bytes, for ${usedBytes} bytes in use. Garbage waits to be collected, or the young generation is large.`,
    )
  }
  if (clientCount > 0 && normalClientBytes / clientCount > 200 * 1024) {
    findings.push(
      `Client buffers: ${normalClientBytes} bytes for ${clientCount} clients. Some do not read their answers.`,
    )
  }
  if (replicaBytes > 10 * MEBIBYTE) {
    findings.push(`Replica buffers: ${replicaBytes} bytes wait to be sent. A replica is slow, or its link is.`)
  }
  return findings.length === 0 ? 'Nothing unusual was found.\n' : `${findings.map((line) => `* ${line}`).join('\n')}\n`
}

const heapSpaces = (): string =>
  getHeapSpaceStatistics()
    .map(
      ({ space_name, space_size, space_used_size, physical_space_size }) =>
        `${space_name}: ${space_used_size} of ${space_size} bytes used, ${physical_space_size} resident\n`,
    )
    .join('')

const usage = defineCommand({
  name: 'usage',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO'], 2)],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1): the bytes of a key are counted as it changes',
  summary: 'Answers how many bytes a key and its value take',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', token: 'SAMPLES', optional: true },
  ],
  run({ db }, argv): Reply {
    for (let i = 3; i < argv.length; i += 2) {
      if (optionAt(argv, i) !== 'SAMPLES' || i + 1 >= argv.length) throw SYNTAX_ERROR
      if (integerArgument(argument(argv, i + 1)) < 0) throw SYNTAX_ERROR
    }
    return db.bytesOf(argument(argv, 2)) ?? null
  },
})

const stats = defineCommand({
  name: 'stats',
  arity: 2,
  flags: [],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Breaks the memory in use down',
  run({ server }) {
    const report = memoryReport(server)
    const { heapUsedBytes, heapReservedBytes, residentBytes, usedBytes } = report
    return new MapReply([
      ...['peak.allocated', report.peakBytes],
      ...['total.allocated', usedBytes],
      ...['startup.allocated', report.startupBytes],
      ...['replication.backlog', report.backlogBytes],
      ...['clients.slaves', report.replicaBytes],
      ...['clients.normal', report.normalClientBytes],
      ...['cluster.links', server.cluster?.statistics.linkBytes ?? 0],
      ...['aof.buffer', 0],
      ...['lua.caches', report.scriptBytes],
      ...['functions.caches', report.functionBytes],
      ...report.databases.flatMap(({ index, mainBytes, expiresBytes }) => [
        `db.${index}`,
        new MapReply([
          ...['overhead.hashtable.main', mainBytes],
          ...['overhead.hashtable.expires', expiresBytes],
          ...['overhead.hashtable.slot-to-keys', 0],
        ]),
      ]),
      ...['overhead.total', report.overheadBytes],
      ...['keys.count', report.keyCount],
      ...['keys.bytes-per-key', report.bytesPerKey],
      ...['dataset.bytes', report.datasetBytes],
      ...['dataset.percentage', new DoubleReply(report.datasetPercent)],
      ...['peak.percentage', new DoubleReply(report.peakPercent)],
      ...['allocator.allocated', heapUsedBytes],
      ...['allocator.active', heapReservedBytes],
      ...['allocator.resident', residentBytes],
      ...['allocator-fragmentation.ratio', new DoubleReply(heapReservedBytes / heapUsedBytes)],
      ...['allocator-fragmentation.bytes', heapReservedBytes - heapUsedBytes],
      ...['allocator-rss.ratio', new DoubleReply(residentBytes / heapReservedBytes)],
      ...['allocator-rss.bytes', residentBytes - heapReservedBytes],
      ...['rss-overhead.ratio', new DoubleReply(1)],
      ...['rss-overhead.bytes', 0],
      ...['fragmentation', new DoubleReply(residentBytes / usedBytes)],
      ...['fragmentation.bytes', residentBytes - usedBytes],
    ])
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
  summary: 'Says what is unusual about the memory in use',
  run: ({ server }) => new VerbatimReply('txt', diagnosis(memoryReport(server), server.clients.size)),
})

const mallocStats = defineCommand({
  name: 'malloc-stats',
  arity: 2,
  flags: [],
  categories: [],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
  summary: 'Lists the spaces of the heap',
  run: () => new VerbatimReply('txt', heapSpaces()),
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

const HELP = [
  'MEMORY <subcommand> [<arg>]. Subcommands are:',
  'DOCTOR',
  'MALLOC-STATS',
  'PURGE',
  'STATS',
  'USAGE <key> [SAMPLES <count>]',
  'HELP',
]

const help = helpCommand({ group: 'server', since: '4.0.0', lines: HELP })

export const memory = defineCommand({
  name: 'memory',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '4.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at memory',
  subcommands: [doctor, help, mallocStats, purge, stats, usage],
})
