import { formatNodesFile, parseNodesFile } from '../cluster/nodes-file.js'
import { nodesFileOf } from '../cluster/nodes-file-table.js'
import type { ClusterBus } from '../peers/bus/cluster-bus.js'
import type { Member, MemberAddress, MemberOptions } from './member.js'
import { Node } from './node.js'

/** How often a node that joins looks whether it has. */
const LOOK_MS = 5

/** All that a node knows, without the times and connections, which are never the same twice. */
const viewOf = ({ table }: ClusterBus): string => {
  const file = nodesFileOf(table)
  const nodes = file.nodes.map((node) => ({ ...node, pingSentMs: 0, pongReceivedMs: 0, isConnected: true }))
  return formatNodesFile({ ...file, nodes })
}

/** A node of a cluster that runs in this thread. */
export class LocalMember implements Member {
  #node: Node | null = null
  #isClosed = false
  readonly #exitListeners: ((reason: string) => void)[] = []
  #viewListener: ((nodesFile: string) => void) | null = null
  #lastView = ''

  async start(options: MemberOptions): Promise<MemberAddress> {
    const node = new Node({
      settings: { ...options.settings, 'cluster-enabled': true },
      nodeId: options.id,
      // The launcher tells it.
      keepsNodesFile: false,
      onShutdown: () => {
        for (const listener of this.#exitListeners) listener('a client sent SHUTDOWN')
      },
    })
    this.#node = node
    const address = await node.listen()
    const bus = this.#requireBus()
    bus.onChange(() => this.#reportView(bus))
    return { ...address, busPort: bus.table.myself.busPort }
  }

  async join(nodesFile: string): Promise<void> {
    this.#requireBus().adopt(parseNodesFile(nodesFile))
  }

  async awaitJoined(): Promise<void> {
    const bus = this.#requireBus()
    await this.#awaitData(bus)
    while (!bus.isJoined && !this.#isClosed) await this.#look()
  }

  /** A replica has all data of its primary, and says so; a primary gives its replicas something to have. */
  async #awaitData(bus: ClusterBus): Promise<void> {
    const replication = this.#node?.replication
    if (replication === undefined) return
    const { myself } = bus.table
    if (myself.isReplica) {
      while (!(replication.linkIsUp && replication.offset > 0) && !this.#isClosed) await this.#look()
      bus.announce()
      return
    }
    const isFollowed = (): boolean =>
      replication.replicas.filter(({ state }) => state === 'online').length >= myself.workingReplicas
    while (!isFollowed() && !this.#isClosed) await this.#look()
    // An empty primary has sent nothing yet.
    if (replication.offset === 0 && myself.replicas.length > 0) replication.requestAcknowledgements()
  }

  #look(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }

  async reportFailure(nodeId: string): Promise<void> {
    this.#requireBus().declareFailed(nodeId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#node?.close()
  }

  kill(): Promise<void> {
    return this.close()
  }

  onView(listener: (nodesFile: string) => void): void {
    this.#viewListener = listener
  }

  onExit(listener: (reason: string) => void): void {
    this.#exitListeners.push(listener)
  }

  #reportView(bus: ClusterBus): void {
    const view = viewOf(bus)
    if (view === this.#lastView) return
    this.#lastView = view
    this.#viewListener?.(view)
  }

  #requireBus(): ClusterBus {
    const bus = this.#node?.cluster ?? null
    if (bus === null) throw new Error('the node has not been started')
    return bus
  }
}
