import { connect, type Socket } from 'node:net'
import type { Effect, PrimaryLinkStatus } from '../commands/replication-state.js'
import { WireError } from '../wire-errors.js'
import { encodeCommand } from './effect-encoder.js'
import { PrimaryHandshake } from './primary-handshake.js'
import { PrimaryStream, type StreamStep } from './primary-stream.js'
import type { ReplicationHost } from './replication-host.js'

const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 1000
const ACKNOWLEDGE_MS = 1000

type LinkState =
  | { readonly type: 'waiting' }
  | { readonly type: 'connecting'; readonly handshake: PrimaryHandshake }
  | { readonly type: 'syncing'; readonly stream: PrimaryStream }
  | { readonly type: 'online'; readonly stream: PrimaryStream }

/** What a link reports to the replication that it belongs to. */
export interface LinkEvents {
  /** Was applied; a replica of this replica needs it too. */
  applied(effects: readonly Effect[]): void
  /** The first copy is complete. */
  synced(replicationId: string): void
}

/**
 * The link from a replica to its primary. It is taken up again whenever it is lost, with a new copy of all data, until
 * it is closed. What the primary sends is applied as it comes; an answer that is an error means that the copies differ,
 * and makes the link begin anew.
 */
export class PrimaryLink {
  readonly #host: ReplicationHost
  readonly #events: LinkEvents
  #state: LinkState = { type: 'waiting' }
  #socket: Socket | null = null
  #retryTimer: NodeJS.Timeout | null = null
  readonly #acknowledgeTimer: NodeJS.Timeout
  /** The last stream of which the first copy was completed, for its offset. */
  #stream: PrimaryStream | null = null
  #retryMs = FIRST_RETRY_MS
  /** What was complained of last: a primary that refuses again and again is reported once. */
  #complaint = ''
  #lastIoMs: number
  #downSinceMs: number
  #closed = false

  constructor(
    host: ReplicationHost,
    readonly primaryHost: string,
    readonly primaryPort: number,
    events: LinkEvents,
  ) {
    this.#host = host
    this.#events = events
    this.#lastIoMs = this.#downSinceMs = host.clock.nowMs()
    this.#acknowledgeTimer = setInterval(() => this.#tick(), ACKNOWLEDGE_MS)
    this.#acknowledgeTimer.unref()
    this.#connect()
  }

  get status(): PrimaryLinkStatus {
    const nowMs = this.#host.clock.nowMs()
    const isOnline = this.#state.type === 'online'
    return {
      host: this.primaryHost,
      port: this.primaryPort,
      state: stateNames[this.#state.type],
      offset: this.#stream?.offset ?? 0,
      lastIoSeconds: isOnline ? Math.floor((nowMs - this.#lastIoMs) / 1000) : -1,
      downSeconds: isOnline ? 0 : Math.floor((nowMs - this.#downSinceMs) / 1000),
    }
  }

  /** Ends the link for good. */
  close(): void {
    this.#closed = true
    clearInterval(this.#acknowledgeTimer)
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#socket?.destroy()
  }

  #connect(): void {
    const { config, port } = this.#host
    const handshake = new PrimaryHandshake({
      port,
      password: config.text('masterauth'),
      userName: config.text('masteruser'),
    })
    this.#state = { type: 'connecting', handshake }
    this.#lastIoMs = this.#host.clock.nowMs()
    const socket = connect({ host: this.primaryHost, port: this.primaryPort, noDelay: true })
    this.#socket = socket
    socket.write(handshake.request, 'latin1')
    socket.on('data', (chunk) => this.#receive(socket, chunk))
    // An error is always followed by 'close'; the reason matters only while nothing has worked yet.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#lost(socket))
  }

  #receive(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket || socket.destroyed) return
    this.#lastIoMs = this.#host.clock.nowMs()
    try {
      this.#advance(chunk)
    } catch (error) {
      this.#restart(error instanceof Error ? error.message : String(error))
    }
  }

  #advance(chunk: Buffer): void {
    const state = this.#state
    switch (state.type) {
      case 'waiting':
        return
      case 'connecting': {
        const progress = state.handshake.push(chunk)
        if (progress.type === 'refused') this.#restart(`the primary answered: ${progress.answer}`)
        if (progress.type !== 'complete') return
        this.#state = { type: 'syncing', stream: new PrimaryStream() }
        if (progress.rest.length > 0) this.#advance(progress.rest)
        return
      }
      case 'syncing':
      case 'online':
        state.stream.push(chunk)
        for (const step of state.stream.steps()) {
          this.#follow(step, state.stream)
          if (this.#socket?.destroyed) return
        }
        return
      default:
        state satisfies never
    }
  }

  #follow(step: StreamStep, stream: PrimaryStream): void {
    switch (step.type) {
      case 'apply':
        this.#apply(step.effects)
        return
      case 'synced':
        this.#state = { type: 'online', stream }
        this.#stream = stream
        this.#retryMs = FIRST_RETRY_MS
        this.#complaint = ''
        this.#host.log('notice', `Synchronised with primary ${this.primaryHost}:${this.primaryPort}`)
        this.#events.synced(step.replicationId)
        this.#acknowledge()
        return
      case 'acknowledge':
        this.#acknowledge()
        return
      default:
        step satisfies never
    }
  }

  #apply(effects: readonly Effect[]): void {
    const answers = this.#host.applyEffects(effects)
    this.#events.applied(effects)
    const failed = answers.findIndex((answer) => answer instanceof WireError)
    if (failed === -1) return
    const answer = answers[failed]
    const name = effects[failed]?.argv[0]
    this.#restart(`'${name}' was answered: ${answer instanceof WireError ? answer.message : ''}`)
  }

  #acknowledge(): void {
    if (this.#state.type !== 'online') return
    this.#socket?.write(encodeCommand(['REPLCONF', 'ACK', String(this.#state.stream.offset)]), 'latin1')
  }

  #tick(): void {
    const silentMs = this.#host.clock.nowMs() - this.#lastIoMs
    if (this.#state.type === 'waiting') return
    if (silentMs > this.#host.config.number('repl-timeout') * 1000)
      this.#restart('nothing came for repl-timeout seconds')
    else this.#acknowledge()
  }

  #restart(reason: string): void {
    if (reason !== this.#complaint) {
      this.#complaint = reason
      const primary = `${this.primaryHost}:${this.primaryPort}`
      this.#host.log('warning', `Lost step with primary ${primary}, starting anew: ${reason}`)
    }
    this.#socket?.destroy()
  }

  #lost(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#socket = null
    if (this.#closed) return
    if (this.#state.type === 'online') this.#downSinceMs = this.#host.clock.nowMs()
    this.#state = { type: 'waiting' }
    this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs)
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2)
  }
}

const stateNames = {
  waiting: 'connect',
  connecting: 'connecting',
  syncing: 'sync',
  online: 'connected',
} as const satisfies Record<LinkState['type'], PrimaryLinkStatus['state']>
