import { SLOT_COUNT } from '../../slot.js'
import type { ServerState } from '../context.js'
import type { InfoLine } from '../replication/replication-info.js'
import { arrivingSlots, leavingSlots, primaries } from './slot-moves.js'

/** The lines of INFO's section Slots, which Redis has not: how slots are spread, and how far they are on their way. */
export const slotsSection = (server: ServerState): InfoLine[] => {
  const { cluster, migrations } = server
  if (cluster === null) return []
  const { table } = cluster
  const leaving = leavingSlots(server, table)
  const arriving = arrivingSlots(server, table)
  return [
    ['migrated_keys', migrations.movedKeys],
    ['migrating_slots', leaving.length],
    ['importing_slots', arriving.length],
    ...leaving.map(
      ({ slot, target, movedKeys, keysLeft, keysPerSecond }): InfoLine => [
        `migrating_slot_${slot}`,
        `to=${target.id},keys_moved=${movedKeys},keys_left=${keysLeft},keys_per_second=${keysPerSecond}`,
      ],
    ),
    ...arriving.map(({ slot, source, keys }): InfoLine => [`importing_slot_${slot}`, `from=${source.id},keys=${keys}`]),
    ...primaries(table).map(
      ({ id, ip, port, slots }, index): InfoLine => [
        `primary${index}`,
        `id=${id},ip=${ip},port=${port},slots=${slots.size},share=${((slots.size / SLOT_COUNT) * 100).toFixed(2)}%`,
      ],
    ),
  ]
}
