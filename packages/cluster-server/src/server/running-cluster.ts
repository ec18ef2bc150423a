import { isIPv6 } from 'node:net'
import { createTopology, type TopologyData, topologyData } from '../cluster/create-topology.js'
import type { ClusterNode } from '../cluster/topology.js'
import { replaceNode } from '../cluster/topology-change.js'
import type { ClusterPlan } from './cluster-options.js'
import type { Member } from './member.js'

/** One node of an embedded cluster. */
export interface EmbeddedNode {
  /** 40 hexadecimal digits, as in CLUSTER NODES. */
  readonly id: string
  readonly host: string
  readonly port: number
  readonly role: 'primary' | 'replica'
  /** The node that a replica follows; null for a primary. */
  readonly primaryId: string | null
  readonly state: 'running' | 'failed'
}

/** What a running cluster is made of. */
export interface ClusterParts {
  readonly plan: ClusterPlan
  readonly topology: TopologyData
  /** In the order of the topology's nodes. */
  readonly members: readonly Member[]
  readonly createMember: () => Member
}

/** A cluster in this process, or below it. */
export class RunningCluster {
  readonly #plan: ClusterPlan
  readonly #members: Member[]
  readonly #createMember: () => Member
  #topology: TopologyData
  /** Nodes that are being ended or started on purpose. */
  readonly #busy = new Set<number>()
  #closing: Promise<void> | null = null

  /** Clusters are made by `startCluster`. */
  constructor(parts: ClusterParts) {
    this.#plan = parts.plan
    this.#members = [...parts.members]
    this.#createMember = parts.createMember
    this.#topology = parts.topology
    this.#members.forEach((member, index) => {
      this.#watch(member, index)
    })
  }

  /** The primaries in the order of their slots, then the replicas. */
  get nodes(): readonly EmbeddedNode[] {
    return this.#topology.nodes.map(({ id, host, port, role, primaryId, failed }) => ({
      id,
      host,
      port,
      role,
      primaryId,
      state: failed ? 'failed' : 'running',
    }))
  }

  /** `redis+cluster://host:port,…` with every node. */
  get url(): string {
    const seeds = this.#topology.nodes.map(({ host, port }) => `${isIPv6(host) ? `[${host}]` : host}:${port}`)
    return `redis+cluster://${seeds.join(',')}`
  }

  /**
   * Ends a node at once, as a crash would; its data is lost. The others report it as failed, and the cluster as down
   * while slots are uncovered.
   * @param index position in `nodes`
   * @throws RangeError for an index without a node
   */
  async kill(index: number): Promise<void> {
    const member = this.#require(index)
    this.#busy.add(index)
    await member.kill()
    await this.#report(index, { failed: true, linkState: 'disconnected' })
  }

  /**
   * Starts a node anew with its id and port, after ending it if it runs. It comes back without data: a replica copies
   * that of its primary again; a primary stays empty, and its replicas become empty with it.
   * @param index position in `nodes`
   * @throws RangeError for an index without a node; Error when the port was taken meanwhile
   */
  async restart(index: number): Promise<void> {
    const member = this.#require(index)
    const node = this.#topology.nodes[index] as ClusterNode
    this.#busy.add(index)
    await member.kill()
    const next = this.#createMember()
    try {
      await next.start({ id: node.id, settings: { ...this.#plan.settings, bind: this.#plan.host, port: node.port } })
    } catch (error) {
      await next.kill()
      await this.#report(index, { failed: true, linkState: 'disconnected' })
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`Node ${index} (port ${node.port}) could not be started again: ${why}`, { cause: error })
    }
    this.#members[index] = next
    this.#busy.delete(index)
    this.#watch(next, index)
    await this.#report(index, { failed: false, linkState: 'connected' })
    const primary = this.#topology.nodes.find(({ id }) => id === node.primaryId)
    // A replica of a dead primary has nobody to wait for.
    if (!primary?.failed) await next.awaitSync()
  }

  /** Ends every node; may be called again. Resolves when all ports are free and no thread or process is left. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** `await using cluster = await startCluster()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()))
  }

  #require(index: number): Member {
    const member = this.#members[index]
    if (member === undefined) {
      throw new RangeError(`There is no node ${index}; the cluster has nodes 0 to ${this.#members.length - 1}.`)
    }
    if (this.#closing !== null) throw new Error('The cluster has been closed.')
    return member
  }

  #watch(member: Member, index: number): void {
    member.onPublish((channel, message) => {
      for (const other of this.#members) if (other !== member) other.publish(channel, message)
    })
    member.onExit((reason) => {
      if (this.#closing !== null || this.#busy.has(index)) return
      const node = this.#topology.nodes[index]
      process.stderr.write(`Node ${index} of the cluster (${node?.host}:${node?.port}) is gone: ${reason}\n`)
      void this.#report(index, { failed: true, linkState: 'disconnected' })
    })
  }

  /** Tells every node that runs what became of one of them. */
  async #report(index: number, change: Pick<ClusterNode, 'failed' | 'linkState'>): Promise<void> {
    const node = this.#topology.nodes[index]
    if (node === undefined) return
    this.#topology = topologyData(replaceNode(createTopology(this.#topology), { ...node, ...change }))
    const data = this.#topology
    const running = this.#members.filter((_, position) => !data.nodes[position]?.failed)
    // A node that dies in this moment is reported by its own exit.
    await Promise.allSettled(running.map((member) => member.applyTopology(data)))
  }
}
