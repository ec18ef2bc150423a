import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type {
  ConfirmedWrites,
  Connection,
  ConnectionHealth,
  Outcome,
  PrimaryNode,
  ReadSource,
  ReplicaReadOptions,
  ReplicaReads,
  ReplicaWait,
  Request,
} from './connection.js'
import type { Shard, ShardDirectory } from './shard.js'
import type { ShardReader, ShardReadOptions } from './shard-reader.js'
import { isRepeatable } from './wire-command.js'

/** How long a replica that is behind is waited for, unless the caller says otherwise. */
const MAX_WAIT_MS = 25
const LONGEST_WAIT_MS = 60_000

/** Requests to the replicas of one primary, with their places in the batch. */
interface Group {
  readonly shard: Shard
  readonly places: number[]
  readonly asked: { readonly request: Request; readonly slot: number }[]
}

/**
 * A connection whose reads replicas answer. A read ends with the answer of a replica that is far enough, or as if it
 * had been asked of the connection itself.
 */
export class ReplicaConnection implements ReplicaReads {
  readonly #base: Connection
  readonly #directory: ShardDirectory
  readonly #reader: ShardReader
  readonly #options: ShardReadOptions
  readonly #served = new Map<string, ReadSource>()

  /**
   * @param base Answers what replicas cannot.
   * @throws InvalidArgumentError for a `maxWaitMs` that is not from 0 to 60000.
   */
  constructor(base: Connection, directory: ShardDirectory, reader: ShardReader, options: ReplicaReadOptions) {
    const { readYourWrites = false, maxWaitMs = MAX_WAIT_MS } = options
    if (typeof readYourWrites !== 'boolean') {
      throw new InvalidArgumentError(`readYourWrites is ${quote(readYourWrites)}; it must be true or false.`)
    }
    if (!Number.isFinite(maxWaitMs) || maxWaitMs < 0 || maxWaitMs > LONGEST_WAIT_MS) {
      throw new InvalidArgumentError(
        `maxWaitMs is ${quote(maxWaitMs)}; it must be a number of milliseconds from 0 to ${LONGEST_WAIT_MS}.`,
      )
    }
    this.#base = base
    this.#directory = directory
    this.#reader = reader
    this.#options = { readYourWrites, maxWaitMs }
  }

  get name(): string {
    return this.#base.name
  }

  get origin(): Connection {
    return this.#base
  }

  get kind(): 'standalone' | 'cluster' {
    return this.#base.kind
  }

  get keyPrefix(): string {
    return this.#base.keyPrefix
  }

  served(): readonly ReadSource[] {
    return [...this.#served.values()]
  }

  async send(request: Request): Promise<unknown> {
    const [outcome] = await this.execute([request])
    if (outcome === undefined) throw new TypeError('A connection answered fewer requests than it was sent.')
    if (outcome.ok) return outcome.value
    throw outcome.error
  }

  async execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    const outcomes: (Outcome | undefined)[] = requests.map(() => undefined)
    await Promise.all([...this.#groups(requests)].map((group) => this.#readGroup(group, outcomes)))
    const left = requests.flatMap((request, place) => (outcomes[place] === undefined ? [{ request, place }] : []))
    const answers = left.length === 0 ? [] : await this.#base.execute(left.map(({ request }) => request))
    for (const [index, { place }] of left.entries()) outcomes[place] = answers[index]
    return outcomes.filter((outcome) => outcome !== undefined)
  }

  primaries(): Promise<readonly PrimaryNode[]> {
    return this.#base.primaries()
  }

  replicaReads(options: ReplicaReadOptions): ReplicaReads {
    return this.#base.replicaReads(options)
  }

  confirmedWrites(wait: ReplicaWait): ConfirmedWrites {
    return this.#base.confirmedWrites(wait)
  }

  health(): Promise<ConnectionHealth> {
    return this.#base.health()
  }

  async close(): Promise<void> {}

  #groups(requests: readonly Request[]): Iterable<Group> {
    const groups = new Map<string, Group>()
    for (const [place, request] of requests.entries()) {
      const slot = this.#directory.slotOf(request)
      if (slot === null || !isRepeatable(request)) continue
      const shard = this.#directory.shardOf(slot)
      const group = groups.get(shard.primary.address) ?? { shard, places: [], asked: [] }
      groups.set(shard.primary.address, group)
      group.places.push(place)
      group.asked.push({ request, slot })
    }
    return groups.values()
  }

  async #readGroup({ shard, places, asked }: Group, outcomes: (Outcome | undefined)[]): Promise<void> {
    const answers = await this.#reader.read(shard, asked, this.#options)
    for (const [index, place] of places.entries()) {
      const answer = answers[index]
      if (answer?.type === 'answered') {
        outcomes[place] = { ok: true, value: answer.value }
        this.#note({ address: answer.address, role: 'replica', reason: null })
      } else {
        this.#note({ address: shard.primary.address, role: 'primary', reason: answer?.reason ?? 'no answer' })
      }
    }
  }

  #note(source: ReadSource): void {
    this.#served.set(`${source.address} ${source.role} ${source.reason}`, source)
  }
}
