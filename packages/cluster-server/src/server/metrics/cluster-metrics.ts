import { BUS_MESSAGE_TYPES, BUS_MESSAGE_WORDS } from '../../cluster/bus-message.js'
import { slotStates } from '../../commands/cluster/cluster-info.js'
import { arrivingSlots, leavingSlots, primaries } from '../../commands/cluster/slot-moves.js'
import type { ServerState } from '../../commands/context.js'
import type { Metric, Sample } from './metric.js'

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name: `cluster_${name}`,
  help,
  type: 'gauge',
  samples,
})
const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  ...gauge(name, help, samples),
  type: 'counter',
})
const one = (value: number): Sample[] => [{ value }]

/** What is measured on a node of a cluster; nothing on any other. */
export const clusterMetrics = (server: ServerState): Metric[] => {
  const { cluster, migrations } = server
  if (cluster === null) return []
  const { table, statistics } = cluster
  const slots = slotStates(table)
  const leaving = leavingSlots(server, table)
  const ofLeaving = (measure: (slot: (typeof leaving)[number]) => number): Sample[] =>
    leaving.map((each) => ({ labels: { slot: each.slot, node: each.target.id }, value: measure(each) }))
  const messages = (counts: readonly number[]): Sample[] =>
    BUS_MESSAGE_TYPES.map((type, number) => ({ labels: { type: BUS_MESSAGE_WORDS[type] }, value: counts[number] ?? 0 }))
  return [
    gauge('ok', 'Whether the cluster works, as far as this node knows.', one(cluster.health === 'ok' ? 1 : 0)),
    gauge(
      'slots',
      'Slots by what is known of their owners.',
      (['assigned', 'ok', 'suspected', 'failed'] as const).map((state) => ({ labels: { state }, value: slots[state] })),
    ),
    gauge('known_nodes', 'Nodes that this node knows, with itself.', one(table.size)),
    gauge('size', 'Primaries with slots.', one(table.voters)),
    gauge('current_epoch', 'The greatest epoch that is known.', one(table.currentEpoch)),
    gauge('my_epoch', 'The epoch under which this shard claims its slots.', one(table.myself.claimEpoch)),
    gauge(
      'primary_slots',
      'Slots of each primary.',
      primaries(table).map(({ id, ip, port, slots: own }) => ({
        labels: { node: id, address: `${ip}:${port}` },
        value: own.size,
      })),
    ),
    counter('messages_sent_total', 'Messages that the bus sent.', messages(statistics.sent)),
    counter('messages_received_total', 'Messages that the bus got.', messages(statistics.received)),
    counter(
      'links_over_limit_total',
      'Connections closed by cluster-link-sendbuf-limit.',
      one(statistics.linksOverLimit),
    ),
    gauge('link_bytes', 'Memory of the connections of the bus.', one(statistics.linkBytes)),
    counter('migrated_keys_total', 'Keys that other nodes have taken over.', one(migrations.movedKeys)),
    gauge(
      'migrating_slot_moved_keys',
      'Keys of a slot on its way out that have left.',
      ofLeaving((each) => each.movedKeys),
    ),
    gauge(
      'migrating_slot_keys_left',
      'Keys of a slot on its way out that are here.',
      ofLeaving((each) => each.keysLeft),
    ),
    gauge(
      'migrating_slot_keys_per_second',
      'Keys of a slot on its way out that leave in a second.',
      ofLeaving((each) => each.keysPerSecond),
    ),
    gauge(
      'importing_slot_keys',
      'Keys of a slot on its way in that are here.',
      arrivingSlots(server, table).map(({ slot, source, keys }) => ({
        labels: { slot, node: source.id },
        value: keys,
      })),
    ),
  ]
}
