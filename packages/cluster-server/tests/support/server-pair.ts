import { describe, test } from '@jest/globals'
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { unavailableReason } from '../../../../tests/support/targets.js'
import { Node, type NodeOptions } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

export interface ServerPairOptions {
  /** The same settings for both, by the names of redis.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** What only our node needs. */
  readonly node?: NodeOptions
}

/** Our node and a redis-server with the same settings, each with one raw connection. */
export class ServerPair {
  readonly redis: RedisServer
  readonly node: Node
  readonly ours: WireClient
  readonly real: WireClient

  private constructor(redis: RedisServer, node: Node, ours: WireClient, real: WireClient) {
    this.redis = redis
    this.node = node
    this.ours = ours
    this.real = real
  }

  static async start(options: ServerPairOptions = {}): Promise<ServerPair> {
    const settings = options.settings ?? {}
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    const password = settings.requirepass
    const redis = await startRedisServer({ args, ...(password !== undefined && { clientOptions: { password } }) })
    const node = new Node({ ...options.node, settings: { ...settings, ...options.node?.settings, port: 0 } })
    const { port } = await node.listen()
    return new ServerPair(redis, node, await WireClient.connect(port), await WireClient.connect(redis.port))
  }

  /** Sends the same commands to both, and shows what each answered. */
  async ask(
    ...commands: readonly (readonly string[])[]
  ): Promise<{ readonly ours: string[]; readonly real: string[] }> {
    const [ours, real] = await Promise.all([this.ours.send(commands), this.real.send(commands)])
    return { ours: ours.map(showReply), real: real.map(showReply) }
  }

  async close(): Promise<void> {
    this.ours.close()
    this.real.close()
    await this.node.close()
    await this.redis.stop()
  }
}

/** A suite that needs a redis-server: skipped by name where there is none, failing when one is required. */
export const describeBesideRedis = (title: string, body: () => void): void => {
  const reason = unavailableReason('redis-server')
  if (reason === undefined) describe(title, body)
  else if (process.env.REQUIRE_REDIS === '1') {
    test(title, () => {
      throw new Error(reason)
    })
  } else describe.skip(`${title} (${reason})`, body)
}
