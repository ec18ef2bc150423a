import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type RedisOptions as AllRedisOptions, Redis } from 'ioredis'
import { freePort } from './free-port.js'
import { type SupervisedProcess, startSupervised } from './supervised-process.js'

/** Options of a client whose replies keep their RESP2 shapes. */
export type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>

/** The program of a server: the one of Redis, or the one of this repository, as it was built last. */
export type ServerProgram = 'redis-server' | 'activeredis-server'

/** A server of its own process on a free loopback port, which saves nothing unless told to. */
export interface RedisServer {
  readonly program: ServerProgram
  readonly host: string
  readonly port: number
  /** `redis://127.0.0.1:12345`, without password. */
  readonly url: string
  /** Temporary working directory. */
  readonly directory: string
  /** A client for administration; the caller disconnects it. */
  client(options?: RedisOptions): Redis
  /** The last lines of its log. */
  log(): string
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<void>
  /** Kills the server (SIGKILL) and removes its directory. Idempotent. */
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** Default: `redis-server`. */
  readonly program?: ServerProgram
  /** Further arguments of the server, after those that the tests need: `['--requirepass', 'secret']`. */
  readonly args?: readonly string[]
  /** Further arguments that depend on the port. Given here, the server's plain port is closed (`port 0`). */
  readonly tlsArgs?: (port: number) => readonly string[]
  /** What a client needs to connect: password, TLS. */
  readonly clientOptions?: RedisOptions
  /** Default: a free one. */
  readonly port?: number
  /** Working directory that stays when the server ends; default: a temporary one that goes with it. */
  readonly directory?: string
}

const PORT_TAKEN = /Address already in use|Failed listening on port|Could not create server TCP listening socket/

/** Version of the redis-server on the path, or null when there is none. */
export async function redisServerVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version'])
    return /v=([0-9.]+)/.exec(stdout)?.[1] ?? stdout.trim()
  } catch {
    return null
  }
}

const OWN_PROGRAM = fileURLToPath(new URL('../../packages/cluster-server/bin/activeredis-server.mjs', import.meta.url))

/** Command and first words that run a program. */
export const commandOf = (program: ServerProgram): readonly [command: string, ...words: string[]] =>
  program === 'redis-server' ? ['redis-server'] : [process.execPath, OWN_PROGRAM]

const start = (port: number, options: RedisServerOptions): Promise<SupervisedProcess> => {
  const [command, ...words] = commandOf(options.program ?? 'redis-server')
  return startSupervised(
    command,
    (directory) => [
      ...words,
      ...['--bind', '127.0.0.1', '--protected-mode', 'no', '--daemonize', 'no', '--loglevel', 'notice'],
      ...['--port', options.tlsArgs === undefined ? String(port) : '0', '--dir', options.directory ?? directory],
      ...['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0'],
      ...(options.tlsArgs?.(port) ?? []),
      ...(options.args ?? []),
    ],
    /Ready to accept connections/,
  )
}

/** Waits until a server answers PING, and no more with LOADING. */
const answered = async (client: Redis): Promise<void> => {
  const deadlineMs = performance.now() + 30_000
  for (;;) {
    const answer = await client.ping().catch((error: Error) => error)
    if (!(answer instanceof Error)) return
    if (!answer.message.startsWith('LOADING ') || performance.now() > deadlineMs) throw answer
    await delay(5)
  }
}

/**
 * Starts the redis-server on the path, or the server of this repository, and waits until it answers PING.
 * @throws Error with the server's log when it does not start.
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    let server: SupervisedProcess
    try {
      server = await start(port, options)
    } catch (error) {
      if (attempt < 5 && error instanceof Error && PORT_TAKEN.test(error.message)) continue
      throw error
    }
    const client = (more: RedisOptions = {}): Redis => {
      // A client that is not connected would keep the process for the two seconds of the default.
      const settings: RedisOptions = {
        host: '127.0.0.1',
        port,
        disconnectTimeout: 100,
        ...options.clientOptions,
        ...more,
      }
      const redis = new Redis(settings)
      redis.on('error', () => {})
      return redis
    }
    const probe = client({ maxRetriesPerRequest: 3 })
    try {
      await answered(probe)
    } catch (error) {
      await server.stop()
      throw error
    } finally {
      probe.disconnect()
    }
    return {
      program: options.program ?? 'redis-server',
      host: '127.0.0.1',
      port,
      url: `redis://127.0.0.1:${port}`,
      directory: options.directory ?? server.directory,
      client,
      log: () => server.output(),
      ended: server.ended,
      stop: () => server.stop(),
    }
  }
}
