import type { WireError } from '../wire-errors.js'

/** A key on its way to another node. */
export interface MigratingKey {
  readonly key: string
  /** Unix time in milliseconds; null for a key that does not expire. */
  readonly deadlineMs: number | null
  /** As DUMP answers it. */
  readonly payload: string
}

/** What MIGRATE asks for. */
export interface MigrationRequest {
  readonly host: string
  readonly port: number
  /** The longest time without progress. */
  readonly timeoutMs: number
  readonly fromDatabase: number
  readonly toDatabase: number
  readonly keys: readonly MigratingKey[]
  /** Leaves the keys here. */
  readonly copies: boolean
  /** Replaces keys of the other node. */
  readonly replaces: boolean
  /** AUTH and its arguments; empty without. */
  readonly login: readonly string[]
  /** RESTORE, or RESTORE-ASKING in a cluster. */
  readonly restoreCommand: string
}

/** A migration that was begun. */
export interface Migration {
  /** Undefined while it is under way; null when it succeeded. */
  readonly outcome: WireError | null | undefined
}

/** What came of a migration that has ended. */
export interface MigrationOutcome {
  /** The keys that the other node has now. */
  readonly taken: readonly string[]
  /** Why it has not all of them; null when it has. */
  readonly error: WireError | null
}

/** The keys of a slot that leave this node. */
export interface SlotProgress {
  readonly movedKeys: number
  /** The mean since the first of them left. */
  readonly keysPerSecond: number
}

/** The migrations of a node. */
export interface MigrationState {
  /** Number of connections that are kept for the next migration. */
  readonly cachedSockets: number
  /** Number of keys that other nodes have taken over since the start. */
  readonly movedKeys: number
  /** How far the move of a slot to another node is; undefined when no key of it has left since that began. */
  progressOf(slot: number): SlotProgress | undefined
  /** Sends keys to another node; those that it took are removed here. Until it ends nobody changes them. */
  begin(request: MigrationRequest): Migration
  /** Sends keys to another node within the call, during which this node does nothing else. They are left here. */
  run(request: MigrationRequest): MigrationOutcome
}
