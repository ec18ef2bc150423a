import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { startNode } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

/** What two servers answered to one script. */
export interface Answers {
  readonly script: string
  readonly real: string
  readonly ours: string
}

/** Our node and a real redis-server, each with a connection. */
export class ScriptServers {
  readonly #redis: RedisServer
  readonly #node: Awaited<ReturnType<typeof startNode>>
  readonly real: WireClient
  readonly ours: WireClient

  private constructor(redis: RedisServer, node: Awaited<ReturnType<typeof startNode>>, clients: WireClient[]) {
    this.#redis = redis
    this.#node = node
    this.real = clients[0]!
    this.ours = clients[1]!
  }

  static async start(): Promise<ScriptServers> {
    const redis = await startRedisServer()
    const node = await startNode({ port: 0 })
    const clients = await Promise.all([redis.port, node.port].map((port) => WireClient.connect(port)))
    return new ScriptServers(redis, node, clients)
  }

  /** Sends the same commands to both. */
  async ask(commands: readonly (readonly string[])[]): Promise<Answers[]> {
    const [real, ours] = await Promise.all([this.real.send(commands), this.ours.send(commands)])
    return commands.map((argv, index) => ({
      script: argv.join(' '),
      real: showReply(real[index]!),
      ours: showReply(ours[index]!),
    }))
  }

  /** The scripts that the two answer differently. */
  async differences(scripts: readonly string[]): Promise<Answers[]> {
    const answers = await this.ask(scripts.map((script) => ['EVAL', script, '0']))
    return answers.filter(({ real, ours }) => real !== ours)
  }

  async close(): Promise<void> {
    this.real.close()
    this.ours.close()
    await this.#node.close()
    await this.#redis.stop()
  }
}
