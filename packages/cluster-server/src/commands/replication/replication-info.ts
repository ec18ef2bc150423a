import type { ServerState } from '../context.js'
import type { PrimaryLinkStatus } from '../replication-state.js'

/** One line of INFO. */
export type InfoLine = readonly [name: string, value: string | number]

const primaryLines = (server: ServerState, primary: PrimaryLinkStatus, offset: number): InfoLine[] => [
  ['master_host', primary.host],
  ['master_port', primary.port],
  ['master_link_status', primary.state === 'connected' ? 'up' : 'down'],
  ['master_last_io_seconds_ago', primary.lastIoSeconds],
  ['master_sync_in_progress', primary.state === 'sync' ? 1 : 0],
  ['slave_read_repl_offset', Math.max(offset, primary.receivedOffset)],
  ['slave_repl_offset', offset],
  ...(primary.state === 'connected' ? [] : [['master_link_down_since_seconds', primary.downSeconds] as const]),
  ['slave_priority', server.config.number('replica-priority')],
  ['slave_read_only', server.config.flag('replica-read-only') ? 1 : 0],
  ['replica_announced', 1],
]

const goodReplicas = ({ config, replication }: ServerState): InfoLine[] => {
  const maxLagSeconds = config.number('min-replicas-max-lag')
  if (config.number('min-replicas-to-write') === 0 || maxLagSeconds === 0) return []
  const good = replication.replicas.filter(({ state, lagSeconds }) => state === 'online' && lagSeconds <= maxLagSeconds)
  return [['min_slaves_good_slaves', good.length]]
}

/** The lines of INFO's section Replication, in Redis' order. There is no backlog: a lost link copies all data again. */
export const replicationInfo = (server: ServerState): InfoLine[] => {
  const { role, replicas, primary, replicationId, offset } = server.replication
  return [
    ['role', role === 'primary' ? 'master' : 'slave'],
    ...(primary === null ? [] : primaryLines(server, primary, offset)),
    ['connected_slaves', replicas.length],
    ...goodReplicas(server),
    ...replicas.map(
      (replica, index) =>
        [
          `slave${index}`,
          `ip=${replica.host},port=${replica.port},state=${replica.state},` +
            `offset=${replica.offset},lag=${Math.max(0, replica.lagSeconds)}`,
        ] as const,
    ),
    ['master_failover_state', 'no-failover'],
    ['master_replid', replicationId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', offset],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', server.config.number('repl-backlog-size')],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ]
}

/** The lines of INFO's section Cluster. */
export const clusterInfo = (server: ServerState): InfoLine[] => [['cluster_enabled', server.cluster === null ? 0 : 1]]
