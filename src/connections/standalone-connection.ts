import { ConfigurationError } from '../errors/connection-errors.js'
import { ConfirmedConnection, type ConfirmedOutcome } from './confirmed-connection.js'
import { ConfirmingNode } from './confirming-node.js'
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
import { checkNode, healthOf } from './connection-health.js'
import { connectionDefaults, type StandaloneOptions } from './connection-options.js'
import { NodeClient } from './node-client.js'
import { decide, type NodeReply, unreachableReason } from './node-reply.js'
import { nodeSocketOptions } from './node-socket-options.js'
import { ReplicaConnection } from './replica-connection.js'
import { closedError, notReached, toOutcome } from './request-outcome.js'
import { RetryClock } from './retry-clock.js'
import { RetryPauses } from './retry-pauses.js'
import { type ScriptCarrier, ScriptSource } from './script-source.js'
import type { ShardDirectory } from './shard.js'
import { ShardReader } from './shard-reader.js'
import { SlotFloors } from './slot-floors.js'
import { isRepeatable, toWire, type WireCommand, wireKeys } from './wire-command.js'
import { WriteLog } from './write-log.js'

/** What stands for the slot of a server that has none. */
const ONLY_SLOT = 0

/** How commands of one request reach the server. */
interface Carrier extends ScriptCarrier {
  send(command: WireCommand): Promise<NodeReply>
}

/**
 * One server over one socket. Requests given in the same turn of the event loop leave together.
 *
 * A request that never left is tried again for `retryForMs`; so is one that the server refuses for a while (LOADING).
 * One whose answer was lost is asked again only if it changes nothing; any other is a `ConnectionError`.
 */
export class StandaloneConnection implements Connection {
  readonly name: string
  readonly kind = 'standalone'
  readonly keyPrefix: string
  readonly #node: NodeClient
  readonly #confirming: ConfirmingNode
  readonly #replicas: readonly NodeClient[]
  readonly #retryForMs: number
  readonly #requestTimeoutMs: number
  readonly #pauses = new RetryPauses()
  readonly #writes = new WriteLog()
  readonly #directory: ShardDirectory
  readonly #shardReader: ShardReader

  /**
   * Opens the connection: the socket is up and authenticated when this resolves.
   * @throws ConnectionError when the server cannot be reached or refuses the credentials or the database.
   */
  static async open(name: string, options: StandaloneOptions): Promise<StandaloneConnection> {
    const connection = new StandaloneConnection(name, options, await nodeSocketOptions(name, options))
    try {
      await connection.#probe()
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  private constructor(name: string, options: StandaloneOptions, socket: Awaited<ReturnType<typeof nodeSocketOptions>>) {
    this.name = name
    this.keyPrefix = options.keyPrefix ?? connectionDefaults.keyPrefix
    this.#retryForMs = options.retryForMs ?? connectionDefaults.retryForMs
    this.#requestTimeoutMs = options.requestTimeoutMs ?? connectionDefaults.requestTimeoutMs
    const db = options.database ?? connectionDefaults.database
    const primary = {
      ...socket,
      host: options.host ?? connectionDefaults.host,
      port: options.port ?? connectionDefaults.port,
      db,
    }
    this.#node = new NodeClient(primary)
    this.#confirming = new ConfirmingNode(() => new NodeClient(primary))
    this.#replicas = (options.replicas ?? []).map((address) => new NodeClient({ ...socket, ...address, db }))
    const shard = { primary: this.#node, replicas: this.#replicas }
    this.#directory = {
      slotOf: (request) => (request.keys.length === 0 ? null : ONLY_SLOT),
      shardOf: () => shard,
      stabilityProbe: () => null,
      refresh: () => {},
    }
    this.#shardReader = new ShardReader(this.#directory, new SlotFloors(this.#writes), this.#pauses, this.keyPrefix)
  }

  async send(request: Request): Promise<unknown> {
    const outcome = await this.#run(request)
    if (outcome.ok) return outcome.value
    throw outcome.error
  }

  execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    return Promise.all(requests.map((request) => this.#run(request)))
  }

  async primaries(): Promise<readonly PrimaryNode[]> {
    await this.#probe()
    return [{ address: this.#node.address, execute: (requests) => this.execute(requests) }]
  }

  replicaReads(options: ReplicaReadOptions): ReplicaReads {
    return new ReplicaConnection(this, this.#directory, this.#shardReader, options)
  }

  confirmedWrites(wait: ReplicaWait): ConfirmedWrites {
    const run = (request: Request) => this.#runConfirmed(request, wait)
    return new ConfirmedConnection(this, run, wait, this.#requestTimeoutMs)
  }

  async health(): Promise<ConnectionHealth> {
    const nodes = await Promise.all([
      checkNode(this.#node, 'primary'),
      ...this.#replicas.map((replica) => checkNode(replica, 'replica')),
    ])
    return healthOf(nodes, 0)
  }

  async close(): Promise<void> {
    this.#pauses.close()
    await Promise.all([this.#node, this.#confirming, ...this.#replicas].map((node) => node.close()))
  }

  #run(request: Request): Promise<Outcome> {
    return this.#tryUntilDone(request, this.#node)
  }

  async #runConfirmed(request: Request, wait: ReplicaWait): Promise<ConfirmedOutcome> {
    let last: number | null = null
    const outcome = await this.#tryUntilDone(request, {
      claimScript: (sha1) => this.#confirming.claimScript(sha1),
      send: async (command) => {
        const { reply, acknowledged } = await this.#confirming.send(command, false, wait)
        last = acknowledged
        return reply
      },
    })
    return { outcome, address: this.#node.address, acknowledged: last }
  }

  async #tryUntilDone(request: Request, carrier: Carrier): Promise<Outcome> {
    const keys = wireKeys(request, this.keyPrefix)
    let clock: RetryClock | undefined
    const source = new ScriptSource(request)
    const repeatable = isRepeatable(request)
    for (;;) {
      if (this.#pauses.isClosed) return { ok: false, error: closedError(this.name) }
      const reply = await carrier.send(toWire(request, keys, source.isDue(carrier)))
      if (!repeatable) this.#writes.note(ONLY_SLOT)
      const decision = decide(reply, repeatable)
      switch (decision.type) {
        case 'done':
          return { ok: true, value: decision.value }
        case 'sendSource':
          if (!source.wasMissing()) return toOutcome(this.name, this.#node.address, request, reply)
          break
        case 'moved':
        case 'ask':
          return { ok: false, error: this.#isCluster(reply) }
        case 'wait':
          clock ??= new RetryClock(this.#retryForMs, this.#pauses)
          if (!(await clock.pause())) return toOutcome(this.name, this.#node.address, request, reply)
          // A demoted primary: the name may mean its successor by now.
          if (reply.type === 'error' && reply.message.startsWith('READONLY ')) this.#node.renew()
          break
        case 'fail':
          return toOutcome(this.name, this.#node.address, request, reply)
        default:
          return decision satisfies never
      }
    }
  }

  /** Throws unless the server answers; waits while it loads its data. */
  async #probe(): Promise<void> {
    const clock = new RetryClock(this.#retryForMs, this.#pauses)
    for (;;) {
      const reply = await this.#node.send({ name: 'PING', args: [] })
      const reason = unreachableReason(reply)
      if (reason === null) return
      const isLoading = reason.message.startsWith('LOADING ')
      if (!isLoading || !(await clock.pause())) throw notReached(this.name, this.#node.address, reason)
    }
  }

  #isCluster(reply: NodeReply): ConfigurationError {
    const said = reply.type === 'error' ? reply.message : reply.type
    return new ConfigurationError(
      `Connection [${this.name}] is configured as one server, but ${this.#node.address} is a node of a cluster ` +
        `(it answered ${said}). Configure the connection as a cluster: kind 'cluster' or redis+cluster://${this.#node.address}`,
    )
  }
}
