import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A server that the benchmark started in a process of its own, on a free loopback port. */
export interface RunningServer {
  readonly label: string
  readonly port: number
  /** Processor time that the process has used so far, microseconds (user and system; 10 ms resolution). Linux only. */
  cpuMicroseconds(): number
  /** Resident memory in bytes. Linux only. */
  residentBytes(): number
  stop(): Promise<void>
  /** Ends the process without a warning. */
  kill(): Promise<void>
}

const ourProgram = fileURLToPath(
  new URL('../../../packages/cluster-server/bin/activeredis-server.mjs', import.meta.url),
)

/** Redis' distance between the ports of clients and of the cluster bus. */
const BUS_PORT_DISTANCE = 10_000

const listens = async (port: number): Promise<boolean> => {
  const probe = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (isFree) {
    probe.close()
    await once(probe, 'close')
  }
  return isFree
}

/** A free port whose cluster bus has one, too, below those that the system gives to outgoing connections. */
const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 12_000)
    if ((await listens(port)) && (await listens(port + BUS_PORT_DISTANCE))) return port
  }
  throw new Error('no free port was found')
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const start = async (label: string, command: string, args: readonly string[]): Promise<RunningServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'activeredis-bench-'))
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child: ChildProcess = spawn(command, [...args, ...settings], { cwd: directory, stdio: 'ignore' })
  for (let attempt = 0; !(await accepts(port)); attempt++) {
    if (attempt > 1200 || child.exitCode !== null) throw new Error(`${label} did not start on port ${port}`)
    await delay(25)
  }
  const pid = child.pid
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    await rm(directory, { recursive: true, force: true })
  }
  return {
    label,
    port,
    cpuMicroseconds() {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10_000
    },
    residentBytes() {
      const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      return Number(line?.[1]) * 1024
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/** @param settings further arguments */
export const startRedisServer = (settings: readonly string[] = []): Promise<RunningServer> =>
  start('redis-server', 'redis-server', settings)

/** A cluster of processes. */
export interface RunningCluster {
  readonly servers: readonly RunningServer[]
  readonly ports: readonly number[]
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly primaries: number
  /** How many follow each primary; default 0. They come after the primaries. */
  readonly replicas?: number
  /** Further arguments of each node. */
  readonly settings?: readonly string[]
}

/** Starts nodes, makes a cluster of them, and waits until each knows all of it. Needs redis-cli. */
export const startCluster = async (
  startNode: (settings: readonly string[]) => Promise<RunningServer>,
  { primaries, replicas = 0, settings = [] }: ClusterOptions,
): Promise<RunningCluster> => {
  const servers: RunningServer[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  try {
    const count = primaries * (1 + replicas)
    for (let index = 0; index < count; index++) servers.push(await startNode(['--cluster-enabled', 'yes', ...settings]))
    const ports = servers.map((server) => server.port)
    const addresses = ports.map((port) => `127.0.0.1:${port}`)
    const words = ['--cluster-replicas', String(replicas), '--cluster-yes']
    await execute('redis-cli', ['--cluster', 'create', ...addresses, ...words])
    for (const port of ports) await untilComplete(port)
    return { servers, ports, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A cluster of redis-server processes without replicas. */
export const startRedisCluster = (primaries: number): Promise<RunningCluster> =>
  startCluster(startRedisServer, { primaries, settings: ['--cluster-node-timeout', '5000'] })

const untilComplete = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < 400; attempt++) {
    const { stdout } = await execute('redis-cli', ['-p', String(port), 'CLUSTER', 'INFO'])
    if (stdout.includes('cluster_state:ok')) return
    await delay(25)
  }
  throw new Error(`the node on port ${port} does not know the whole cluster`)
}

/** @param settings further arguments */
export const startOurServer = (settings: readonly string[] = []): Promise<RunningServer> =>
  start('activeredis-server', process.execPath, [ourProgram, ...settings])

/** Whether a program of Redis is on the path. */
export const isInstalled = async (program: string): Promise<boolean> => {
  try {
    await execute(program, ['--version'])
    return true
  } catch {
    return false
  }
}

/** What `redis-benchmark` is to send: one of its own tests, or any command, in which `__rand_int__` is replaced. */
export type BenchmarkOptions = {
  /** Requests on their way at once on each of 50 connections. */
  readonly pipeline: number
  readonly requests: number
} & ({ readonly test: string } | { readonly words: readonly string[] })

/** Requests per second that `redis-benchmark` reports. */
export const redisBenchmark = async (port: number, options: BenchmarkOptions): Promise<number> => {
  const { stdout } = await execute('redis-benchmark', [
    ...['-h', '127.0.0.1', '-p', String(port), '-P', String(options.pipeline), '-n', String(options.requests)],
    ...['-r', '100000', '-c', '50', '--csv'],
    ...('test' in options ? ['-t', options.test] : options.words),
  ])
  // The words of a command are quoted in the first column, commas and all.
  const rate = Number(/^".*?","([\d.]+)"/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1])
  if (!Number.isFinite(rate)) throw new Error(`redis-benchmark printed no rate: ${stdout.slice(0, 300)}`)
  return rate
}

/** SCRIPT LOAD. @returns the digest */
export const loadScript = async (port: number, script: string): Promise<string> => {
  const { stdout } = await execute('redis-cli', ['-p', String(port), 'SCRIPT', 'LOAD', script])
  return stdout.trim()
}
