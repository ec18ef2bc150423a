import { isIP } from 'node:net'
import { SLOT_COUNT } from '../slot.js'
import { Config } from './config.js'

/** Where the nodes of an embedded cluster run. `inline`: in the calling thread, which they share with the program. */
export type WorkerKind = 'thread' | 'inline' | 'process'

/** How a cluster is started. */
export interface StartClusterOptions {
  /** Number of primaries, 1 to 1000. Default 3. */
  readonly primaries?: number
  /** Number of replicas of each primary, 0 to 10. Default 0. */
  readonly replicas?: number
  /** The address on which all nodes listen, and by which clients reach them. Default `127.0.0.1`. */
  readonly host?: string
  /**
   * One port for each node, 1 to 65535: those of the primaries first, then those of the replicas (of the first primary,
   * the second …, and again from the first). Default: free ports.
   */
  readonly ports?: readonly number[]
  /** Default `thread`. */
  readonly worker?: WorkerKind
  /** Settings of all nodes by the names of redis.conf, such as `{ maxmemory: '100mb' }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /** How long all nodes may take to listen and to follow their primaries, in milliseconds. Default 10000. */
  readonly startTimeoutMs?: number
}

/** Checked options, with every default filled in. */
export interface ClusterPlan {
  readonly primaries: number
  readonly replicas: number
  readonly host: string
  /** One for each node; 0 is a free port. */
  readonly ports: readonly number[]
  readonly worker: WorkerKind
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly startTimeoutMs: number
}

/** An option of `startCluster` that cannot be used; the message names it and the value received. */
export class ClusterOptionError extends Error {
  override readonly name = 'ClusterOptionError'
}

const KNOWN = new Set(['primaries', 'replicas', 'host', 'ports', 'worker', 'config', 'startTimeoutMs'])
const WORKER_KINDS: readonly WorkerKind[] = ['thread', 'inline', 'process']
/** Settings that the launcher decides. */
const RESERVED = new Set(['port', 'bind', 'cluster-enabled', 'replicaof', 'slaveof'])

const show = (value: unknown): string => JSON.stringify(value) ?? String(value)

const refuse = (name: string, value: unknown, expected: string): never => {
  throw new ClusterOptionError(`The option ${name} must be ${expected}; received ${show(value)}.`)
}

const whole = (name: string, value: unknown, minimum: number, maximum: number): number => {
  const valid = typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum
  return valid ? value : refuse(name, value, `a whole number from ${minimum} to ${maximum}`)
}

const checkHost = (value: unknown): string => {
  const host =
    typeof value === 'string' && /^[\w.:-]+$/.test(value) ? value : refuse('host', value, 'an address or a host name')
  if (isIP(host) !== 0 && /^[0.:]+$/.test(host)) refuse('host', value, 'an address that clients can connect to')
  return host
}

const checkPorts = (value: unknown, count: number): readonly number[] => {
  if (value === undefined) return new Array<number>(count).fill(0)
  if (!Array.isArray(value) || value.length !== count) {
    return refuse('ports', value, `a list of ${count} ports, one for each node`)
  }
  const ports = value.map((port: unknown, index) => whole(`ports[${index}]`, port, 1, 65535))
  const doubled = ports.find((port, index) => ports.indexOf(port) !== index)
  if (doubled !== undefined) refuse('ports', value, `a list without doubles (${doubled} occurs twice)`)
  return ports
}

const checkSettings = (config: StartClusterOptions['config'] = {}): ClusterPlan['settings'] => {
  for (const [name, value] of Object.entries(config)) {
    if (!RESERVED.has(name.toLowerCase())) continue
    throw new ClusterOptionError(
      `The option config cannot contain '${name}' (received ${show(value)}): the launcher decides it. Use host and ports for addresses.`,
    )
  }
  const { requirepass } = config
  const settings = requirepass === undefined ? config : { masterauth: requirepass, ...config }
  // Throws a SettingError that names the setting and its value.
  new Config(settings)
  return settings
}

/**
 * Checks options before anything is started.
 * @throws ClusterOptionError for an unknown option or a value that cannot be used; SettingError for one in `config`
 */
export const planCluster = (options: StartClusterOptions = {}): ClusterPlan => {
  for (const [name, value] of Object.entries(options)) {
    if (!KNOWN.has(name)) {
      throw new ClusterOptionError(
        `There is no option ${name} (received ${show(value)}). The options are ${[...KNOWN].join(', ')}.`,
      )
    }
  }
  const primaries = whole('primaries', options.primaries ?? 3, 1, Math.min(1000, SLOT_COUNT))
  const replicas = whole('replicas', options.replicas ?? 0, 0, 10)
  const worker = options.worker ?? 'thread'
  if (!WORKER_KINDS.includes(worker)) refuse('worker', worker, `one of ${WORKER_KINDS.join(', ')}`)
  return {
    primaries,
    replicas,
    host: checkHost(options.host ?? '127.0.0.1'),
    ports: checkPorts(options.ports, primaries * (1 + replicas)),
    worker,
    settings: checkSettings(options.config),
    startTimeoutMs: whole('startTimeoutMs', options.startTimeoutMs ?? 10_000, 1, 2 ** 31 - 1),
  }
}
