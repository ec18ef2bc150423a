import type { NodeTable } from '../../cluster/node-table.js'
import type { BusHost } from './bus-host.js'
import type { BusLinks } from './bus-links.js'
import type { BusSender } from './bus-sender.js'
import type { BusSettings } from './bus-settings.js'
import type { Todo } from './todo.js'

/** What the parts of a bus share. */
export interface BusParts {
  readonly host: BusHost
  readonly settings: BusSettings
  readonly table: NodeTable
  readonly links: BusLinks
  readonly sender: BusSender
  readonly todo: Todo
  /** Does what is left to do, at once. */
  settle(): void
}
