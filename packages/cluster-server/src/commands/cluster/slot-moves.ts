import type { KnownNode } from '../../cluster/known-node.js'
import type { NodeTable } from '../../cluster/node-table.js'
import type { ServerState } from '../context.js'

/** A slot that is on its way to another node. */
export interface LeavingSlot {
  readonly slot: number
  readonly target: KnownNode
  readonly movedKeys: number
  readonly keysLeft: number
  readonly keysPerSecond: number
}

/** A slot that is on its way to this node. */
export interface ArrivingSlot {
  readonly slot: number
  readonly source: KnownNode
  /** Those that are here. */
  readonly keys: number
}

const keysIn = ({ databases }: ServerState, slot: number): number => databases[0]?.slots?.count(slot) ?? 0

const ascending = (slots: ReadonlyMap<number, KnownNode>): [number, KnownNode][] =>
  [...slots].sort(([one], [other]) => one - other)

export const leavingSlots = (server: ServerState, { migrating }: NodeTable): LeavingSlot[] =>
  ascending(migrating).map(([slot, target]) => {
    const { movedKeys = 0, keysPerSecond = 0 } = server.migrations.progressOf(slot) ?? {}
    return { slot, target, movedKeys, keysLeft: keysIn(server, slot), keysPerSecond }
  })

export const arrivingSlots = (server: ServerState, { importing }: NodeTable): ArrivingSlot[] =>
  ascending(importing).map(([slot, source]) => ({ slot, source, keys: keysIn(server, slot) }))

/** The primaries, by their ids. */
export const primaries = ({ nodes }: NodeTable): KnownNode[] =>
  [...nodes].filter((node) => node.isPrimary).sort((one, other) => (one.id < other.id ? -1 : 1))
