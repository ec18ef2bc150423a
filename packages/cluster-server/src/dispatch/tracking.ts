import type { ClientState } from '../commands/context.js'
import type { TrackingRequest, TrackingState } from '../commands/tracking-state.js'
import { encodeReply } from '../resp/reply-encoder.js'
import { Client } from './client.js'
import type { PreparedCommand } from './prepared-command.js'
import { TrackingBroadcast } from './tracking-broadcast.js'
import { TrackingTable } from './tracking-table.js'

/** What tracking needs of its node. */
export interface TrackingHost {
  client(id: number): Client | undefined
  clients(): Iterable<Client>
  /** `tracking-table-max-keys`; 0 is no limit. */
  maxKeys(): number
  /** Calls back once everything that arrived in this turn of the event loop has run. */
  defer(callback: () => void): void
}

/** The command of a client that is under way, as a script sees its caller. */
interface Running {
  readonly client: Client
  readonly command: PreparedCommand
  readonly argv: readonly string[]
}

/** How many keys one command gives up to get below the limit, times the rounds in which that did not suffice. */
const EVICTION_EFFORT = 100
const CHANNEL = '__redis__:invalidate'

/**
 * Server-assisted client side caching: remembers which keys clients read, and tells them when one changes.
 * Order, as in Redis 7.0: others hear of a change at once, the client that made it after its answer (after EXEC's, in a
 * transaction), and broadcasts follow at the end of the turn. Source: `tracking.c`.
 */
export class Tracking implements TrackingState {
  /** Whether any client is tracked, or a key is still remembered; while it is off, commands look at nothing else here. */
  isActive = false
  clientCount = 0
  readonly #host: TrackingHost
  readonly #table = new TrackingTable()
  readonly #broadcast = new TrackingBroadcast()
  /** Whose request is being run; null in between. */
  #current: Client | null = null
  #running: Running | null = null
  /** On whose behalf data changes: the current client, a script of it, or one that is served after waiting. */
  #acting: Client | null = null
  /** What the current client is told after its answer; null stands for all keys. */
  #pending: (string | null)[] = []
  /** Who is being served after waiting, and what it is told after its answer. */
  #served: Client | null = null
  #pendingForServed: string[] = []
  #roundDeferred = false
  #roundsAboveLimit = 0

  constructor(host: TrackingHost) {
    this.#host = host
  }

  get keyCount(): number {
    return this.#table.keyCount
  }

  get itemCount(): number {
    return this.#table.itemCount
  }

  get prefixCount(): number {
    return this.#broadcast.size
  }

  enable(state: ClientState, request: TrackingRequest): void {
    if (!(state instanceof Client)) return
    const client = state
    if (client.tracking === null) this.clientCount++
    const prefixes = new Set(client.tracking?.prefixes)
    const wanted = request.broadcasts && request.prefixes.length === 0 ? [''] : request.prefixes
    for (const prefix of wanted) prefixes.add(this.#broadcast.add(prefix, client))
    client.trackingRedirection = request.redirectTo
    client.tracking = {
      ...request,
      prefixes,
      cachingGiven: client.tracking?.cachingGiven ?? false,
      isRedirectionBroken: false,
    }
    this.#current = client
    this.isActive = true
  }

  disable(state: ClientState): void {
    if (!(state instanceof Client) || state.tracking === null) return
    const client = state
    for (const prefix of state.tracking.prefixes) this.#broadcast.remove(prefix, client)
    client.tracking = null
    this.clientCount--
    this.#judgeActivity()
  }

  /** A request of `client` begins. */
  begin(client: Client): void {
    this.#current = client
    this.limitKeys()
  }

  /** A handler is about to run: of the current client's request, queued by it, or called by its script. */
  enter(client: Client, command: PreparedCommand, argv: readonly string[]): void {
    this.#acting = client
    if (client.scriptCaller === null) this.#running = { client, command, argv }
  }

  /** A client that waited is about to be served. */
  serve(client: Client): void {
    this.#acting = client
    this.#served = client
  }

  /** The client that waited was answered, or goes on waiting. */
  afterServing(): void {
    const client = this.#served
    const keys = this.#pendingForServed
    this.#served = null
    this.#pendingForServed = []
    if (client !== null) for (const key of keys) this.#tell(client, [key])
  }

  /** A command that only reads has run. What a script reads counts as a read of all keys that it declared. */
  remember(reader: Client): void {
    const client = reader.scriptCaller ?? reader
    const { tracking } = client
    const running = this.#running
    if (tracking === null || tracking.broadcasts || running === null || running.client !== client) return
    if (tracking.mode === 'optIn' ? !tracking.cachingGiven : tracking.mode === 'optOut' && tracking.cachingGiven) return
    if (running.command.namesShardChannels) return
    for (const key of running.command.keysOf(running.argv)) this.#table.add(key, client.id)
  }

  /** A key changed. `byItself`: it expired or was evicted. */
  invalidate(key: string, byItself: boolean): void {
    if (this.#broadcast.size > 0 && this.#broadcast.note(key, byItself ? null : this.#acting)) this.#deferRound()
    this.#invalidateHolders(key)
  }

  invalidateAll(): void {
    for (const client of this.clientCount > 0 ? this.#host.clients() : []) {
      if (client.tracking === null) continue
      if (client === this.#current) this.#pending.push(null)
      else this.#tell(client, null)
    }
    this.#table.clear()
    this.#judgeActivity()
  }

  /** The current client was answered: now it is told what its own request changed. */
  answered(): void {
    if (this.#pending.length === 0) return
    const pending = this.#pending
    this.#pending = []
    if (this.#current !== null) for (const key of pending) this.#tell(this.#current, key === null ? null : [key])
    this.#judgeActivity()
  }

  /** A request ends, with all that it set off. */
  finish(client: Client, keepsCaching: boolean): void {
    this.answered()
    this.#current = null
    this.#running = null
    this.#acting = null
    if (client.tracking?.cachingGiven && client.transaction === null && !keepsCaching) {
      client.tracking.cachingGiven = false
    }
  }

  /** Gives up keys beyond `tracking-table-max-keys`, as if they had changed; the oldest first. */
  limitKeys(): void {
    const limit = this.#host.maxKeys()
    if (limit === 0 || this.#table.keyCount <= limit) {
      this.#roundsAboveLimit = 0
      return
    }
    for (let effort = EVICTION_EFFORT * ++this.#roundsAboveLimit; effort > 0; effort--) {
      const key = this.#table.oldest()
      if (key === undefined || this.#table.keyCount <= limit) break
      this.#invalidateHolders(key)
    }
  }

  #invalidateHolders(key: string): void {
    const holders = this.#table.take(key)
    if (holders === undefined) return
    for (const id of holders) {
      const client = this.#host.client(id)
      const tracking = client?.tracking
      if (client === undefined || !tracking || tracking.broadcasts) continue
      if (client === this.#served) this.#pendingForServed.push(key)
      else if (client !== this.#current) this.#tell(client, [key])
      else if (tracking.skipsOwnChanges) continue
      // Before a handler runs, keys are given up at once; whatever changes while it runs is told after its answer.
      else if (this.#acting === null) this.#tell(client, [key])
      else this.#pending.push(key)
    }
    this.#judgeActivity()
  }

  #deferRound(): void {
    if (this.#roundDeferred) return
    this.#roundDeferred = true
    this.#host.defer(() => {
      this.#roundDeferred = false
      this.#broadcast.round((client, keys) => this.#tell(client, keys))
    })
  }

  /** Sends to the client, or to the one that it redirects to. RESP2 has no messages but those of channels. */
  #tell(client: Client, keys: readonly string[] | null): void {
    const { tracking, trackingRedirection } = client
    // Redis prepares the null in the protocol of the tracked client, whatever the one that it is sent to speaks.
    const text = encodeReply(keys === null ? null : [...keys], client.protocol)
    if (trackingRedirection === 0) {
      if (client.protocol === 3) client.pushText(`>2\r\n$10\r\ninvalidate\r\n${text}`)
      return
    }
    const target = this.#host.client(trackingRedirection)
    if (target === undefined) {
      if (tracking !== null) tracking.isRedirectionBroken = true
      if (client.protocol === 3) client.pushText(`>2\r\n$21\r\ntracking-redir-broken\r\n:${trackingRedirection}\r\n`)
    } else if (target.protocol === 3) target.pushText(`>2\r\n$10\r\ninvalidate\r\n${text}`)
    else if (target.subscriptionCount > 0) {
      target.pushText(`*3\r\n$7\r\nmessage\r\n$${CHANNEL.length}\r\n${CHANNEL}\r\n${text}`)
    }
  }

  #judgeActivity(): void {
    this.isActive = this.clientCount > 0 || this.#table.keyCount > 0 || this.#pending.length > 0
  }
}
