import type { ServerState } from '../context.js'
import type { InfoLine } from '../replication/replication-info.js'

/** STATS: counters since the start or CONFIG RESETSTAT. What this server has no part for stays at zero. */
export const statsSection = ({
  statistics,
  databases,
  pubsub,
  tracking,
  migrations,
}: ServerState): readonly InfoLine[] => {
  const sum = (of: 'hits' | 'misses' | 'expiredKeys' | 'evictedKeys'): number =>
    databases.reduce((total, database) => total + database[of], 0)
  const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(2)
  return [
    ['total_connections_received', statistics.connections],
    ['total_commands_processed', statistics.commands],
    ['instantaneous_ops_per_sec', Math.round(statistics.commandRate.perSecond)],
    ['total_net_input_bytes', statistics.inputBytes + statistics.replicationInputBytes],
    ['total_net_output_bytes', statistics.outputBytes + statistics.replicationOutputBytes],
    ['total_net_repl_input_bytes', statistics.replicationInputBytes],
    ['total_net_repl_output_bytes', statistics.replicationOutputBytes],
    ['instantaneous_input_kbps', kilobytes(statistics.inputRate.perSecond)],
    ['instantaneous_output_kbps', kilobytes(statistics.outputRate.perSecond)],
    ['instantaneous_input_repl_kbps', kilobytes(statistics.replicationInputRate.perSecond)],
    ['instantaneous_output_repl_kbps', kilobytes(statistics.replicationOutputRate.perSecond)],
    ['rejected_connections', statistics.rejectedConnections],
    ['sync_full', statistics.fullResyncs],
    ['sync_partial_ok', statistics.partialResyncs],
    ['sync_partial_err', statistics.refusedResyncs],
    ['expired_keys', sum('expiredKeys')],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', 0],
    ['expire_cycle_cpu_milliseconds', Math.floor(statistics.expiryCycleMs)],
    ['evicted_keys', sum('evictedKeys')],
    ['evicted_clients', statistics.evictedClients],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', sum('hits')],
    ['keyspace_misses', sum('misses')],
    ['pubsub_channels', pubsub.size('channels')],
    ['pubsub_patterns', pubsub.size('patterns')],
    ['pubsubshard_channels', pubsub.size('shardChannels')],
    ['latest_fork_usec', statistics.lastSnapshotUs],
    ['total_forks', statistics.snapshots],
    ['migrate_cached_sockets', migrations.cachedSockets],
    ['slave_expires_tracked_keys', databases.reduce((total, { ownDeadlines }) => total + ownDeadlines.size, 0)],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['total_active_defrag_time', 0],
    ['current_active_defrag_time', 0],
    ['tracking_total_keys', tracking.keyCount],
    ['tracking_total_items', tracking.itemCount],
    ['tracking_total_prefixes', tracking.prefixCount],
    ['unexpected_error_replies', statistics.unexpectedErrors],
    ['total_error_replies', statistics.errorReplies],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', statistics.reads],
    ['total_writes_processed', statistics.writes],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
    ['reply_buffer_shrinks', statistics.replyBufferShrinks],
    ['reply_buffer_expands', statistics.replyBufferExpands],
  ]
}

/** COMMANDSTATS: the commands that were called or refused. */
export const commandSection = ({ statistics }: ServerState): readonly InfoLine[] =>
  [...statistics.commandStatistics]
    .filter(([, { calls, rejected, failed }]) => calls > 0 || rejected > 0 || failed > 0)
    .map(([name, { calls, microseconds, rejected, failed }]) => {
      const each = calls === 0 ? 0 : microseconds / calls
      const counts = `rejected_calls=${rejected},failed_calls=${failed}`
      return [`cmdstat_${name}`, `calls=${calls},usec=${microseconds},usec_per_call=${each.toFixed(2)},${counts}`]
    })

/** ERRORSTATS: error replies by their codes. */
export const errorSection = ({ statistics }: ServerState): readonly InfoLine[] =>
  [...statistics.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`])

/** LATENCYSTATS: how long most calls of each command took. */
export const latencySection = ({ statistics, config }: ServerState): readonly InfoLine[] => {
  const percentiles = config
    .text('latency-tracking-info-percentiles')
    .split(' ')
    .filter((text) => text !== '')
  return [...statistics.commandStatistics].flatMap(([name, { latency }]): InfoLine[] => {
    if (latency === null) return []
    const values = percentiles.map((text) => `p${text}=${latency.percentile(Number(text)).toFixed(3)}`)
    return [[`latency_percentiles_usec_${name}`, values.join(',')]]
  })
}
