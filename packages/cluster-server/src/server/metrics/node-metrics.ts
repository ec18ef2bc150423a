import type { ServerState } from '../../commands/context.js'
import type { Metric } from './metric.js'

const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: [{ value }],
})
const counter = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'counter',
  samples: [{ value }],
})

/** What is measured on every node. */
export const nodeMetrics = (server: ServerState): Metric[] => {
  const { clients, clock, databases, identity, memory, replication, statistics } = server
  return [
    gauge('uptime_seconds', 'Time since the node started.', (clock.nowMs() - identity.startedAtMs) / 1000),
    gauge('connected_clients', 'Connections, without those of replicas.', clients.size - replication.replicas.length),
    gauge('blocked_clients', 'Clients that wait in a blocking command.', clients.blockedCount),
    counter('connections_total', 'Connections that were accepted.', statistics.connections),
    counter('rejected_connections_total', 'Connections that were refused.', statistics.rejectedConnections),
    counter('commands_total', 'Commands that were run.', statistics.commands),
    counter('input_bytes_total', 'Bytes that clients sent.', statistics.inputBytes),
    counter('output_bytes_total', 'Bytes that clients were sent.', statistics.outputBytes),
    gauge('memory_used_bytes', 'Memory in use, as INFO tells it.', memory.usedBytes),
    gauge('connected_replicas', 'Replicas that follow this node.', replication.replicas.length),
    gauge('is_replica', 'Whether the node is a replica.', replication.role === 'replica' ? 1 : 0),
    counter('replication_offset_bytes', 'Bytes of the stream to replicas.', replication.offset),
    {
      name: 'keys',
      help: 'Keys of each database that has any.',
      type: 'gauge',
      samples: databases
        .filter(({ size }) => size > 0)
        .map(({ index, size }) => ({ labels: { database: index }, value: size })),
    },
  ]
}
