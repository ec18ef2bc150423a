import { connect, type Socket } from 'node:net'
import type { PrimaryLinkStatus } from '../commands/replication-state.js'
import { applyEffects } from './applied-effects.js'
import { ArrivingCopy, CopyHeaderReader } from './arriving-copy.js'
import { encodeCommand } from './effect-encoder.js'
import { type HandshakeProgress, PrimaryHandshake } from './primary-handshake.js'
import { PrimaryStream, type StreamPiece } from './primary-stream.js'
import type { HistoryPoint } from './replication-history.js'
import type { CopyLoad, LoadMode, ReplicationHost } from './replication-host.js'

/** How soon a paused replica looks again whether it may go on. */
const HELD_BACK_MS = 20
const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 1000
const TICK_MS = 1000

type Transfer =
  | { readonly type: 'announced'; readonly header: CopyHeaderReader }
  | { readonly type: 'arriving'; readonly copy: ArrivingCopy; load: CopyLoad | null; readonly mode: LoadMode }

type LinkState =
  | { readonly type: 'waiting' }
  | { readonly type: 'connecting' }
  | { readonly type: 'handshake'; readonly handshake: PrimaryHandshake }
  /** `rest` is what follows the copy. */
  | {
      readonly type: 'copying'
      readonly replicationId: string
      readonly offset: number
      transfer: Transfer
      rest: Buffer[]
    }
  | { readonly type: 'online'; readonly stream: PrimaryStream; readonly replicationId: string; unlist: () => void }

/** What a link needs of the replication that it belongs to, and reports to it. */
export interface LinkOwner {
  readonly host: ReplicationHost
  readonly replicationId: string
  /** From where this node could go on; null when it needs a copy. */
  readonly resumePoint: HistoryPoint | null
  /** Unix time in milliseconds since when there has been no link; null when there never was one. */
  readonly downSinceMs: number | null
  /** The primary is asked to become one: this node hands its role over. */
  readonly handsOver: boolean
  /** The primary has answered PSYNC. @returns false when the link is not wanted any more */
  answered(isAccepted: boolean): boolean
  /** The data of this node are about to be replaced by a copy. */
  replacing(): void
  /** The primary goes on, under this id. @returns where */
  continued(replicationId: string | null): HistoryPoint
  /** The first copy is complete; the stream goes on from here. */
  synced(point: HistoryPoint): void
  /** A part of the stream that was applied; a replica of this replica needs it too. */
  passOn(bytes: Buffer): void
  /** The data are not those of the primary any more, behind the loss of the link. */
  diverged(): void
  /** The link is lost. `point` is where it was; null when there is nothing to go on from. */
  lost(point: HistoryPoint | null): void
}

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
  #isHeldBack = false
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
    const state = this.#state
    // What came with SYNC has no name under which it could be asked for again.
    if (state.type !== 'online' || state.replicationId === '') return null
    const { offset, databaseIndex } = state.stream
    return { replicationId: state.replicationId, offset, databaseIndex }
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
      request: () => this.#psync(),
    })
    this.#state = { type: 'handshake', handshake }
    socket.write(handshake.request, 'latin1')
  }

  #psync(): string[] {
    const { resumePoint, handsOver } = this.#owner
    const failover = handsOver ? ['FAILOVER'] : []
    if (resumePoint === null) {
      this.#host.log('notice', 'Partial resynchronization not possible (no cached master)')
      return ['PSYNC', '?', '-1', ...failover]
    }
    const { replicationId, offset } = resumePoint
    this.#host.log('notice', `Trying a partial resynchronization (request ${replicationId}:${offset + 1}).`)
    return ['PSYNC', replicationId, String(offset + 1), ...failover]
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
        this.#receiveCopy(state, chunk)
        return
      case 'online':
        state.stream.push(chunk)
        this.#applyStream(state.stream)
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
    const transfer: Transfer = { type: 'announced', header: new CopyHeaderReader() }
    this.#state = { type: 'copying', replicationId, offset, transfer, rest: [] }
    if (rest.length > 0) this.#advance(rest)
  }

  #receiveCopy(state: Extract<LinkState, { type: 'copying' }>, chunk: Buffer): void {
    const { transfer } = state
    if (transfer.type === 'announced') {
      const announced = transfer.header.push(chunk)
      if (announced === undefined) return
      const { header, rest } = announced
      const mode = this.#host.loadMode()
      const goal = mode === 'disk' ? 'to disk' : 'to parser'
      this.#host.log(
        'notice',
        header.type === 'mark'
          ? `MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF ${goal}`
          : `MASTER <-> REPLICA sync: receiving ${header.bytes} bytes from master ${goal}`,
      )
      const store = mode === 'disk' ? this.#host.openStore() : null
      state.transfer = { type: 'arriving', copy: new ArrivingCopy(header, store), load: null, mode }
      this.#receiveCopy(state, rest)
      return
    }
    const { copy, mode } = transfer
    const rest = copy.push(chunk)
    if (rest.length > 0) state.rest.push(rest)
    if (transfer.load !== null) transfer.load.advance()
    else if (copy.isComplete || (mode !== 'disk' && copy.received > 0)) this.#load(state, transfer)
    // The rest of the stream waits in the socket until all is loaded.
    const waits = copy.isComplete || transfer.load?.wantsMore === false
    if (waits && this.#state === state) this.#socket?.pause()
  }

  #load(state: Extract<LinkState, { type: 'copying' }>, transfer: Extract<Transfer, { type: 'arriving' }>): void {
    const { copy, mode } = transfer
    const isAsync = mode === 'swap' && state.replicationId === this.#owner.replicationId
    transfer.load = this.#host.loadCopy(copy, mode, isAsync, {
      replacing: () => this.#owner.replacing(),
      drained: () => {
        if (this.#state !== state || copy.isComplete) return
        this.#lastIoMs = this.#host.clock.nowMs()
        this.#socket?.resume()
      },
      done: (databaseIndex) => {
        if (this.#state !== state) return
        const { replicationId, offset, rest } = state
        const point = { replicationId, offset, databaseIndex }
        this.#owner.synced(point)
        this.#host.log('notice', 'MASTER <-> REPLICA sync: Finished with success')
        this.#goOnline(point, rest)
        if (this.#socket !== null) this.#acknowledge()
        else if (this.isOnline) this.#abort()
      },
      failed: (reason) => {
        if (this.#state === state) this.#restart(reason)
      },
    })
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
    const stream = new PrimaryStream(point)
    this.#state = { type: 'online', stream, replicationId: point.replicationId, unlist }
    this.#retryMs = FIRST_RETRY_MS
    this.#complaint = ''
    this.#lastIoMs = this.#host.clock.nowMs()
    socket?.resume()
    for (const chunk of rest) if (chunk.length > 0) this.#advance(chunk)
  }

  /** Applies what has arrived; CLIENT PAUSE holds it back, and it is looked at again until that is over. */
  #applyStream(stream: PrimaryStream): void {
    const isCurrent = (): boolean => this.#state.type === 'online' && this.#state.stream === stream
    while (isCurrent()) {
      if (this.#host.isPaused()) {
        this.#retryStream(stream)
        return
      }
      const piece = stream.next()
      if (piece === undefined) return
      this.#applyPiece(piece)
    }
  }

  #applyPiece({ effects, bytes, asksForAcknowledgement }: StreamPiece): void {
    const isSame = effects.length === 0 || applyEffects(this.#host, effects)
    for (const chunk of bytes) this.#owner.passOn(chunk)
    if (!isSame) {
      this.#host.log('warning', 'A command of the primary could not be applied: all data are copied anew')
      this.#restart('The data differ from those of the primary.')
      this.#owner.diverged()
    } else if (asksForAcknowledgement) this.#acknowledge()
  }

  #retryStream(stream: PrimaryStream): void {
    if (this.#isHeldBack) return
    this.#isHeldBack = true
    const timer = setTimeout(() => {
      this.#isHeldBack = false
      this.#applyStream(stream)
    }, HELD_BACK_MS)
    timer.unref()
  }

  #acknowledge(): void {
    if (this.#state.type !== 'online' || this.#state.replicationId === '') return
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
        if (state.transfer.type === 'arriving' && state.transfer.load !== null) this.#socket?.write('\n')
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
    if (state.type === 'copying' && state.transfer.type === 'arriving' && state.transfer.copy.isComplete) {
      // All is there: it is loaded to its end, and the stream goes on from it on another connection.
      if (state.transfer.load?.isUnderWay === true) {
        this.#socket = null
        return
      }
    }
    this.#abort()
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
      state.unlist()
      this.#owner.lost(point)
    }
    if (state.type === 'copying' && state.transfer.type === 'arriving') {
      state.transfer.copy.cut()
      state.transfer.load?.abandon()
      state.transfer.copy.close()
    }
  }

  #transferStatus(): PrimaryLinkStatus['transfer'] {
    const state = this.#state
    if (state.type !== 'copying') return null
    const copy = state.transfer.type === 'arriving' ? state.transfer.copy : null
    return {
      totalBytes: copy === null ? -1 : (copy.sizeBytes ?? 0),
      readBytes: copy?.received ?? 0,
      lastIoSeconds: this.#secondsSince(this.#lastIoMs),
    }
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
