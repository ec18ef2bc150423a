import { arch, platform, release } from 'node:os'
import type { ServerState } from '../context.js'
import { clusterInfo, type InfoLine, replicationInfo } from '../replication/replication-info.js'
import { REPORTED_VERSION } from '../version.js'
import { memorySection } from './info-memory.js'

/** The lines of one section of INFO. */
export type InfoSection = (server: ServerState) => readonly InfoLine[]

const serverSection: InfoSection = ({ clock, config, identity }) => {
  const upSeconds = Math.floor((clock.nowMs() - identity.startedAtMs) / 1000)
  return [
    ['redis_version', REPORTED_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', 0],
    ['redis_mode', config.flag('cluster-enabled') ? 'cluster' : 'standalone'],
    ['server_name', 'activeredis'],
    ['os', `${platform()} ${release()} ${arch()}`],
    ['arch_bits', 64],
    ['multiplexing_api', 'libuv'],
    ['node_version', process.versions.node],
    ['process_id', process.pid],
    ['run_id', identity.runId],
    ['tcp_port', identity.port],
    ['server_time_usec', clock.nowMicroseconds()],
    ['uptime_in_seconds', upSeconds],
    ['uptime_in_days', Math.floor(upSeconds / 86400)],
    ['hz', config.number('hz')],
    ['configured_hz', config.number('hz')],
    ['executable', process.execPath],
    ['config_file', ''],
  ]
}

const clientsSection: InfoSection = ({ clients, config, tracking }) => [
  ['connected_clients', clients.size],
  ['cluster_connections', 0],
  ['maxclients', config.number('maxclients')],
  ['blocked_clients', clients.blockedCount],
  ['tracking_clients', tracking.clientCount],
]

const persistenceSection: InfoSection = ({ databases }) => [
  ['loading', 0],
  ['async_loading', 0],
  ['rdb_changes_since_last_save', databases.reduce((sum, database) => sum + database.dirty, 0)],
  ['rdb_bgsave_in_progress', 0],
  ['aof_enabled', 0],
  ['aof_rewrite_in_progress', 0],
]

const statsSection: InfoSection = ({ statistics, databases, pubsub, tracking }) => {
  const sum = (of: 'hits' | 'misses' | 'expiredKeys' | 'evictedKeys'): number =>
    databases.reduce((total, database) => total + database[of], 0)
  return [
    ['total_connections_received', statistics.connections],
    ['total_commands_processed', statistics.commands],
    ['instantaneous_ops_per_sec', statistics.commandsPerSecond],
    ['total_net_input_bytes', statistics.inputBytes],
    ['total_net_output_bytes', statistics.outputBytes],
    ['rejected_connections', statistics.rejectedConnections],
    ['sync_full', statistics.fullResyncs],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', sum('expiredKeys')],
    ['evicted_keys', sum('evictedKeys')],
    ['evicted_clients', statistics.evictedClients],
    ['keyspace_hits', sum('hits')],
    ['keyspace_misses', sum('misses')],
    ['pubsub_channels', pubsub.size('channels')],
    ['pubsub_patterns', pubsub.size('patterns')],
    ['pubsubshard_channels', pubsub.size('shardChannels')],
    ['tracking_total_keys', tracking.keyCount],
    ['tracking_total_items', tracking.itemCount],
    ['tracking_total_prefixes', tracking.prefixCount],
    ['total_error_replies', statistics.errorReplies],
  ]
}

const cpuSection: InfoSection = () => {
  const { user, system } = process.cpuUsage()
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
  ]
}

const errorSection: InfoSection = ({ statistics }) =>
  [...statistics.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`])

const commandSection: InfoSection = ({ statistics }) =>
  [...statistics.commandStatistics].map(([name, { calls, microseconds, rejected, failed }]) => {
    const each = calls === 0 ? 0 : microseconds / calls
    const counts = `rejected_calls=${rejected},failed_calls=${failed}`
    return [`cmdstat_${name}`, `calls=${calls},usec=${microseconds},usec_per_call=${each.toFixed(2)},${counts}`]
  })

const keyspaceSection: InfoSection = ({ databases }) =>
  databases
    .filter((database) => database.size > 0)
    .map((database) => [
      `db${database.index}`,
      `keys=${database.size},expires=${database.deadlineCount},avg_ttl=${database.averageTtlMs}`,
    ])

/** The sections in the order of Redis; `isDefault` marks those of INFO without arguments. */
export const SECTIONS: readonly {
  readonly name: string
  readonly title: string
  readonly isDefault: boolean
  readonly lines: InfoSection
}[] = [
  { name: 'server', title: 'Server', isDefault: true, lines: serverSection },
  { name: 'clients', title: 'Clients', isDefault: true, lines: clientsSection },
  { name: 'memory', title: 'Memory', isDefault: true, lines: memorySection },
  { name: 'persistence', title: 'Persistence', isDefault: true, lines: persistenceSection },
  { name: 'stats', title: 'Stats', isDefault: true, lines: statsSection },
  { name: 'replication', title: 'Replication', isDefault: true, lines: replicationInfo },
  { name: 'cpu', title: 'CPU', isDefault: true, lines: cpuSection },
  { name: 'modules', title: 'Modules', isDefault: true, lines: () => [] },
  { name: 'commandstats', title: 'Commandstats', isDefault: false, lines: commandSection },
  { name: 'errorstats', title: 'Errorstats', isDefault: true, lines: errorSection },
  { name: 'cluster', title: 'Cluster', isDefault: true, lines: clusterInfo },
  { name: 'keyspace', title: 'Keyspace', isDefault: true, lines: keyspaceSection },
]
