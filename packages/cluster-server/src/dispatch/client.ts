import { SUPERUSER, type User } from '../acl/user.js'
import type { ClientLink, ClientState, ReplyMode, WordSizes } from '../commands/context.js'
import type { ClientTracking } from '../commands/tracking-state.js'
import { NO_SUBSCRIPTIONS } from '../pubsub/pubsub.js'
import type { Reply } from '../resp/reply.js'
import { encodeReply } from '../resp/reply-encoder.js'
import { NO_OUTPUT, type SharedOutput, type SharedPush } from '../resp/shared-push.js'
import { REPLY_TOO_LONG } from '../wire-errors.js'
import type { PreparedCommand } from './prepared-command.js'
import { QueryBuffer } from './query-buffer.js'
import { ReplyBuffer } from './reply-buffer.js'

const NO_WORDS: WordSizes = { count: 0, bytes: 0 }

/** A command that waits for EXEC. */
export interface QueuedCommand {
  readonly command: PreparedCommand
  readonly argv: readonly string[]
}

/** What happens between MULTI and EXEC. */
export interface OpenTransaction {
  readonly queue: QueuedCommand[]
  /** A command was refused: EXEC will not run. */
  failed: boolean
}

/** A key that WATCH was called on. */
export interface WatchedKey {
  readonly databaseIndex: number
  readonly key: string
  /** Its deadline had passed at WATCH, and it has not been removed since. */
  wasExpired: boolean
}

/** The connection below a client. */
export interface ClientConnection extends ClientLink {
  readonly inputBytes: number
  /** Bytes of commands that are not complete, or wait for their turn. */
  readonly unfinishedBytes: number
  /** `inputBytes`, and the rest of a bulk string that was announced. */
  readonly reservedInputBytes: number
  readonly unfinishedWords: WordSizes
  /** Sends what the client has to say once the current work is done. */
  scheduleFlush(): void
  /** Goes on with the commands that arrived while the client waited. */
  resume(): void
  closeAfterFlush(): void
  /** Closes a client whose class has an output limit, as any limit is too small. @returns false when it has none */
  refuseLongReply(): boolean
}

/** Where a client stands: it takes commands; it waits; a pause holds its command back; or it is gone. */
export type ClientActivity = 'ready' | 'blocked' | 'paused' | 'closing' | 'closed'

export interface ClientOptions {
  readonly id: number
  readonly address: string
  readonly localAddress: string
  readonly connectedAtMs: number
  readonly authenticated: boolean
  /** Default: one that may do everything. */
  readonly user?: User
  readonly isReplicationStream?: boolean
  /** Whose script it is that runs commands through this client. */
  readonly scriptCaller?: Client
}

/** The state of one connection, or of an inner client without one (a script, the stream of a primary). */
export class Client implements ClientState {
  readonly id: number
  readonly address: string
  readonly localAddress: string
  readonly connectedAtMs: number
  readonly isReplicationStream: boolean
  readonly scriptCaller: Client | null
  /** Runs the commands of its scripts; kept from one script to the next. */
  scriptClient: Client | null = null
  channels = NO_SUBSCRIPTIONS
  patterns = NO_SUBSCRIPTIONS
  shardChannels = NO_SUBSCRIPTIONS
  name = ''
  user: User
  libraryName = ''
  libraryVersion = ''
  protocol: 2 | 3 = 2
  databaseIndex = 0
  authenticated: boolean
  readsReplicas = false
  asking = false
  /** ASKING holds for the command that runs. */
  isAsking = false
  replyMode: ReplyMode = 'on'
  noEvict = false
  tracking: ClientTracking | null = null
  /** Who was told instead when tracking was last turned on; what is still to be told goes there after it was turned off. */
  trackingRedirection = 0
  isMonitor = false
  isReplica = false
  lastActiveMs: number
  lastCommand = 'NULL'
  activity: ClientActivity = 'ready'
  transaction: OpenTransaction | null = null
  watched: WatchedKey[] = []
  /** A watched key was changed. */
  watchFailed = false
  /** How far the stream to replicas reached behind the client's last command; for WAIT. */
  writtenOffset = 0
  /** Latin1 text that the socket has not been given yet. */
  pendingOutput = ''
  connection: ClientConnection | null = null
  readonly replyBuffer = new ReplyBuffer()
  readonly queryBuffer = new QueryBuffer()
  readonly #initialUser: User
  /** What the last shared message left to be sent; outdated once its text is not `pendingOutput` any more. */
  #shared: SharedOutput = NO_OUTPUT

  constructor(options: ClientOptions) {
    this.id = options.id
    this.address = options.address
    this.localAddress = options.localAddress
    this.connectedAtMs = options.connectedAtMs
    this.lastActiveMs = options.connectedAtMs
    this.authenticated = options.authenticated
    this.isReplicationStream = options.isReplicationStream ?? false
    this.scriptCaller = options.scriptCaller ?? null
    this.user = options.user ?? SUPERUSER
    this.#initialUser = this.user
  }

  get link(): ClientLink | null {
    return this.connection
  }

  get inTransaction(): boolean {
    return this.transaction !== null
  }

  get queuedCount(): number {
    return this.transaction?.queue.length ?? 0
  }

  get queuedBytes(): number {
    return (this.transaction?.queue ?? []).reduce(
      (sum, { argv }) => sum + argv.reduce((all, word) => all + word.length + 8, 0),
      0,
    )
  }

  get watchedCount(): number {
    return this.watched.length
  }

  get isBlocked(): boolean {
    return this.activity === 'blocked'
  }

  get isClosing(): boolean {
    return this.activity === 'closing'
  }

  get subscriptionCount(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size
  }

  get inputBytes(): number {
    return this.connection?.inputBytes ?? 0
  }

  get reservedInputBytes(): number {
    return this.connection?.reservedInputBytes ?? 0
  }

  get unfinishedWords(): WordSizes {
    return this.connection?.unfinishedWords ?? NO_WORDS
  }

  get outputBytes(): number {
    return this.pendingOutput.length + (this.connection?.bufferedBytes ?? 0)
  }

  /** What its buffers take, in both directions. */
  get bufferBytes(): number {
    return (this.connection?.unfinishedBytes ?? 0) + this.outputBytes
  }

  /** Answers a command. */
  reply(reply: Reply): void {
    if (reply === REPLY_TOO_LONG) this.#refuseLongReply()
    else this.#send(reply)
  }

  push(reply: Reply): void {
    this.#send(reply)
    this.connection?.scheduleFlush()
  }

  /** What is to be sent, which is the caller's matter from now on. */
  takeOutput(): string {
    const text = this.pendingOutput
    this.pendingOutput = ''
    this.#shared = NO_OUTPUT
    return text
  }

  /** Sends what others are sent too. */
  pushShared(message: SharedPush): void {
    const shared = this.#shared
    const before =
      this.pendingOutput.length === 0
        ? NO_OUTPUT
        : shared.text === this.pendingOutput
          ? shared
          : { text: this.pendingOutput }
    try {
      this.#shared = message.behind(before, this.protocol)
      this.pendingOutput = this.#shared.text
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#refuseLongReply()
    }
    this.connection?.scheduleFlush()
  }

  /** Sends latin1 text that is encoded already, in order with all else. */
  pushText(text: string): void {
    this.pendingOutput += text
    this.connection?.scheduleFlush()
  }

  /** Hazard: no string of V8 is longer than 512 MB. An answer that would be is replaced, as Redis drops such a client. */
  #send(reply: Reply): void {
    try {
      this.pendingOutput += encodeReply(reply, this.protocol)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#refuseLongReply()
    }
  }

  #refuseLongReply(): void {
    if (this.connection?.refuseLongReply()) return
    this.pendingOutput = encodeReply(REPLY_TOO_LONG, this.protocol)
    this.closeAfterReply()
  }

  closeAfterReply(): void {
    if (this.activity !== 'closed') this.activity = 'closing'
    this.connection?.closeAfterFlush()
  }

  reset(): void {
    this.name = ''
    this.user = this.#initialUser
    this.protocol = 2
    this.databaseIndex = 0
    this.authenticated = this.#initialUser.admitsEverybody
    this.readsReplicas = false
    this.asking = false
    this.replyMode = 'on'
    this.noEvict = false
    this.isMonitor = false
  }
}
