import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { ClusterOptions } from '../../src/connections/connection-options.js'
import { type RedisCluster, type RedisClusterNode, startRedisCluster } from '../support/redis-cluster.js'
import type { ServerProgram } from '../support/redis-server.js'
import { disconnectReplicas, reconnectReplicas } from '../support/replication-control.js'
import { TcpProxy } from '../support/tcp-proxy.js'
import { until } from '../support/until.js'
import { REPLICATION_LAG_MS, type Span } from './loss-windows.js'

/** A node as the cluster sees it now. */
export interface Member {
  readonly id: string
  readonly node: RedisClusterNode
  readonly client: Redis
  readonly primaryId: string | null
  /** First and last slots of the ranges that it owns. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

/** Failover takes one to three times as long. */
const NODE_TIMEOUT_MS = 1_500
const HEALING_MS = 40_000

/**
 * Six servers, each behind a relay through which alone the tested connection reaches it, and ways to break them.
 * Each method that breaks something returns when the cluster has mended it.
 */
export class FaultCluster {
  readonly #cluster: RedisCluster
  readonly #clients: readonly Redis[]
  readonly #proxies: readonly TcpProxy[]
  /** When primaries were killed, or were replaced unasked, and what they had acknowledged shortly before may be lost. */
  readonly kills: Span[] = []
  /** The primaries as they were when the cluster was last whole, and when that was. */
  #whole: { readonly ids: ReadonlySet<string>; readonly atMs: number } | null = null

  /** @param programs What each node runs, primaries first. */
  static async start(programs: readonly ServerProgram[]): Promise<FaultCluster> {
    const cluster = await startRedisCluster({ programs, restartable: true, nodeTimeoutMs: NODE_TIMEOUT_MS })
    const proxies = await Promise.all(cluster.nodes.map((node) => TcpProxy.open(node)))
    return new FaultCluster(cluster, proxies)
  }

  private constructor(cluster: RedisCluster, proxies: readonly TcpProxy[]) {
    this.#cluster = cluster
    this.#proxies = proxies
    this.#clients = cluster.nodes.map((node) => node.client({ maxRetriesPerRequest: 0, commandTimeout: 5_000 }))
  }

  /** How to reach the cluster through the relays. */
  get options(): ClusterOptions {
    const address = (index: number) => ({ host: '127.0.0.1', port: this.#proxies[index]!.port })
    const { nodes } = this.#cluster
    return {
      kind: 'cluster',
      nodes: nodes.map((_, index) => address(index)),
      natMap: Object.fromEntries(nodes.map((node, index) => [`${node.host}:${node.port}`, address(index)])),
    }
  }

  /** How to reach it directly. */
  get directOptions(): ClusterOptions {
    return { kind: 'cluster', nodes: this.#cluster.nodes.map(({ host, port }) => ({ host, port })) }
  }

  /** The living members, as one of them lists them. */
  async members(): Promise<readonly Member[]> {
    for (const client of this.#clients) {
      const text = await client.cluster('NODES').then(String, () => null)
      if (text === null) continue
      return text
        .trim()
        .split('\n')
        .flatMap((line) => {
          const [id = '', address = '', flags = '', primary = '', , , , ...slots] = line.split(' ')
          const index = this.#cluster.nodes.findIndex(({ port }) => address.includes(`:${port}@`))
          if (index < 0 || /fail|handshake|noaddr/.test(flags.replace('fail?', ''))) return []
          const ranges = slots
            .filter((range) => !range.startsWith('['))
            .map((range) => range.split('-').map(Number))
            .map(([from, to]) => [from!, to ?? from!] as const)
          const primaryId = flags.includes('slave') ? primary : null
          return [{ id, node: this.#cluster.nodes[index]!, client: this.#clients[index]!, primaryId, ranges }]
        })
    }
    throw new Error('no node of the cluster answers')
  }

  async primaries(): Promise<readonly Member[]> {
    return (await this.members()).filter(({ primaryId, ranges }) => primaryId === null && ranges.length > 0)
  }

  /**
   * Kills a primary with SIGKILL, waits for its replica to be promoted, and starts it again as a replica.
   * @param options.aloneMs How long it has had no replica then: what it acknowledged meanwhile is lost. 0: its replica had all but the latest.
   */
  async killPrimary(victim: Member, { aloneMs = 0 }: { readonly aloneMs?: number } = {}): Promise<void> {
    const heir = (await this.members()).find(({ primaryId }) => primaryId === victim.id)
    if (heir === undefined) throw new Error(`primary ${victim.node.port} has no replica`)
    await this.#expectPrimaries()
    const fromMs = Date.now() - REPLICATION_LAG_MS
    if (aloneMs > 0) {
      await disconnectReplicas(victim.client)
      await delay(aloneMs)
    }
    await victim.node.stop()
    this.kills.push({ fromMs, toMs: Date.now() })
    await until(async () => /role:master/.test(await heir.client.info('replication').catch(() => '')), HEALING_MS)
    await victim.node.restart()
    await this.healed({ gone: victim, come: heir })
  }

  /** Leaves the replicas of a primary behind for a time. */
  async holdBackReplicas(primary: Member, forMs: number): Promise<void> {
    const replicas = (await this.members()).filter(({ primaryId }) => primaryId === primary.id).length
    await disconnectReplicas(primary.client)
    await delay(forMs)
    await reconnectReplicas(primary.client, replicas)
    await this.healed()
  }

  /** Has a replica take over from its living primary, in agreement with it. */
  async promoteReplica(primary: Member): Promise<void> {
    const heir = (await this.members()).find(({ primaryId }) => primaryId === primary.id)
    if (heir === undefined) throw new Error(`primary ${primary.node.port} has no replica`)
    await this.#expectPrimaries()
    await until(async () => {
      await heir.client.call('CLUSTER', 'FAILOVER').catch(() => {})
      await delay(50)
      return /role:master/.test(await heir.client.info('replication').catch(() => ''))
    }, HEALING_MS)
    await this.healed({ gone: primary, come: heir })
  }

  /**
   * Moves a slot to another primary, key by key, while it is in use; returns how many keys moved. It stays in two halves for
   * `pauseMs` after every twenty keys.
   */
  async moveSlot(slot: number, to: Member, pauseMs: number): Promise<number> {
    const from = (await this.primaries()).find(({ ranges }) => ranges.some(([a, b]) => a <= slot && slot <= b))
    if (from === undefined || from.id === to.id) return 0
    await to.client.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', from.id)
    await from.client.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', to.id)
    let moved = 0
    for (;;) {
      const keys = await from.client.cluster('GETKEYSINSLOT', slot, 20)
      if (keys.length === 0) break
      for (const key of keys) {
        await from.client.call('MIGRATE', to.node.host, String(to.node.port), key, '0', '5000', 'REPLACE')
        moved += 1
      }
      await delay(pauseMs)
    }
    // MIGRATE waits for the primary alone: what its replica lacks would be lost if it died before the other sees the owner.
    await this.#replicated(to)
    for (const { client } of [to, from]) await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', to.id)
    for (const { client, primaryId } of await this.members()) {
      if (primaryId === null) await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', to.id).catch(() => {})
    }
    await this.#replicated(from)
    return moved
  }

  /** Breaks every connection to some node, in the middle of whatever they carry. */
  cutConnections(index: number): void {
    this.#proxies[index % this.#proxies.length]?.cut()
  }

  /** Lets a node run what it is sent, but breaks the connections before the answers arrive. */
  async loseAnswers(index: number, forMs: number): Promise<void> {
    const proxy = this.#proxies[index % this.#proxies.length]
    proxy?.holdReplies()
    await delay(forMs)
    proxy?.cut()
    proxy?.releaseReplies()
  }

  /** Waits until all nodes live, agree, and every replica has what its primary has; `failover` is the one that was meant. */
  async healed(failover?: { readonly gone: Member; readonly come: Member }): Promise<void> {
    await this.#cluster.settled()
    for (const primary of await this.primaries()) await this.#replicated(primary)
    await this.#expectPrimaries(failover)
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect()
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
    await this.#cluster.stop()
  }

  /** Notes failovers that nobody asked for: a busy machine can keep a primary from its peers for long enough. */
  async #expectPrimaries(failover?: { readonly gone: Member; readonly come: Member }): Promise<void> {
    const nowMs = Date.now()
    const ids = new Set((await this.primaries()).map(({ id }) => id))
    if (this.#whole !== null) {
      const expected = new Set(this.#whole.ids)
      if (failover !== undefined && expected.delete(failover.gone.id)) expected.add(failover.come.id)
      const isOther = ids.size !== expected.size || [...ids].some((id) => !expected.has(id))
      if (isOther) this.kills.push({ fromMs: this.#whole.atMs - REPLICATION_LAG_MS, toMs: nowMs })
    }
    this.#whole = { ids, atMs: nowMs }
  }

  async #replicated(primary: Member): Promise<void> {
    const offset = Number(/master_repl_offset:(\d+)/.exec(await primary.client.info('replication'))?.[1])
    await until(async () => {
      const info = await primary.client.info('replication')
      const offsets = [...info.matchAll(/state=online,offset=(\d+)/g)].map((match) => Number(match[1]))
      return offsets.length > 0 && offsets.every((acknowledged) => acknowledged >= offset)
    }, HEALING_MS)
  }
}
