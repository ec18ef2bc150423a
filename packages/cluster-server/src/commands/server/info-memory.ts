import { totalmem } from 'node:os'
import type { ServerState } from '../context.js'
import { memoryReport } from '../memory-report.js'
import type { InfoLine } from '../replication/replication-info.js'
import { functionsOf } from '../scripting/function-libraries.js'
import { scriptsOf } from '../scripting/script-cache.js'

const UNITS = ['B', 'K', 'M', 'G', 'T']

/** `1.50M`; bytes have two decimals too only from 1024 on. */
const human = (bytes: number): string => {
  let unit = 0
  let value = bytes
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${UNITS[unit]}`
}

const both = (name: string, bytes: number): readonly InfoLine[] => [
  [name, bytes],
  [`${name}_human`, human(bytes)],
]

/** `numerator / denominator` with two decimals; Redis never divides by zero here, and an empty heap does not exist. */
const ratio = (numerator: number, denominator: number): string => (numerator / Math.max(1, denominator)).toFixed(2)

/** INFO memory. `used_memory` is counted; `allocator_*` and `used_memory_rss` are what V8 and the system say. */
export const memorySection = (server: ServerState): readonly InfoLine[] => {
  const { config, databases } = server
  const report = memoryReport(server)
  const functions = functionsOf(server)
  const { heapUsedBytes, heapReservedBytes, residentBytes, scriptBytes, usedBytes } = report
  return [
    ...both('used_memory', usedBytes),
    ...both('used_memory_rss', residentBytes),
    ...both('used_memory_peak', report.peakBytes),
    ['used_memory_peak_perc', `${report.peakPercent.toFixed(2)}%`],
    ['used_memory_overhead', report.overheadBytes],
    ['used_memory_startup', report.startupBytes],
    ['used_memory_dataset', report.datasetBytes],
    ['used_memory_dataset_perc', `${report.datasetPercent.toFixed(2)}%`],
    ['allocator_allocated', heapUsedBytes],
    ['allocator_active', heapReservedBytes],
    ['allocator_resident', residentBytes],
    ...both('total_system_memory', totalmem()),
    // Scripts are compiled to JavaScript: there is no second machine with memory of its own.
    ['used_memory_lua', 0],
    ['used_memory_vm_eval', 0],
    ['used_memory_lua_human', human(0)],
    ['used_memory_scripts_eval', scriptBytes],
    ['number_of_cached_scripts', scriptsOf(server).size],
    ['number_of_functions', functions.functionCount],
    ['number_of_libraries', functions.libraryCount],
    ['used_memory_vm_functions', 0],
    ...both('used_memory_vm_total', 0),
    ['used_memory_functions', functions.bytes],
    ...both('used_memory_scripts', scriptBytes + functions.bytes),
    ...both('maxmemory', config.number('maxmemory')),
    ['maxmemory_policy', config.text('maxmemory-policy')],
    ['allocator_frag_ratio', ratio(heapReservedBytes, heapUsedBytes)],
    ['allocator_frag_bytes', heapReservedBytes - heapUsedBytes],
    ['allocator_rss_ratio', ratio(residentBytes, heapReservedBytes)],
    ['allocator_rss_bytes', residentBytes - heapReservedBytes],
    ['rss_overhead_ratio', '1.00'],
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', ratio(residentBytes, usedBytes)],
    ['mem_fragmentation_bytes', residentBytes - usedBytes],
    ['mem_not_counted_for_evict', report.uncountedBytes],
    ['mem_replication_backlog', report.backlogBytes],
    ['mem_total_replication_buffers', report.backlogBytes + report.replicaBytes],
    ['mem_clients_slaves', report.replicaBytes],
    ['mem_clients_normal', report.normalClientBytes],
    ['mem_cluster_links', server.cluster?.statistics.linkBytes ?? 0],
    ['mem_aof_buffer', 0],
    ['mem_allocator', 'v8'],
    ['active_defrag_running', 0],
    // What is deleted is garbage at once: nothing waits to be freed.
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', databases.reduce((sum, { lazyFreed }) => sum + lazyFreed, 0)],
  ]
}
