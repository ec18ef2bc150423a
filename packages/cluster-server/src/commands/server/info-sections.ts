import { arch, platform, release } from 'node:os'
import { slotsSection } from '../cluster/slots-section.js'
import type { ClientState, ServerState } from '../context.js'
import { clusterInfo, type InfoLine, replicationInfo } from '../replication/replication-info.js'
import { REPORTED_VERSION } from '../version.js'
import { memorySection } from './info-memory.js'
import { commandSection, errorSection, latencySection, statsSection } from './info-statistics.js'

/** The lines of one section of INFO. */
export type InfoSection = (server: ServerState) => readonly InfoLine[]

const serverSection: InfoSection = ({ clock, config, identity, shutdownDueAtMs }) => {
  const upSeconds = Math.floor((clock.nowMs() - identity.startedAtMs) / 1000)
  return [
    ['redis_version', REPORTED_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0'.repeat(16)],
    ['redis_mode', config.flag('cluster-enabled') ? 'cluster' : 'standalone'],
    ['server_name', 'activeredis'],
    ['os', `${platform()} ${release()} ${arch()}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', 'libuv'],
    ['atomicvar_api', 'c11-builtin'],
    ['gcc_version', '0.0.0'],
    ['node_version', process.versions.node],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', identity.runId],
    ['tcp_port', identity.port],
    ['server_time_usec', clock.nowMicroseconds()],
    ['uptime_in_seconds', upSeconds],
    ['uptime_in_days', Math.floor(upSeconds / 86400)],
    ['hz', config.number('hz')],
    ['configured_hz', config.number('hz')],
    ['lru_clock', Math.floor(clock.nowMs() / 1000) & 0xffffff],
    ['executable', process.argv[1] ?? process.execPath],
    ['config_file', identity.configFile],
    ['io_threads_active', 0],
    ...(shutdownDueAtMs === null ? [] : [['shutdown_in_milliseconds', shutdownDueAtMs - clock.nowMs()] as const]),
  ]
}

const largest = (clients: Iterable<ClientState>, bytesOf: (client: ClientState) => number): number => {
  let found = 0
  for (const client of clients) found = Math.max(found, bytesOf(client))
  return found
}

const clientsSection: InfoSection = ({ clients, cluster, config, tracking, replication }) => [
  // Replicas are counted apart.
  ['connected_clients', clients.size - replication.replicas.length],
  // One in each direction to every other node.
  ['cluster_connections', cluster === null ? 0 : (cluster.table.size - 1) * 2],
  ['maxclients', config.number('maxclients')],
  ['client_recent_max_input_buffer', largest(clients.all(), (client) => client.inputBytes)],
  ['client_recent_max_output_buffer', largest(clients.all(), (client) => client.outputBytes)],
  ['blocked_clients', clients.blockedCount],
  ['tracking_clients', tracking.clientCount],
  ['clients_in_timeout_table', 0],
]

const persistenceSection: InfoSection = ({ persistence }) => persistence.info()

const cpuSection: InfoSection = () => {
  const { user, system } = process.cpuUsage()
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
    ['used_cpu_sys_main_thread', (system / 1e6).toFixed(6)],
    ['used_cpu_user_main_thread', (user / 1e6).toFixed(6)],
  ]
}

const keyspaceSection: InfoSection = ({ databases }) =>
  databases
    .filter((database) => database.size > 0)
    .map((database) => [
      `db${database.index}`,
      `keys=${database.size},expires=${database.deadlineCount},avg_ttl=${database.averageTtlMs}`,
    ])

/**
 * The sections in the order of Redis. `default`: those of INFO without arguments; `all`: those of INFO all, too; `named`:
 * only by their name, as Redis has none of it.
 */
export const SECTIONS: readonly {
  readonly name: string
  readonly title: string
  readonly listedBy: 'default' | 'all' | 'named'
  readonly lines: InfoSection
}[] = [
  { name: 'server', title: 'Server', listedBy: 'default', lines: serverSection },
  { name: 'clients', title: 'Clients', listedBy: 'default', lines: clientsSection },
  { name: 'memory', title: 'Memory', listedBy: 'default', lines: memorySection },
  { name: 'persistence', title: 'Persistence', listedBy: 'default', lines: persistenceSection },
  { name: 'stats', title: 'Stats', listedBy: 'default', lines: statsSection },
  { name: 'replication', title: 'Replication', listedBy: 'default', lines: replicationInfo },
  { name: 'cpu', title: 'CPU', listedBy: 'default', lines: cpuSection },
  { name: 'modules', title: 'Modules', listedBy: 'default', lines: () => [] },
  { name: 'commandstats', title: 'Commandstats', listedBy: 'all', lines: commandSection },
  { name: 'errorstats', title: 'Errorstats', listedBy: 'default', lines: errorSection },
  { name: 'latencystats', title: 'Latencystats', listedBy: 'all', lines: latencySection },
  { name: 'cluster', title: 'Cluster', listedBy: 'default', lines: clusterInfo },
  { name: 'slots', title: 'Slots', listedBy: 'named', lines: slotsSection },
  { name: 'keyspace', title: 'Keyspace', listedBy: 'default', lines: keyspaceSection },
]
