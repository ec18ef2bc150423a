import type { WireError } from '../wire-errors.js'

/** A key on its way to another node. */
export interface MigratingKey {
  readonly key: string
  /** Milliseconds; 0 for a key that does not expire. */
  readonly ttlMs: number
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

/** The migrations of a node. */
export interface MigrationState {
  /** Number of connections that are kept for the next migration. */
  readonly cachedSockets: number
  /** Sends keys to another node; those that it took are removed here. Until it ends nobody changes them. */
  begin(request: MigrationRequest): Migration
}
