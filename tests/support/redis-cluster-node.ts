import { mkdir } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import {
  type RedisOptions,
  type RedisServer,
  type RedisServerOptions,
  type ServerProgram,
  startRedisServer,
} from './redis-server.js'

/** A node of a cluster: a server that can be ended, suspended and started again at its address. */
export class RedisClusterNode implements RedisServer {
  readonly #options: RedisServerOptions
  readonly #laterArgs: readonly string[]
  #server: RedisServer
  #isRunning = true
  #suspendedPid: number | null = null

  /**
   * @param options.directory Where the node keeps what it must find when it starts again; without it, it cannot.
   * @param laterArgs Arguments behind the others from the second start on.
   */
  static async start(options: RedisServerOptions, laterArgs: readonly string[] = []): Promise<RedisClusterNode> {
    if (options.directory !== undefined) await mkdir(options.directory, { recursive: true })
    return new RedisClusterNode(options, laterArgs, await startRedisServer(options))
  }

  private constructor(options: RedisServerOptions, laterArgs: readonly string[], server: RedisServer) {
    this.#options = options
    this.#laterArgs = laterArgs
    this.#server = server
  }

  get program(): ServerProgram {
    return this.#server.program
  }

  get host(): string {
    return this.#server.host
  }

  get port(): number {
    return this.#server.port
  }

  get url(): string {
    return this.#server.url
  }

  get directory(): string {
    return this.#server.directory
  }

  get ended(): Promise<void> {
    return this.#server.ended
  }

  /** False after `stop` and `shutDown`, until `restart`. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  log(): string {
    return this.#server.log()
  }

  client(options?: RedisOptions): Redis {
    return this.#server.client(options)
  }

  /** Kills it (SIGKILL), also while it is suspended. */
  async stop(): Promise<void> {
    this.#isRunning = false
    this.#suspendedPid = null
    await this.#server.stop()
  }

  /** Has it end by itself, and waits for that. */
  async shutDown(mode: 'save' | 'nosave'): Promise<void> {
    const client = this.client()
    // Its answer is the end of the connection.
    client.call('SHUTDOWN', mode).catch(() => {})
    await this.#server.ended
    client.disconnect()
    this.#isRunning = false
  }

  /** Starts it again after its end: as who it was, with the data that it has saved. */
  async restart(): Promise<void> {
    if (this.#options.directory === undefined) throw new Error('only a node with a directory of its own starts again')
    const options = { ...this.#options, port: this.port, args: [...(this.#options.args ?? []), ...this.#laterArgs] }
    this.#server = await startRedisServer(options)
    this.#isRunning = true
  }

  /** Suspends the process (SIGSTOP): the system keeps its connections, and nobody answers on them. */
  async suspend(): Promise<void> {
    const client = this.client()
    try {
      const pid = Number(/^process_id:(\d+)/m.exec(await client.info('server'))?.[1])
      process.kill(pid, 'SIGSTOP')
      this.#suspendedPid = pid
    } finally {
      client.disconnect()
    }
  }

  /** Lets a suspended process go on (SIGCONT). */
  resume(): void {
    if (this.#suspendedPid !== null) process.kill(this.#suspendedPid, 'SIGCONT')
    this.#suspendedPid = null
  }
}
