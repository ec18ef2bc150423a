import { test } from '@jest/globals'
import { Cluster, type Redis } from 'ioredis'
import {
  type RedisCluster,
  type RedisClusterNode,
  type RedisClusterOptions,
  startRedisCluster,
} from '../../support/redis-cluster.js'
import type { ServerProgram } from '../../support/redis-server.js'
import { until } from '../../support/until.js'
import type { ClusterPlan } from './cluster-kind.js'
import { type ListedNode, listedSelf, slotOwners } from './cluster-view.js'

/** Short enough for quick failovers, long enough for a busy machine. */
export const NODE_TIMEOUT_MS = 1_500

/** A node under test. */
export interface Member {
  readonly node: RedisClusterNode
  /** For administration: connects again by itself, retries nothing. */
  readonly client: Redis
}

/** A cluster under test, with a client to each of its nodes. */
export class TestCluster {
  readonly #cluster: RedisCluster
  readonly #members: Member[]
  readonly #toClose: { disconnect(): void }[] = []

  static async start(plan: ClusterPlan, options: RedisClusterOptions = {}): Promise<TestCluster> {
    return new TestCluster(
      await startRedisCluster({
        programs: plan.programs,
        restartable: true,
        nodeTimeoutMs: NODE_TIMEOUT_MS,
        ...options,
      }),
    )
  }

  private constructor(cluster: RedisCluster) {
    this.#cluster = cluster
    this.#members = cluster.nodes.map((node) => this.#member(node))
  }

  /** Primaries first, as they were at the beginning; then the replicas, in the same order. */
  get members(): readonly Member[] {
    return this.#members
  }

  get living(): readonly Member[] {
    return this.#members.filter(({ node }) => node.isRunning)
  }

  get seeds(): readonly { readonly host: string; readonly port: number }[] {
    return this.#cluster.nodes.map(({ host, port }) => ({ host, port }))
  }

  /** `127.0.0.1:12345`, of the first node. */
  get address(): string {
    return addressOf(this.at(0).node)
  }

  at(index: number): Member {
    const member = this.#members[index]
    if (member === undefined) throw new RangeError(`the cluster has no node ${index}`)
    return member
  }

  /** Starts another node, which knows nothing of the others. */
  async add(program: ServerProgram): Promise<Member> {
    const member = this.#member(await this.#cluster.add(program))
    this.#members.push(member)
    return member
  }

  /** Ends a node that the others have forgotten. */
  async remove(member: Member): Promise<void> {
    this.#members.splice(this.#members.indexOf(member), 1)
    member.client.disconnect()
    await member.node.stop()
  }

  /** An ioredis client of the cluster, closed with it. */
  ioredis(): Cluster {
    const client = new Cluster([...this.seeds], { redisOptions: { disconnectTimeout: 100 } })
    client.on('error', () => {})
    this.#toClose.push(client)
    return client
  }

  /** Another connection to a node, closed with the cluster: for subscriptions and READONLY. */
  connect(member: Member): Redis {
    const client = member.node.client()
    this.#toClose.push(client)
    return client
  }

  /** The member that owns a slot, as the living ones say of themselves. */
  async ownerOf(slot: number): Promise<Member> {
    for (const member of this.living) {
      const self = await listedSelf(member.client)
      if (self.ranges.some(([from, to]) => from <= slot && slot <= to)) return member
    }
    throw new Error(`no living node owns slot ${slot}`)
  }

  async primaries(): Promise<readonly Member[]> {
    return this.#filtered((self) => self.isPrimary && self.ranges.length > 0)
  }

  /** A primary of one program and then of the other, as far as there are both, and each in turn. */
  async victim(round: number): Promise<Member> {
    const primaries = await this.primaries()
    const program = round % 2 === 0 ? 'redis-server' : 'activeredis-server'
    const ofProgram = primaries.filter(({ node }) => node.program === program)
    const candidates = ofProgram.length > 0 ? ofProgram : primaries
    const victim = candidates[(round >> 1) % candidates.length]
    if (victim === undefined) throw new Error('there are primaries')
    return victim
  }

  /** The first replica of a primary. */
  async heirOf(primary: Member): Promise<Member> {
    const [heir] = await this.replicasOf(primary)
    if (heir === undefined) throw new Error(`primary ${primary.node.port} has no replica`)
    return heir
  }

  async replicasOf(primary: Member): Promise<readonly Member[]> {
    const { id } = await listedSelf(primary.client)
    return this.#filtered((self) => self.primaryId === id)
  }

  /** Waits until all living nodes see a complete cluster with the same owner of each slot, and all replicas are linked. */
  settled(): Promise<void> {
    return this.#cluster.settled()
  }

  /** Waits until a primary's replicas have all that it has. */
  async replicated(primary: Member): Promise<void> {
    const replicas = await this.replicasOf(primary)
    // WAIT asks replicas at once what they would say within a second, about all up to the client's latest command.
    await until(async () => {
      const { length } = [...(await primary.client.info('replication')).matchAll(/state=online/g)]
      return length >= replicas.length && (await primary.client.wait(length, 1_000)) >= length
    })
  }

  /** What is wrong with who owns what: slots without an owner, nodes that disagree. Nothing if all is right. */
  async faultsOfOwnership(): Promise<readonly string[]> {
    const views = await Promise.all(this.living.map(({ client }) => slotOwners(client)))
    const [first = []] = views
    return first.flatMap((owner, slot) => {
      const owners = new Set(views.map((view) => view[slot]))
      return owner === null || owners.size > 1 ? [`slot ${slot} belongs to ${[...owners].join(', ')}`] : []
    })
  }

  /** Every key of the cluster with the ids of the primaries that hold it. */
  async holders(): Promise<ReadonlyMap<string, readonly string[]>> {
    const holders = new Map<string, string[]>()
    for (const { client } of await this.primaries()) {
      const { id } = await listedSelf(client)
      for (const key of await allKeys(client)) holders.set(key, [...(holders.get(key) ?? []), id])
    }
    return holders
  }

  /** What all nodes believe and logged last, for a failure. */
  async report(): Promise<string> {
    const parts = await Promise.all(
      this.#members.map(async ({ node, client }, index) => {
        const nodes = node.isRunning ? await client.cluster('NODES').catch(String) : 'does not run'
        const log = node.log().trim().split('\n').slice(-30).join('\n')
        return `--- node ${index}: ${node.program} ${node.port}\n${String(nodes)}\n${log}`
      }),
    )
    return parts.join('\n')
  }

  async close(): Promise<void> {
    for (const client of this.#toClose) client.disconnect()
    for (const { client } of this.#members) client.disconnect()
    await this.#cluster.stop()
  }

  #member(node: RedisClusterNode): Member {
    return { node, client: node.client({ maxRetriesPerRequest: 2, commandTimeout: 10_000 }) }
  }

  async #filtered(holds: (self: ListedNode) => boolean): Promise<readonly Member[]> {
    const selves = await Promise.all(this.living.map(({ client }) => listedSelf(client)))
    return this.living.filter((_, index) => {
      const self = selves[index]
      return self !== undefined && holds(self)
    })
  }
}

export const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): string => `${host}:${port}`

/** All keys of one node. */
export async function allKeys(client: Redis): Promise<readonly string[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await client.scan(cursor, 'COUNT', 1_000)
    for (const key of found) keys.add(key)
    cursor = next
  } while (cursor !== '0')
  return [...keys]
}

/** A test whose failure tells what the nodes of its cluster believed and logged. */
export function scenario(
  title: string,
  cluster: () => TestCluster,
  run: () => Promise<void>,
  timeoutMs = 90_000,
): void {
  test(
    title,
    async () => {
      try {
        await run()
      } catch (error) {
        if (error instanceof Error) error.message += `\n${await cluster().report()}`
        throw error
      }
    },
    timeoutMs,
  )
}
