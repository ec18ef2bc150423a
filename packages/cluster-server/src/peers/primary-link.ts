import { connect, type Socket } from 'node:net'
import type { Effect, PrimaryLinkStatus } from '../commands/replication-state.js'
import { WireError } from '../wire-errors.js'
import { CopyReceiver } from './copy-receiver.js'
import { encodeCommand } from './effect-encoder.js'
import { PrimaryHandshake } from './primary-handshake.js'
import { PrimaryStream, type StreamStep } from './primary-stream.js'
import type { ReplicationHost } from './replication-host.js'

/** How soon a paused replica looks again whether it may go on. */
const HELD_BACK_MS = 20
const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 1000
const ACKNOWLEDGE_MS = 1000
/** How long a copy is loaded in one go. */
const LOAD_SLICE_MS = 5

type LinkState =
  | { readonly type: 'waiting' }
  | { readonly type: 'connecting'; readonly handshake: PrimaryHandshake }
  | {
      readonly type: 'copying'
      readonly receiver: CopyReceiver
      readonly replicationId: string
      readonly offset: number
    }
  | { readonly type: 'loading' }
  | { readonly type: 'online'; readonly stream: PrimaryStream }

/** What a link reports to the replication that it belongs to. */
export interface LinkEvents {
  /** The data of this node are about to be replaced by a copy. */
  replacing(): void
  /** A part of the stream that was applied; a replica of this replica needs it too. */
  passOn(text: string): void
  /** The first copy is complete; the stream goes on from `offset`. */
  synced(replicationId: string, offset: number): void
}

/**
 * The link from a replica to its primary. It is taken up again whenever it is lost, with a new copy of all data, until
 * it is closed: an RDB file, and then the stream. What the primary sends is applied as it comes; an answer that is an error
 * means that the copies differ, which is logged, and makes the link begin anew unless `propagation-error-behavior` is
 * `ignore`.
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
  #isHeldBack = false
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
      isLoading: this.#state.type === 'loading',
      offset: this.#stream?.offset ?? 0,
      receivedOffset: this.#stream?.received ?? 0,
      lastIoSeconds: isOnline ? Math.floor((nowMs - this.#lastIoMs) / 1000) : -1,
      downSeconds: isOnline ? 0 : Math.floor((nowMs - this.#downSinceMs) / 1000),
    }
  }

  /** Milliseconds since the last byte came, or since the link was lost. */
  get dataAgeMs(): number {
    return this.#host.clock.nowMs() - (this.#state.type === 'online' ? this.#lastIoMs : this.#downSinceMs)
  }

  /** Ends the link for good. */
  close(): void {
    this.#closed = true
    clearInterval(this.#acknowledgeTimer)
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#socket?.destroy()
  }

  /** The database that the stream is at. */
  get databaseIndex(): number {
    return this.#stream?.databaseIndex ?? 0
  }

  #connect(): void {
    const { config, port } = this.#host
    const handshake = new PrimaryHandshake({
      port: config.number('replica-announce-port') || port,
      address: config.text('replica-announce-ip'),
      password: config.text('masterauth'),
      userName: config.text('masteruser'),
    })
    this.#state = { type: 'connecting', handshake }
    this.#lastIoMs = this.#host.clock.nowMs()
    const localAddress = config.text('bind-source-addr')
    const socket = connect({
      host: this.primaryHost,
      port: this.primaryPort,
      noDelay: true,
      ...(localAddress !== '' && { localAddress }),
    })
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
        if (progress.type === 'refused') this.#restart(progress.complaint)
        if (progress.type === 'waiting') this.#socket?.write(progress.request, 'latin1')
        if (progress.type !== 'complete') return
        const { replicationId, offset, rest } = progress
        this.#state = { type: 'copying', receiver: new CopyReceiver(), replicationId, offset }
        if (rest.length > 0) this.#advance(rest)
        return
      }
      case 'copying': {
        const copy = state.receiver.push(chunk)
        if (copy === undefined) return
        this.#state = { type: 'loading' }
        this.#socket?.pause()
        this.#events.replacing()
        this.#load(this.#host.loadCopy(copy.rdb), (databaseIndex) => {
          this.#goOnline(new PrimaryStream({ offset: state.offset, databaseIndex }), state.replicationId, copy.rest)
        })
        return
      }
      case 'loading':
        // Arrived before the socket was paused.
        this.#socket?.unshift(chunk)
        return
      case 'online':
        state.stream.push(chunk)
        this.#applyStream(state.stream)
        return
      default:
        state satisfies never
    }
  }

  /** Applies what has arrived; CLIENT PAUSE holds it back, and it is looked at again until that is over. */
  #applyStream(stream: PrimaryStream): void {
    if (this.#host.isPaused()) {
      this.#retryStream(stream)
      return
    }
    for (const step of stream.steps()) {
      this.#follow(step)
      if (this.#socket === null || this.#socket.destroyed) return
    }
  }

  #retryStream(stream: PrimaryStream): void {
    if (this.#isHeldBack) return
    this.#isHeldBack = true
    const timer = setTimeout(() => {
      this.#isHeldBack = false
      if (this.#state.type === 'online' && this.#state.stream === stream) this.#applyStream(stream)
    }, HELD_BACK_MS)
    timer.unref()
  }

  /** Loads a copy in slices, between which clients are told that it is being loaded. */
  #load(steps: Generator<void, number>, done: (databaseIndex: number) => void): void {
    const socket = this.#socket
    const slice = (): void => {
      if (socket === null || socket.destroyed || socket !== this.#socket) return
      try {
        for (const endMs = performance.now() + LOAD_SLICE_MS; performance.now() < endMs; ) {
          const step = steps.next()
          if (step.done === true) {
            done(step.value)
            return
          }
        }
      } catch (error) {
        this.#restart(error instanceof Error ? error.message : String(error))
        return
      }
      setImmediate(slice)
    }
    slice()
  }

  #goOnline(stream: PrimaryStream, replicationId: string, rest: Buffer): void {
    this.#state = { type: 'online', stream }
    this.#stream = stream
    this.#retryMs = FIRST_RETRY_MS
    this.#complaint = ''
    this.#host.log('notice', `Synchronised with primary ${this.primaryHost}:${this.primaryPort}`)
    this.#events.synced(replicationId, stream.offset)
    this.#acknowledge()
    this.#socket?.resume()
    if (rest.length > 0) this.#advance(rest)
  }

  #follow(step: StreamStep): void {
    switch (step.type) {
      case 'apply':
        this.#apply(step.effects)
        return
      case 'passOn':
        this.#events.passOn(step.text)
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
    for (const [at, answer] of answers.entries()) {
      if (answer instanceof WireError) this.#differs(answer, effects[at]?.argv[0] ?? '')
    }
  }

  /** Source of the words: `afterErrorReply` of Redis 7.0.15. */
  #differs(error: WireError, command: string): void {
    const text = error.code === 'ERR' ? error.message.slice(4) : `-${error.message}`
    const name = text.startsWith('unknown command') ? '<unknown>' : command.toLowerCase()
    const line = `== CRITICAL == This replica is sending an error to its master: '${text}' after processing the command '${name}'`
    this.#host.log('warning', line)
    this.#host.countUnexpectedError()
    const { config } = this.#host
    // A node must not end the program that it may be a part of, as Redis would.
    const isStrict = config.text('propagation-error-behavior') !== 'ignore' && config.flag('replica-read-only')
    if (isStrict) this.#restart(`'${command}' was answered: ${error.message}`)
  }

  #acknowledge(): void {
    if (this.#state.type !== 'online') return
    this.#socket?.write(encodeCommand(['REPLCONF', 'ACK', String(this.#state.stream.offset)]), 'latin1')
  }

  #tick(): void {
    const silentMs = this.#host.clock.nowMs() - this.#lastIoMs
    // Loading keeps nobody waiting but this node, and an empty line shows the primary that it is alive.
    if (this.#state.type === 'loading') this.#socket?.write('\n')
    if (this.#state.type === 'waiting' || this.#state.type === 'loading') return
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
  copying: 'sync',
  loading: 'sync',
  online: 'connected',
} as const satisfies Record<LinkState['type'], PrimaryLinkStatus['state']>
