import { ReplicationError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type {
  ConfirmedWrites,
  Connection,
  ConnectionHealth,
  Outcome,
  PrimaryNode,
  ReplicaReadOptions,
  ReplicaReads,
  ReplicaWait,
  Request,
} from './connection.js'
import { isRepeatable } from './wire-command.js'

/** What one write came to, and how many replicas have it. */
export interface ConfirmedOutcome {
  readonly outcome: Outcome
  readonly address: string
  readonly acknowledged: number | null
}

/** Runs one write on a socket where nothing else waits, and WAIT behind it. Never rejects but for a `CrossSlotError`. */
export type ConfirmingRun = (request: Request, wait: ReplicaWait) => Promise<ConfirmedOutcome>

/** A connection whose writes wait for replicas; reads go where they go anyway. */
export class ConfirmedConnection implements ConfirmedWrites {
  readonly #base: Connection
  readonly #run: ConfirmingRun
  readonly #wait: ReplicaWait
  #shortfall: ReplicationError | null = null

  /** @throws InvalidArgumentError for numbers out of range. */
  constructor(base: Connection, run: ConfirmingRun, wait: ReplicaWait, requestTimeoutMs: number) {
    checkWholeNumber('waitReplicas', wait.replicas, 100, '')
    checkWholeNumber('timeoutMs', wait.timeoutMs, requestTimeoutMs, ", the connection's requestTimeoutMs")
    this.#base = base
    this.#run = run
    this.#wait = wait
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

  shortfall(): ReplicationError | null {
    return this.#shortfall
  }

  async send(request: Request): Promise<unknown> {
    if (isRepeatable(request)) return this.#base.send(request)
    const outcome = await this.#write(request)
    if (outcome.ok) return outcome.value
    throw outcome.error
  }

  async execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    const reads = requests.filter(isRepeatable)
    const [answers, ...written] = await Promise.all([
      reads.length === 0 ? [] : this.#base.execute(reads),
      ...requests.filter((request) => !isRepeatable(request)).map((request) => this.#write(request)),
    ])
    const [nextRead, nextWritten] = [answers.values(), written.values()]
    return requests.flatMap((request) => (isRepeatable(request) ? nextRead : nextWritten).next().value ?? [])
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

  async #write(request: Request): Promise<Outcome> {
    const { outcome, address, acknowledged } = await this.#run(request, this.#wait)
    const { replicas: wanted, timeoutMs } = this.#wait
    if (outcome.ok && (acknowledged === null || acknowledged < wanted)) {
      this.#shortfall ??= new ReplicationError(this.name, { address, wanted, acknowledged, timeoutMs })
    }
    return outcome
  }
}

function checkWholeNumber(name: string, value: number, most: number, mostIs: string): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return
  throw new InvalidArgumentError(`${name} is ${quote(value)}; it must be a whole number from 1 to ${most}${mostIs}.`)
}
