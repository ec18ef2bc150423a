import { ConfirmingNode } from './confirming-node.js'
import type { NodeAddress } from './connection-options.js'
import { NodeClient } from './node-client.js'
import type { NodeReply } from './node-reply.js'
import type { SharedSocketOptions } from './node-socket-options.js'
import type { Shard } from './shard.js'
import { formatAddress, parseAddress, SlotMap } from './slot-map.js'

/** A burst of MOVED answers asks for the slots once, not once for each. */
const REFRESH_PAUSE_MS = 50
/** So many nodes are asked for the slots at the same time, so that one that is silent delays nobody. */
const ASKED_AT_ONCE = 3

/**
 * The nodes of one cluster: a socket for each that is used, and the slots as they were last known. Refreshes are
 * single-flight.
 */
export class ClusterNodes {
  readonly #seeds: readonly string[]
  readonly #natMap: Readonly<Record<string, NodeAddress>>
  readonly #socketOptions: SharedSocketOptions
  readonly #clients = new Map<string, NodeClient>()
  /** Sockets in READONLY mode, to replicas. */
  readonly #replicas = new Map<string, NodeClient>()
  readonly #confirming = new Map<string, ConfirmingNode>()
  readonly #retired = new Set<Promise<void>>()
  #slots = SlotMap.empty
  /** What MOVED answers have said since the slots were last asked for. */
  readonly #moved = new Map<number, string>()
  #refreshing: Promise<SlotMap> | null = null
  #refreshedAtMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(
    seeds: readonly NodeAddress[],
    natMap: Readonly<Record<string, NodeAddress>>,
    socketOptions: SharedSocketOptions,
  ) {
    this.#seeds = seeds.map(formatAddress)
    this.#natMap = natMap
    this.#socketOptions = socketOptions
  }

  get slots(): SlotMap {
    return this.#slots
  }

  /** The node that owns a slot; one that knows it when the owner is unknown. Any primary for null. */
  addressFor(slot: number | null): string {
    const owner = slot === null ? undefined : (this.#moved.get(slot) ?? this.#slots.ownerOf(slot))
    if (owner !== undefined) return owner
    const candidates = this.#slots.primaries.length > 0 ? this.#slots.primaries : this.#seeds
    return candidates[Math.floor(Math.random() * candidates.length)] ?? ''
  }

  /** The socket to a node, made when first asked for. */
  client(address: string): NodeClient {
    return this.#made(this.#clients, address, () => this.#newClient(address))
  }

  /** The socket to a replica for reads, made when first asked for. */
  replica(address: string): NodeClient {
    return this.#made(this.#replicas, address, () => this.#newClient(address, { readOnly: true }))
  }

  /** The sockets to a node for writes that replicas confirm, made when first asked for. */
  confirming(address: string): ConfirmingNode {
    return this.#made(this.#confirming, address, () => new ConfirmingNode(() => this.#newClient(address)))
  }

  /** The owner of a slot and its replicas. */
  shardOf(slot: number): Shard {
    const primary = this.addressFor(slot)
    const replicas = this.#slots.replicasOf(primary).map((address) => this.replica(address))
    return { primary: this.client(primary), replicas }
  }

  /** Takes a MOVED answer of node `from` to heart; returns the address to dial. */
  moved(slot: number, announced: string, from: string): string {
    const address = this.dialled(announced, from)
    this.#moved.set(slot, address)
    return address
  }

  /** An announced address as it has to be dialled. An empty host means the node that announced it. */
  dialled(announced: string, from: string): string {
    const parsed = parseAddress(announced)
    return parsed === undefined ? announced : this.#resolve(parsed, from)
  }

  /**
   * Asks the known nodes, then the seeds, until one answers with the slots.
   * @throws the last node's error when none does.
   */
  refresh(): Promise<SlotMap> {
    this.#refreshing ??= this.#askForSlots().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** Refreshes unless that was done a moment ago; failures are left to the request that meets them. */
  async refreshSoon(notWithinMs = REFRESH_PAUSE_MS): Promise<void> {
    if (this.#isClosed || performance.now() - this.#refreshedAtMs < Math.max(notWithinMs, REFRESH_PAUSE_MS)) return
    await this.refresh().catch(() => {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const open = [...this.#clients.values(), ...this.#replicas.values(), ...this.#confirming.values()]
    await Promise.all(open.map((client) => client.close()))
    await Promise.all(this.#retired)
  }

  #resolve(announced: NodeAddress, from: string): string {
    const host = announced.host === '' ? (parseAddress(from)?.host ?? '') : announced.host
    const address = formatAddress({ host, port: announced.port })
    const mapped = Object.hasOwn(this.#natMap, address) ? this.#natMap[address] : undefined
    return mapped === undefined ? address : formatAddress(mapped)
  }

  async #askForSlots(): Promise<SlotMap> {
    // Several nodes of one cluster may disagree for a moment; a random start keeps no client on a stale one.
    const addresses = [...new Set([...shuffled(this.#slots.primaries), ...shuffled(this.#seeds)])]
    let failure: Error = new Error('no node is known')
    for (let start = 0; start < addresses.length; start += ASKED_AT_ONCE) {
      const asked = addresses.slice(start, start + ASKED_AT_ONCE).map((address) => this.#askNode(address))
      try {
        const slots = await Promise.any(asked)
        this.#refreshedAtMs = performance.now()
        this.#replaceSlots(slots)
        return slots
      } catch (error) {
        failure = lastOf(error)
      }
    }
    throw failure
  }

  async #askNode(address: string): Promise<SlotMap> {
    const reply = await this.client(address).send({ name: 'CLUSTER', args: ['SLOTS'] })
    try {
      return this.#read(reply, address)
    } catch (cause) {
      throw new Error(`${address}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  #read(reply: NodeReply, from: string): SlotMap {
    if (reply.type !== 'value') throw reply.cause
    const slots = SlotMap.parse(reply.value, (announced) => this.#resolve(announced, from))
    if (slots.primaries.length === 0) throw new Error('the node knows no owner of any slot')
    return slots
  }

  #replaceSlots(slots: SlotMap): void {
    this.#slots = slots
    this.#moved.clear()
    const primaries = new Set(slots.primaries)
    this.#retire(this.#clients, primaries)
    this.#retire(this.#confirming, primaries)
    this.#retire(this.#replicas, new Set(slots.replicas.map(({ address }) => address)))
  }

  #retire(clients: Map<string, Closable>, wanted: ReadonlySet<string>): void {
    for (const [address, client] of clients) {
      if (wanted.has(address)) continue
      clients.delete(address)
      const closing = client.close().finally(() => this.#retired.delete(closing))
      this.#retired.add(closing)
    }
  }

  #made<Client extends Closable>(clients: Map<string, Client>, address: string, make: () => Client): Client {
    let client = clients.get(address)
    if (client === undefined) {
      client = make()
      clients.set(address, client)
      // Nothing new is opened while everything closes.
      if (this.#isClosed) void client.close()
    }
    return client
  }

  #newClient(address: string, more: { readonly readOnly?: true } = {}): NodeClient {
    const { host, port } = parseAddress(address) ?? { host: address, port: 6379 }
    return new NodeClient({ ...this.#socketOptions, ...more, host, port })
  }
}

interface Closable {
  close(): Promise<void>
}

const lastOf = (error: unknown): Error => {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
  const last = errors.at(-1)
  return last instanceof Error ? last : new Error(String(last))
}

const shuffled = <Item>(items: readonly Item[]): readonly Item[] =>
  items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item)
