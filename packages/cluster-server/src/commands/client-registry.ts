import type { ClientState } from './context.js'

/** What CLIENT PAUSE holds back. */
export type PauseMode = 'write' | 'all'

/** On whose behalf commands are held back. Each ends its own pause only. */
export type PausePurpose = 'client' | 'shutdown' | 'failover' | 'loading'

/** The connections of a node, as CLIENT, MONITOR and INFO see them. */
export interface ClientRegistry {
  readonly size: number
  /** Number of clients that wait in a blocking command. */
  readonly blockedCount: number
  /** In order of connection. */
  all(): Iterable<ClientState>
  get(id: number): ClientState | undefined
  /**
   * Ends the wait of a client in a blocking command, as if its time were up or with `error`.
   * @returns false when no such client waits.
   */
  unblock(id: number, withError: boolean): boolean
  /** Holds back commands until a Unix time in milliseconds; a longer pause that is in force stays. Default: CLIENT PAUSE. */
  pause(mode: PauseMode, untilMs: number, purpose?: PausePurpose): void
  /** Ends a pause; commands that another purpose holds back wait on. */
  unpause(purpose?: PausePurpose): void
  /** Sends every command to `client` as text from now on. */
  monitor(client: ClientState): void
  endMonitor(client: ClientState): void
}
