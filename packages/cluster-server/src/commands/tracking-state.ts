import type { ClientState } from './context.js'

/** What a client asked for with CLIENT TRACKING ON. */
export interface TrackingRequest {
  /** The id of the client that is told instead; 0: the client itself. */
  readonly redirectTo: number
  /** By prefix, without remembering what the client read. */
  readonly broadcasts: boolean
  /** Only in broadcasting mode; none stands for every key. */
  readonly prefixes: readonly string[]
  /** Which reads are remembered: all, those after CLIENT CACHING YES, or all but those after CLIENT CACHING NO. */
  readonly mode: 'all' | 'optIn' | 'optOut'
  /** Leaves out what the client changed itself. */
  readonly skipsOwnChanges: boolean
}

/** How a client is tracked. */
export interface ClientTracking extends Omit<TrackingRequest, 'prefixes'> {
  readonly prefixes: ReadonlySet<string>
  /** CLIENT CACHING was sent: holds for the next command or transaction. */
  cachingGiven: boolean
  /** The client that should have been told is gone. */
  isRedirectionBroken: boolean
}

/** Server-assisted client side caching, as CLIENT and INFO see it. */
export interface TrackingState {
  /** Number of clients that are tracked. */
  readonly clientCount: number
  /** Number of keys that some client is thought to hold. */
  readonly keyCount: number
  /** Number of pairs of such a key and a client. */
  readonly itemCount: number
  /** Number of different prefixes in broadcasting mode. */
  readonly prefixCount: number
  /** Starts to track `client`, or changes how; prefixes are added to those that it has. */
  enable(client: ClientState, request: TrackingRequest): void
  disable(client: ClientState): void
  /** Tells every tracked client that all keys are invalid: data was flushed. */
  invalidateAll(): void
}
