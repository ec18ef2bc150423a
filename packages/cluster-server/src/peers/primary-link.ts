import { connect, type Socket } from 'node:net'
import type { PrimaryLinkStatus } from '../commands/replication-state.js'
import { AppliedStream } from './applied-stream.js'
import { CopyTransfer } from './copy-transfer.js'
import { encodeCommand } from './effect-encoder.js'
import type { LinkOwner } from './link-owner.js'
import { type HandshakeProgress, PrimaryHandshake } from './primary-handshake.js'
import type { HistoryPoint } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'
import { streamRequest } from './stream-request.js'

const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 1000
const TICK_MS = 1000

type LinkState =
  | { readonly type: 'waiting' }
  | { readonly type: 'connecting' }
  | { readonly type: 'handshake'; readonly handshake: PrimaryHandshake }
  | { readonly type: 'copying'; readonly transfer: CopyTransfer }
  | { readonly type: 'online'; readonly stream: AppliedStream; readonly unlist: () => void }

/**
 * The link from a replica to its primary. It is taken up again whenever it is lost, until it is closed: the stream goes
 * on where it was, or all data are copied anew. What the primary sends is applied as it comes; an answer that is an
 * error means that the copies differ, which is logged, and makes the link begin anew with a copy unless
 * `propagation-error-behavior` is `ignore`.
 */
export class PrimaryLink {
  readonly #owner: LinkOwner
  readonly #host: ReplicationHost
  #state: LinkState = { type: 'waiting' }
  #socket: Socket | null = null
  #retryTimer: NodeJS.Timeout | null = null
  readonly #tickTimer: NodeJS.Timeout
  #retryMs = FIRST_RETRY_MS
  /** What was complained of last: a primary that refuses again and again is reported once. */
  #complaint = ''
  #lastIoMs: number
  #closed = false

  constructor(
    owner: LinkOwner,
    readonly primaryHost: string,
    readonly primaryPort: number,
  ) {
    this.#owner = owner
    this.#host = owner.host
    this.#lastIoMs = owner.host.clock.nowMs()
    this.#tickTimer = setInterval(() => this.#tick(), TICK_MS)
    this.#tickTimer.unref()
  }

  /** Connects for the first time. */
  start(): void {
    if (this.#state.type === 'waiting' && this.#retryTimer === null) this.#connect()
  }

  get status(): PrimaryLinkStatus {
    const state = this.#state
    const isOnline = state.type === 'online'
    const { resumePoint, downSinceMs } = this.#owner
    return {
      host: this.primaryHost,
      port: this.primaryPort,
      state: stateNames[state.type],
      offset: isOnline ? state.stream.offset : (resumePoint?.offset ?? 1),
      copyOffset: isOnline ? state.stream.offset : (resumePoint?.offset ?? 0),
      receivedOffset: isOnline ? state.stream.received : (resumePoint?.offset ?? 1),
      lastIoSeconds: isOnline ? this.#secondsSince(this.#lastIoMs) : -1,
      downSeconds: isOnline ? 0 : downSinceMs === null ? -1 : this.#secondsSince(downSinceMs),
      transfer: this.#transferStatus(),
    }
  }

  get isOnline(): boolean {
    return this.#state.type === 'online'
  }

  /** Unix time in milliseconds at which the last byte came. */
  get lastIoMs(): number {
    return this.#lastIoMs
  }

  /** Where the stream is; null before it has begun. */
  get point(): HistoryPoint | null {
    return this.#state.type === 'online' ? this.#state.stream.point : null
  }

  /** Ends the link for good. */
  close(): void {
    this.#closed = true
    clearInterval(this.#tickTimer)
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#drop()
  }

  #connect(): void {
    const { config } = this.#host
    this.#host.log('notice', `Connecting to MASTER ${this.primaryHost}:${this.primaryPort}`)
    this.#retryTimer = null
    this.#state = { type: 'connecting' }
    this.#lastIoMs = this.#host.clock.nowMs()
    const localAddress = config.text('bind-source-addr')
    const socket = connect({
      host: this.primaryHost,
      port: this.primaryPort,
      noDelay: true,
      ...(localAddress !== '' && { localAddress }),
    })
    this.#socket = socket
    this.#host.log('notice', 'MASTER <-> REPLICA sync started')
    socket.on('connect', () => this.#connected(socket))
    socket.on('data', (chunk) => this.#receive(socket, chunk))
    // An error is always followed by 'close'; the reason matters only while nothing has worked yet.
    socket.on('error', (error) => {
      if (this.#state.type === 'connecting') this.#complain(`Error condition on socket for SYNC: ${error.message}`)
      socket.destroy()
    })
    socket.on('close', () => this.#lost(socket))
  }

  #connected(socket: Socket): void {
    if (socket !== this.#socket || this.#state.type !== 'connecting') return
    const { config, port } = this.#host
    this.#host.log('notice', 'Non blocking connect for SYNC fired the event.')
    const handshake = new PrimaryHandshake({
      port: config.number('replica-announce-port') || port,
      address: config.text('replica-announce-ip'),
      password: config.text('masterauth'),
      userName: config.text('masteruser'),
      request: () => streamRequest(this.#owner),
    })
    this.#state = { type: 'handshake', handshake }
    socket.write(handshake.request, 'latin1')
  }

  #receive(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket || socket.destroyed) return
    this.#lastIoMs = this.#host.clock.nowMs()
    if (this.#state.type === 'copying' || this.#state.type === 'online') this.#host.countInput(chunk.length)
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
      case 'connecting':
        return
      case 'handshake':
        this.#follow(state.handshake.push(chunk))
        return
      case 'copying':
        state.transfer.push(chunk)
        return
      case 'online':
        state.stream.push(chunk)
        return
      default:
        state satisfies never
    }
  }

  #follow(progress: HandshakeProgress): void {
    switch (progress.type) {
      case 'waiting':
        this.#socket?.write(progress.request, 'latin1')
        return
      case 'refused':
        if (progress.isAnswer && !this.#owner.answered(false)) return
        this.#restart(progress.complaint)
        return
      case 'unsupported':
        this.#host.log('notice', progress.complaint)
        if (!this.#owner.answered(false)) return
        this.#host.log('notice', 'Retrying with SYNC...')
        this.#socket?.write('SYNC\r\n')
        this.#awaitCopy('', -1, Buffer.alloc(0))
        return
      case 'full': {
        if (!this.#owner.answered(true)) return
        const { replicationId, offset, rest } = progress
        this.#host.log('notice', `Full resync from master: ${replicationId}:${offset}`)
        this.#awaitCopy(replicationId, offset, rest)
        return
      }
      case 'continued': {
        if (!this.#owner.answered(true)) return
        this.#host.log('notice', 'Successful partial resynchronization with master.')
        const point = this.#owner.continued(progress.replicationId)
        this.#host.log('notice', 'MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.')
        this.#goOnline(point, [progress.rest])
        return
      }
      default:
        progress satisfies never
    }
  }

  #awaitCopy(replicationId: string, offset: number, rest: Buffer): void {
    const owner = this.#owner
    const transfer = new CopyTransfer(
      {
        host: this.#host,
        get replicationId() {
          return owner.replicationId
        },
        pause: () => this.#socket?.pause(),
        resume: () => {
          this.#lastIoMs = this.#host.clock.nowMs()
          this.#socket?.resume()
        },
        replacing: () => owner.replacing(),
        loaded: (point, behind) => this.#copied(point, behind),
        failed: (reason) => this.#restart(reason),
      },
      replicationId,
      offset,
    )
    this.#state = { type: 'copying', transfer }
    if (rest.length > 0) this.#advance(rest)
  }

  #copied(point: HistoryPoint, rest: readonly Buffer[]): void {
    this.#owner.synced(point)
    this.#host.log('notice', 'MASTER <-> REPLICA sync: Finished with success')
    this.#goOnline(point, rest)
    if (this.#socket !== null) this.#acknowledge()
    // The connection has gone while the copy was loaded.
    else if (this.isOnline) this.#abort()
  }

  #goOnline(point: HistoryPoint, rest: readonly Buffer[]): void {
    const socket = this.#socket
    const unlist = this.#host.listPrimary({
      remote: { host: socket?.remoteAddress ?? this.primaryHost, port: this.primaryPort },
      local: { host: socket?.localAddress ?? '', port: socket?.localPort ?? 0 },
      close: () => {
        if (socket !== null) this.#cut(socket)
      },
    })
    this.#state = { type: 'online', stream: this.#makeStream(point), unlist }
    this.#retryMs = FIRST_RETRY_MS
    this.#complaint = ''
    this.#lastIoMs = this.#host.clock.nowMs()
    socket?.resume()
    for (const chunk of rest) if (chunk.length > 0) this.#advance(chunk)
  }

  #makeStream(point: HistoryPoint): AppliedStream {
    return new AppliedStream(
      {
        host: this.#host,
        passOn: (bytes) => this.#owner.passOn(bytes),
        acknowledge: () => this.#acknowledge(),
        diverged: () => {
          this.#restart('The data differ from those of the primary.')
          this.#owner.diverged()
        },
        failed: (reason) => this.#restart(reason),
      },
      point,
    )
  }

  #acknowledge(): void {
    if (this.#state.type !== 'online' || !this.#state.stream.isNamed) return
    this.#socket?.write(encodeCommand(['REPLCONF', 'ACK', String(this.#state.stream.offset)]), 'latin1')
  }

  #tick(): void {
    const state = this.#state
    const timeoutMs = this.#host.config.number('repl-timeout') * 1000
    const isLate = this.#host.clock.nowMs() - this.#lastIoMs > timeoutMs
    switch (state.type) {
      case 'waiting':
        return
      case 'connecting':
      case 'handshake':
        if (isLate) this.#restart('Timeout connecting to the MASTER...')
        return
      case 'copying':
        // Loading keeps nobody waiting but this node, and an empty line shows the primary that it is alive.
        if (state.transfer.isLoading) this.#socket?.write('\n')
        if (isLate && this.#socket?.isPaused() === false) {
          this.#restart(
            "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.",
          )
        }
        return
      case 'online':
        if (isLate) this.#restart('MASTER timeout: no data nor PING received...')
        else this.#acknowledge()
        return
      default:
        state satisfies never
    }
  }

  #complain(reason: string): void {
    if (reason === this.#complaint) return
    this.#complaint = reason
    this.#host.log('notice', reason)
  }

  #restart(reason: string): void {
    this.#complain(reason)
    const socket = this.#socket
    // It may be gone already, while a copy that was complete by then is loaded.
    if (socket === null) this.#abort()
    else this.#cut(socket)
  }

  #cut(socket: Socket): void {
    socket.destroy()
    // Not only once the event loop says so: whoever asks next is told that the link is down.
    this.#lost(socket)
  }

  #lost(socket: Socket): void {
    if (socket !== this.#socket) return
    const state = this.#state
    // It is loaded to its end, and the stream goes on from it on another connection.
    if (state.type === 'copying' && state.transfer.needsNoConnection) this.#socket = null
    else this.#abort()
  }

  #abort(): void {
    const wasOnline = this.#state.type === 'online'
    const wasCopying = this.#state.type === 'copying'
    if (wasOnline) this.#host.log('notice', 'Connection with master lost.')
    this.#drop()
    if (this.#closed) return
    if (wasOnline || wasCopying) {
      this.#host.log('notice', `Reconnecting to MASTER ${this.primaryHost}:${this.primaryPort} after failure`)
    }
    // A link that worked is taken up again at once: the primary does not keep for long what is missed.
    const delayMs = wasOnline ? 0 : this.#retryMs
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs)
    if (!wasOnline) this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2)
  }

  /** Lets go of the connection, and of all that depends on it. */
  #drop(): void {
    const state = this.#state
    const { point } = this
    this.#socket?.destroy()
    this.#socket = null
    this.#state = { type: 'waiting' }
    if (state.type === 'online') {
      state.stream.close()
      state.unlist()
      this.#owner.lost(point)
    }
    if (state.type === 'copying') state.transfer.close()
  }

  #transferStatus(): PrimaryLinkStatus['transfer'] {
    const state = this.#state
    if (state.type !== 'copying') return null
    return { ...state.transfer.status, lastIoSeconds: this.#secondsSince(this.#lastIoMs) }
  }

  #secondsSince(unixMs: number): number {
    return Math.floor((this.#host.clock.nowMs() - unixMs) / 1000)
  }
}

const stateNames = {
  waiting: 'connect',
  connecting: 'connecting',
  handshake: 'handshake',
  copying: 'sync',
  online: 'connected',
} as const satisfies Record<LinkState['type'], PrimaryLinkStatus['state']>
