import { Redis } from 'ioredis'
import { hashSlot } from '../../../src/schema/hash-slot.js'

/** What became of a command. */
export type CommandOutcome =
  | { readonly type: 'answered'; readonly replies: readonly unknown[] }
  /** The server said no: nothing happened. */
  | { readonly type: 'refused'; readonly error: string }
  /** The connection broke, or no answer came in time: it may have happened. */
  | { readonly type: 'unknown'; readonly error: string }

interface Address {
  readonly host: string
  readonly port: number
}

export interface RoutedClientOptions {
  /** How long a command may take, default 3000. */
  readonly timeoutMs?: number
  /** Where a node that calls itself by an address is reached by this client; null: not at all. */
  readonly reach?: (address: string) => string | null
}

const MOST_REDIRECTIONS = 16
/** The error of a command for a node that the client does not reach. */
export const UNREACHABLE = 'the node is out of reach'
const addressOf = ({ host, port }: Address): string => `${host}:${port}`

/**
 * A cluster client that hides nothing: it follows redirections and counts them, and retries nothing else.
 * A connection to each node, opened when it is first needed.
 */
export class RoutedClient {
  readonly #seeds: readonly Address[]
  readonly #timeoutMs: number
  readonly #reach: (address: string) => string | null
  readonly #connections = new Map<string, Redis>()
  readonly #owners = new Map<number, string>()
  moved = 0
  asked = 0
  /** TRYAGAIN: some of the keys are here, some there. */
  triedAgain = 0

  constructor(
    seeds: readonly Address[],
    { timeoutMs = 3_000, reach = (address) => address }: RoutedClientOptions = {},
  ) {
    this.#seeds = seeds
    this.#timeoutMs = timeoutMs
    this.#reach = reach
  }

  /** Runs a command, and others behind it on the same connection: `['SET', 'k', 'v'], ['WAIT', '1', '500']`. */
  async run(key: string, ...commands: readonly (readonly [string, ...string[]])[]): Promise<CommandOutcome> {
    const slot = hashSlot(key)
    let address = this.#owners.get(slot) ?? this.#anySeed()
    let isAsking = false
    for (let redirections = 0; redirections < MOST_REDIRECTIONS; redirections += 1) {
      const outcome = await this.#send(address, isAsking, commands)
      isAsking = false
      if (outcome.type === 'unknown') {
        this.#owners.delete(slot)
        return outcome
      }
      if (outcome.type === 'answered') return outcome
      const [code, , target = ''] = outcome.error.split(' ')
      if (code === 'MOVED') {
        this.moved += 1
        this.#owners.set(slot, target)
      } else if (code === 'ASK') {
        this.asked += 1
        isAsking = true
      } else if (code === 'TRYAGAIN') {
        this.triedAgain += 1
        continue
      } else {
        return outcome
      }
      address = target
    }
    return { type: 'refused', error: `more than ${MOST_REDIRECTIONS} redirections` }
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.disconnect()
  }

  async #send(
    address: string,
    isAsking: boolean,
    commands: readonly (readonly [string, ...string[]])[],
  ): Promise<CommandOutcome> {
    const reachable = this.#reach(address)
    if (reachable === null) {
      this.#owners.clear()
      return { type: 'refused', error: UNREACHABLE }
    }
    const connection = this.#connectionTo(reachable)
    const sent = [
      ...(isAsking ? [connection.call('ASKING').catch(() => {})] : []),
      ...commands.map(([name, ...args]) => connection.call(name, ...args)),
    ]
    const outcomes = (await Promise.allSettled(sent)).slice(isAsking ? 1 : 0)
    const replies: unknown[] = []
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') {
        replies.push(outcome.value)
        continue
      }
      const { name, message } = outcome.reason instanceof Error ? outcome.reason : new Error(String(outcome.reason))
      return { type: name === 'ReplyError' && replies.length === 0 ? 'refused' : 'unknown', error: message }
    }
    return { type: 'answered', replies }
  }

  #connectionTo(address: string): Redis {
    let connection = this.#connections.get(address)
    if (connection === undefined) {
      const [host = '', port = ''] = address.split(':')
      connection = new Redis({
        host,
        port: Number(port),
        disconnectTimeout: 100,
        // What was sent is not sent again: it may have happened.
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
        commandTimeout: this.#timeoutMs,
        retryStrategy: () => 50,
      })
      connection.on('error', () => {})
      this.#connections.set(address, connection)
    }
    return connection
  }

  #anySeed(): string {
    const seed = this.#seeds[Math.floor(Math.random() * this.#seeds.length)]
    if (seed === undefined) throw new TypeError('a client needs an address')
    return addressOf(seed)
  }
}
