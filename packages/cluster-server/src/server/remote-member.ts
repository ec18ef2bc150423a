import type { Member, MemberAddress, MemberOptions } from './member.js'
import type { MemberChannel } from './member-channel.js'
import type { MemberCall, MemberOutcome } from './member-messages.js'

interface PendingCall {
  readonly resolve: (address: MemberAddress | null) => void
  readonly reject: (error: Error) => void
}

type Life =
  | { readonly type: 'running' }
  | { readonly type: 'ending' }
  | { readonly type: 'ended'; readonly reason: string }

/** A node that does not end by itself is ended by force after this time. */
const CLOSE_TIMEOUT_MS = 5000

/** A node of a cluster in another thread or process. */
export class RemoteMember implements Member {
  readonly #channel: MemberChannel
  readonly #pending = new Map<number, PendingCall>()
  readonly #exitListeners: ((reason: string) => void)[] = []
  readonly #ended: Promise<void>
  #life: Life = { type: 'running' }
  #lastCallId = 0
  #viewListener: ((nodesFile: string) => void) | null = null

  constructor(channel: MemberChannel) {
    this.#channel = channel
    channel.onMessage((message) => {
      if (message.type === 'view') this.#viewListener?.(message.nodesFile)
      else this.#settle(message.callId, message.outcome)
    })
    this.#ended = new Promise((resolve) => {
      channel.onEnd((reason) => {
        this.#handleEnd(reason)
        resolve()
      })
    })
  }

  async start(options: MemberOptions): Promise<MemberAddress> {
    const address = await this.#call({ type: 'start', options })
    if (address === null) throw new Error('the node did not say where it listens')
    return address
  }

  async join(nodesFile: string): Promise<void> {
    await this.#call({ type: 'join', nodesFile })
  }

  async awaitJoined(): Promise<void> {
    await this.#call({ type: 'awaitJoined' })
  }

  async reportFailure(nodeId: string): Promise<void> {
    await this.#call({ type: 'reportFailure', nodeId })
  }

  async close(): Promise<void> {
    if (this.#life.type === 'running') {
      this.#life = { type: 'ending' }
      // The end of the thread or process is the answer that counts.
      this.#send({ type: 'close' }, { resolve: () => {}, reject: () => {} })
    }
    const timer = setTimeout(() => this.#channel.terminate(), CLOSE_TIMEOUT_MS)
    await this.#ended
    clearTimeout(timer)
  }

  async kill(): Promise<void> {
    if (this.#life.type === 'running') this.#life = { type: 'ending' }
    this.#channel.terminate()
    await this.#ended
  }

  onView(listener: (nodesFile: string) => void): void {
    this.#viewListener = listener
  }

  onExit(listener: (reason: string) => void): void {
    this.#exitListeners.push(listener)
  }

  #call(call: MemberCall): Promise<MemberAddress | null> {
    if (this.#life.type !== 'running') return Promise.reject(new Error(this.#whyGone()))
    return new Promise((resolve, reject) => this.#send(call, { resolve, reject }))
  }

  #send(call: MemberCall, pending: PendingCall): void {
    const callId = ++this.#lastCallId
    this.#pending.set(callId, pending)
    this.#channel.post({ callId, call })
  }

  #settle(callId: number, outcome: MemberOutcome): void {
    const call = this.#pending.get(callId)
    this.#pending.delete(callId)
    if (outcome.type === 'done') call?.resolve(outcome.address)
    else call?.reject(new Error(outcome.message))
  }

  #whyGone(): string {
    return this.#life.type === 'ended' ? this.#life.reason : 'the node is being closed'
  }

  #handleEnd(reason: string): void {
    const wasRunning = this.#life.type === 'running'
    this.#life = { type: 'ended', reason }
    for (const call of this.#pending.values()) call.reject(new Error(reason))
    this.#pending.clear()
    if (wasRunning) for (const listener of this.#exitListeners) listener(reason)
  }
}
