import type { ReplicaWait } from './connection.js'
import type { NodeClient } from './node-client.js'
import type { NodeReply } from './node-reply.js'
import type { WireCommand } from './wire-command.js'

/** The answer to a write, and how many replicas have it. */
export interface ConfirmedReply {
  readonly reply: NodeReply
  /** Null where that is not known: the server went away, or does not know WAIT. */
  readonly acknowledged: number | null
}

interface Waiting {
  readonly command: WireCommand
  readonly asking: boolean
  readonly wait: ReplicaWait
  readonly settle: (reply: ConfirmedReply) => void
}

/** Sockets to one node at most: WAIT holds up everything that is sent behind it. */
const MOST_SOCKETS = 4
const MOST_PER_BATCH = 200

/**
 * Writes to one node that replicas confirm. Redis counts what the socket of a WAIT has written, and answers nothing else on
 * it until then: so these writes have sockets of their own, one batch with one WAIT behind it at a time. While all are
 * busy, what is given waits for the next one, and leaves together.
 */
export class ConfirmingNode {
  readonly #open: () => NodeClient
  readonly #clients: NodeClient[] = []
  readonly #idle: NodeClient[] = []
  readonly #claimedScripts = new Set<string>()
  #waiting: Waiting[] = []
  #isScheduled = false
  #isClosed = false

  /** @param open Makes one more socket to the node; this object closes it. */
  constructor(open: () => NodeClient) {
    this.#open = open
  }

  /** Sends one write; with `asking` it is preceded by ASKING. Never rejects. */
  send(command: WireCommand, asking: boolean, wait: ReplicaWait): Promise<ConfirmedReply> {
    return new Promise((settle) => {
      this.#waiting.push({ command, asking, wait, settle })
      if (this.#isScheduled) return
      this.#isScheduled = true
      process.nextTick(() => {
        this.#isScheduled = false
        this.#claimedScripts.clear()
        this.#dispatch()
      })
    })
  }

  /** True for the first to ask since the last batch left: that one brings the source of a script for all that follow. */
  claimScript(sha1: string): boolean {
    if (this.#claimedScripts.has(sha1)) return false
    this.#claimedScripts.add(sha1)
    return true
  }

  /** What waits is answered with `notSent`. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const client = this.#lease()
      if (client === undefined) return
      void this.#run(client, this.#takeBatch())
    }
  }

  #lease(): NodeClient | undefined {
    const idle = this.#idle.pop()
    if (idle !== undefined || this.#clients.length >= MOST_SOCKETS) return idle
    const client = this.#open()
    this.#clients.push(client)
    if (this.#isClosed) void client.close()
    return client
  }

  /** The first that wait, as far as one WAIT serves them. */
  #takeBatch(): readonly Waiting[] {
    const first = this.#waiting[0]?.wait
    const batch: Waiting[] = []
    const left: Waiting[] = []
    for (const waiting of this.#waiting) {
      const { replicas, timeoutMs } = waiting.wait
      const fits = replicas === first?.replicas && timeoutMs === first.timeoutMs && batch.length < MOST_PER_BATCH
      if (fits) batch.push(waiting)
      else left.push(waiting)
    }
    this.#waiting = left
    return batch
  }

  async #run(client: NodeClient, batch: readonly Waiting[]): Promise<void> {
    const wait = batch[0]?.wait
    // Given in one turn, so that they leave in one write, in this order.
    const sent = batch.map(({ command, asking }) => client.send(command, asking))
    const confirmed = client.send({ name: 'WAIT', args: [String(wait?.replicas), String(wait?.timeoutMs)] })
    const replies = await Promise.all(sent)
    const count = await confirmed
    this.#idle.push(client)
    this.#dispatch()
    const acknowledged = count.type === 'value' && Number.isSafeInteger(count.value) ? Number(count.value) : null
    for (const [index, { settle }] of batch.entries()) {
      const reply = replies[index]
      if (reply !== undefined) settle({ reply, acknowledged })
    }
  }
}
