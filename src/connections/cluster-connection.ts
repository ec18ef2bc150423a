import { ConnectionError, CrossSlotError, type KeySlot } from '../errors/connection-errors.js'
import { hashSlot } from '../schema/hash-slot.js'
import { ClusterNodes } from './cluster-nodes.js'
import { ConfirmedConnection, type ConfirmedOutcome } from './confirmed-connection.js'
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
import { checkNode, HEALTH_TIMEOUT_MS, healthOf, unhealthy } from './connection-health.js'
import { type ClusterOptions, connectionDefaults } from './connection-options.js'
import { inTime } from './in-time.js'
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

/** Redirections followed at once; after more, nodes contradict each other and are given time to agree. */
const PROMPT_REDIRECTIONS = 3

/** A request whose keys are known to lie in one slot. */
interface RoutedRequest {
  readonly request: Request
  readonly keys: readonly string[]
  /** Null for a request without keys: any primary may answer. */
  readonly slot: number | null
}

/** How commands of one request reach a node. */
interface Carrier extends ScriptCarrier {
  send(command: WireCommand, asking: boolean): Promise<NodeReply>
}

/**
 * A cluster: one socket to each primary that is used. Requests given in the same turn of the event loop leave
 * together for each node; each follows MOVED and ASK on its own, so that a slot on the move delays no other request.
 *
 * A request is tried again for `retryForMs` when it never left or was refused without having run (TRYAGAIN,
 * CLUSTERDOWN, LOADING, MASTERDOWN, READONLY). One whose answer was lost is asked again only if it changes nothing:
 * a write may have been executed and replicated, and its second execution would see its own effect.
 */
export class ClusterConnection implements Connection {
  readonly name: string
  readonly kind = 'cluster'
  readonly keyPrefix: string
  readonly #nodes: ClusterNodes
  readonly #retryForMs: number
  readonly #maxRedirections: number
  readonly #requestTimeoutMs: number
  readonly #pauses = new RetryPauses()
  readonly #writes = new WriteLog()
  /** The sockets that requests share. */
  readonly #shared = (address: string): Carrier => this.#nodes.client(address)
  readonly #directory: ShardDirectory
  readonly #shardReader: ShardReader

  /**
   * Opens the connection: one node has told which primary owns which slot.
   * @throws ConnectionError when no seed node answers or none belongs to a cluster.
   */
  static async open(name: string, options: ClusterOptions): Promise<ClusterConnection> {
    const sockets = await nodeSocketOptions(name, options)
    const connection = new ClusterConnection(
      name,
      options,
      new ClusterNodes(options.nodes, options.natMap ?? {}, sockets),
    )
    try {
      await connection.#refresh()
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  private constructor(name: string, options: ClusterOptions, nodes: ClusterNodes) {
    this.name = name
    this.keyPrefix = options.keyPrefix ?? connectionDefaults.keyPrefix
    this.#retryForMs = options.retryForMs ?? connectionDefaults.retryForMs
    this.#maxRedirections = options.maxRedirections ?? connectionDefaults.maxRedirections
    this.#requestTimeoutMs = options.requestTimeoutMs ?? connectionDefaults.requestTimeoutMs
    this.#nodes = nodes
    this.#directory = {
      slotOf: (request) => this.#route(request).slot,
      shardOf: (slot) => nodes.shardOf(slot),
      stabilityProbe: (key) => ({ name: 'EXISTS', args: [absentKeyBeside(key)] }),
      refresh: (notWithinMs) => void nodes.refreshSoon(notWithinMs),
    }
    this.#shardReader = new ShardReader(this.#directory, new SlotFloors(this.#writes), this.#pauses, this.keyPrefix)
  }

  async send(request: Request): Promise<unknown> {
    const outcome = await this.#run(this.#route(request))
    if (outcome.ok) return outcome.value
    throw outcome.error
  }

  async execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    const routed = requests.map((request) => this.#route(request))
    return Promise.all(routed.map((request) => this.#run(request)))
  }

  async primaries(): Promise<readonly PrimaryNode[]> {
    if (this.#pauses.isClosed) throw closedError(this.name)
    const slots = await this.#refresh()
    const [gap] = slots.gaps
    if (gap !== undefined) {
      throw new ConnectionError(
        this.name,
        `no primary owns the slots ${gap.from} to ${gap.to}; their keys are out of reach`,
      )
    }
    await Promise.all(
      slots.primaries.map(async (address) => {
        const reply = await this.#nodes.client(address).send({ name: 'PING', args: [] })
        const reason = unreachableReason(reply)
        if (reason !== null) throw notReached(this.name, address, reason)
      }),
    )
    return slots.primaries.map((address) => ({
      address,
      execute: (requests) => Promise.all(requests.map((request) => this.#runOn(address, request))),
    }))
  }

  replicaReads(options: ReplicaReadOptions): ReplicaReads {
    return new ReplicaConnection(this, this.#directory, this.#shardReader, options)
  }

  confirmedWrites(wait: ReplicaWait): ConfirmedWrites {
    const run = (request: Request) => this.#runConfirmed(request, wait)
    return new ConfirmedConnection(this, run, wait, this.#requestTimeoutMs)
  }

  async health(): Promise<ConnectionHealth> {
    try {
      const slots = await inTime(this.#refresh(), HEALTH_TIMEOUT_MS)
      if (slots === null) return unhealthy(`no node told who owns the slots within ${HEALTH_TIMEOUT_MS} ms`)
      const nodes = await Promise.all([
        ...slots.primaries.map((address) => checkNode(this.#nodes.client(address), 'primary')),
        ...slots.replicas.map(({ address }) => checkNode(this.#nodes.replica(address), 'replica')),
      ])
      const unownedSlots = slots.gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0)
      return healthOf(nodes, unownedSlots)
    } catch (error) {
      return unhealthy(error instanceof Error ? error.message : String(error))
    }
  }

  async close(): Promise<void> {
    this.#pauses.close()
    await this.#nodes.close()
  }

  async #refresh() {
    try {
      return await this.#nodes.refresh()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const problem = `no node of the cluster tells who owns the slots; last asked ${reason}`
      throw new ConnectionError(this.name, problem, { cause, wasSent: false })
    }
  }

  /** @throws CrossSlotError when the keys lie in different slots. */
  #route(request: Request): RoutedRequest {
    const keys = wireKeys(request, this.keyPrefix)
    let first: KeySlot | undefined
    for (const key of keys) {
      const slot = hashSlot(key)
      if (first === undefined) first = { key, slot }
      else if (slot !== first.slot) throw new CrossSlotError(first, { key, slot })
    }
    return { request, keys, slot: first?.slot ?? null }
  }

  #run(routed: RoutedRequest): Promise<Outcome> {
    return this.#tryUntilDone(routed, this.#shared)
  }

  async #runConfirmed(request: Request, wait: ReplicaWait): Promise<ConfirmedOutcome> {
    let last: { address: string; acknowledged: number | null } = { address: '', acknowledged: null }
    const outcome = await this.#tryUntilDone(this.#route(request), (address) => {
      const node = this.#nodes.confirming(address)
      return {
        claimScript: (sha1) => node.claimScript(sha1),
        send: async (command, asking) => {
          const { reply, acknowledged } = await node.send(command, asking, wait)
          last = { address, acknowledged }
          return reply
        },
      }
    })
    return { outcome, ...last }
  }

  async #tryUntilDone(
    { request, keys, slot }: RoutedRequest,
    carrierTo: (address: string) => Carrier,
  ): Promise<Outcome> {
    let address = this.#nodes.addressFor(slot)
    let clock: RetryClock | undefined
    let redirections = 0
    const source = new ScriptSource(request)
    const repeatable = isRepeatable(request)
    let asking = false
    for (;;) {
      if (this.#pauses.isClosed) return { ok: false, error: closedError(this.name) }
      const client = carrierTo(address)
      const reply = await client.send(toWire(request, keys, source.isDue(client)), asking)
      if (!repeatable && slot !== null) this.#writes.note(slot)
      const decision = decide(reply, repeatable)
      switch (decision.type) {
        case 'done':
          return { ok: true, value: decision.value }
        case 'sendSource':
          // The same node is asked again, with ASKING where it was needed.
          if (!source.wasMissing()) return toOutcome(this.name, address, request, reply)
          break
        case 'moved':
        case 'ask':
          redirections += 1
          if (redirections > this.#maxRedirections) return toOutcome(this.name, address, request, reply)
          if (redirections > PROMPT_REDIRECTIONS) {
            clock ??= new RetryClock(this.#retryForMs, this.#pauses)
            if (!(await clock.pause())) return toOutcome(this.name, address, request, reply)
          }
          asking = decision.type === 'ask'
          if (asking) {
            address = this.#nodes.dialled(decision.address, address)
          } else {
            address = this.#nodes.moved(decision.slot, decision.address, address)
            void this.#nodes.refreshSoon()
          }
          break
        case 'wait':
          clock ??= new RetryClock(this.#retryForMs, this.#pauses)
          if (!(await clock.pause())) return toOutcome(this.name, address, request, reply)
          if (decision.refresh) await this.#nodes.refreshSoon()
          // Back to the owner: the node that was asked may have lost the slot.
          asking = false
          address = this.#nodes.addressFor(slot)
          break
        case 'fail':
          return toOutcome(this.name, address, request, reply)
        default:
          return decision satisfies never
      }
    }
  }

  /** One request to one node: redirections and failures are outcomes. */
  async #runOn(address: string, request: Request): Promise<Outcome> {
    const keys = wireKeys(request, this.keyPrefix)
    const client = this.#nodes.client(address)
    const source = new ScriptSource(request)
    for (;;) {
      const reply = await client.send(toWire(request, keys, source.isDue(client)))
      if (decide(reply, false).type !== 'sendSource' || !source.wasMissing()) {
        return toOutcome(this.name, address, request, reply)
      }
    }
  }
}

/** A key of the same slot that does not exist: a node that gives a slot away or takes it over answers for it with ASK. */
function absentKeyBeside(key: string): string {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  return close > open + 1 ? `${key}:%absent` : key
}
