import { coverageRulesOf, createClusterState } from '../cluster/cluster-state.js'
import { createTopology, type TopologyData } from '../cluster/create-topology.js'
import type { Member, MemberOptions } from './member.js'
import { Node } from './node.js'
import type { ListeningAddress } from './node-options.js'

/** A node of a cluster that runs in this thread. */
export class LocalMember implements Member {
  #node: Node | null = null
  #id = ''
  readonly #exitListeners: ((reason: string) => void)[] = []
  #publishListener: ((channel: string, message: string) => void) | null = null

  start(options: MemberOptions): Promise<ListeningAddress> {
    this.#id = options.id
    this.#node = new Node({
      settings: { ...options.settings, 'cluster-enabled': true },
      nodeId: options.id,
      onShutdown: () => {
        for (const listener of this.#exitListeners) listener('a client sent SHUTDOWN')
      },
    })
    this.#node.server.pubsub.relay = (channel, message) => this.#publishListener?.(channel, message)
    return this.#node.listen()
  }

  async applyTopology(data: TopologyData): Promise<void> {
    const node = this.#requireNode()
    const topology = createTopology(data)
    node.changeCluster(createClusterState(this.#id, topology, coverageRulesOf(node.server.config)))
    const primaryId = topology.nodes.get(this.#id)?.primaryId ?? null
    const primary = primaryId === null ? undefined : topology.nodes.get(primaryId)
    if (primary === undefined) node.replication.becomePrimary()
    else node.replication.follow(primary.host, primary.port)
  }

  awaitSync(): Promise<void> {
    return this.#requireNode().replication.whenSynced()
  }

  async close(): Promise<void> {
    await this.#node?.close()
  }

  kill(): Promise<void> {
    return this.close()
  }

  publish(channel: string, message: string): void {
    this.#node?.server.pubsub.publish(channel, message)
  }

  onPublish(listener: (channel: string, message: string) => void): void {
    this.#publishListener = listener
  }

  onExit(listener: (reason: string) => void): void {
    this.#exitListeners.push(listener)
  }

  #requireNode(): Node {
    if (this.#node === null) throw new Error('the node has not been started')
    return this.#node
  }
}
