import type { ServerState } from '../context.js'
import type { PrimaryLinkStatus, TransferStatus } from '../replication-state.js'

/** One line of INFO. */
export type InfoLine = readonly [name: string, value: string | number]

const transferLines = ({ totalBytes, readBytes, lastIoSeconds }: TransferStatus): InfoLine[] => [
  ['master_sync_total_bytes', totalBytes],
  ['master_sync_read_bytes', readBytes],
  ['master_sync_left_bytes', totalBytes - readBytes],
  ['master_sync_perc', (totalBytes === 0 ? 0 : (readBytes / totalBytes) * 100).toFixed(2)],
  ['master_sync_last_io_seconds_ago', lastIoSeconds],
]

const primaryLines = (server: ServerState, primary: PrimaryLinkStatus): InfoLine[] => [
  ['master_host', primary.host],
  ['master_port', primary.port],
  ['master_link_status', primary.state === 'connected' ? 'up' : 'down'],
  ['master_last_io_seconds_ago', primary.lastIoSeconds],
  ['master_sync_in_progress', primary.state === 'sync' ? 1 : 0],
  ['slave_read_repl_offset', primary.receivedOffset],
  ['slave_repl_offset', primary.offset],
  ...(primary.transfer === null ? [] : transferLines(primary.transfer)),
  ...(primary.state === 'connected' ? [] : [['master_link_down_since_seconds', primary.downSeconds] as const]),
  ['slave_priority', server.config.number('replica-priority')],
  ['slave_read_only', server.config.flag('replica-read-only') ? 1 : 0],
  ['replica_announced', server.config.flag('replica-announced') ? 1 : 0],
]

const goodReplicas = ({ config, replication }: ServerState): InfoLine[] => {
  const maxLagSeconds = config.number('min-replicas-max-lag')
  if (config.number('min-replicas-to-write') === 0 || maxLagSeconds === 0) return []
  const good = replication.replicas.filter(({ state, lagSeconds }) => state === 'online' && lagSeconds <= maxLagSeconds)
  return [['min_slaves_good_slaves', good.length]]
}

/** The lines of INFO's section Replication, in Redis' order. */
export const replicationInfo = (server: ServerState): InfoLine[] => {
  const { role, replicas, primary, backlog, replicationId, secondReplicationId, secondOffset, offset, failoverState } =
    server.replication
  return [
    ['role', role === 'primary' ? 'master' : 'slave'],
    ...(primary === null ? [] : primaryLines(server, primary)),
    ['connected_slaves', replicas.length],
    ...goodReplicas(server),
    ...replicas
      .filter(({ state }) => state !== 'rdb_transmitted')
      .map(
        (replica, index) =>
          [
            `slave${index}`,
            `ip=${replica.host},port=${replica.port},state=${replica.state},` +
              `offset=${replica.offset},lag=${Math.max(0, replica.lagSeconds)}`,
          ] as const,
      ),
    ['master_failover_state', failoverState],
    ['master_replid', replicationId],
    ['master_replid2', secondReplicationId],
    ['master_repl_offset', offset],
    ['second_repl_offset', secondOffset],
    ['repl_backlog_active', backlog === null ? 0 : 1],
    ['repl_backlog_size', server.config.number('repl-backlog-size')],
    ['repl_backlog_first_byte_offset', backlog?.firstOffset ?? 0],
    ['repl_backlog_histlen', backlog?.bytes ?? 0],
  ]
}

/** The lines of INFO's section Cluster. */
export const clusterInfo = (server: ServerState): InfoLine[] => [['cluster_enabled', server.cluster === null ? 0 : 1]]
