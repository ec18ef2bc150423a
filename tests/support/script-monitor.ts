import { hashSlot } from '../../src/schema/hash-slot.js'
import { type MonitoredCommand, MonitorFeed } from './monitor-feed.js'

/** A command that a script ran on a key outside the slots of the keys that it declared, or that walks a keyspace. */
export interface StrayCommand {
  readonly command: readonly string[]
  readonly declared: readonly string[]
}

const KEYLESS = new Set(['TIME'])
const ONE_KEY = new Set([
  ...['GET', 'SET', 'PTTL', 'PEXPIRE', 'PEXPIREAT', 'PEXPIRETIME', 'PERSIST', 'TYPE', 'SADD', 'SREM', 'SISMEMBER'],
  ...['HGET', 'HSET', 'HMGET', 'HGETALL', 'HDEL', 'HEXISTS', 'HLEN'],
  ...['ZADD', 'ZREM', 'ZSCORE', 'ZMSCORE', 'ZCARD', 'ZCOUNT', 'ZLEXCOUNT', 'ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE'],
  'ZREMRANGEBYSCORE',
])
const ALL_KEYS = new Set(['DEL', 'UNLINK', 'EXISTS', 'RENAME', 'MGET'])
/** Number of keys, then the keys. */
const COUNTED_KEYS = new Set(['ZINTERCARD', 'ZINTER'])

/**
 * Looks over a server's shoulder while scripts run (MONITOR): each command of a script whose keys carry a prefix is held
 * against the keys that the script declared.
 */
export class ScriptMonitor {
  readonly #keyPrefix: string
  #feed: MonitorFeed | null = null
  /** Keys of the script that runs; null for a script that is not looked at. */
  #declared: readonly string[] | null = null
  readonly strays: StrayCommand[] = []
  scripts = 0
  /** Commands of scripts, by name. */
  readonly counts = new Map<string, number>()

  static async open(
    address: { readonly host: string; readonly port: number },
    keyPrefix: string,
  ): Promise<ScriptMonitor> {
    const monitor = new ScriptMonitor(keyPrefix)
    monitor.#feed = await MonitorFeed.open(address, (command) => monitor.#see(command))
    return monitor
  }

  private constructor(keyPrefix: string) {
    this.#keyPrefix = keyPrefix
  }

  close(): void {
    this.#feed?.close()
  }

  #see({ source, argv }: MonitoredCommand): void {
    const [name = '', ...args] = argv
    const upper = name.toUpperCase()
    if (source !== 'lua') {
      const isScript = upper.startsWith('EVAL')
      const keys = isScript ? args.slice(2, 2 + Number(args[1])) : []
      this.#declared = isScript && keys[0]?.startsWith(this.#keyPrefix) ? keys : null
      if (this.#declared !== null) this.scripts += 1
      return
    }
    if (this.#declared === null) return
    this.counts.set(upper, (this.counts.get(upper) ?? 0) + 1)
    const slots = new Set(this.#declared.map(hashSlot))
    const keys = keysOf(upper, args)
    const isStray = keys === null || keys.some((key) => !slots.has(hashSlot(key)))
    if (isStray) this.strays.push({ command: argv, declared: this.#declared })
  }
}

/** The keys of a command; null when it walks a keyspace, or when nothing is known of it. */
function keysOf(name: string, args: readonly string[]): readonly string[] | null {
  if (KEYLESS.has(name)) return []
  if (ALL_KEYS.has(name)) return args
  if (COUNTED_KEYS.has(name)) return args.slice(1, 1 + Number(args[0]))
  return ONE_KEY.has(name) ? args.slice(0, 1) : null
}
