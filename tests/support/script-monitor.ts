import type { Redis } from 'ioredis'
import { hashSlot } from '../../src/schema/hash-slot.js'

/** A command that a script ran on a key outside the slots of the keys that it declared, or that walks a keyspace. */
export interface StrayCommand {
  readonly command: readonly string[]
  readonly declared: readonly string[]
}

const KEYLESS = new Set(['TIME', 'PING', 'ECHO', 'INFO', 'ROLE', 'LASTSAVE'])
const WALKING = new Set(['SCAN', 'KEYS', 'RANDOMKEY', 'DBSIZE', 'FLUSHALL', 'FLUSHDB'])
const ALL_KEYS = new Set(['DEL', 'UNLINK', 'EXISTS', 'MGET', 'TOUCH', 'RENAME', 'RENAMENX', 'COPY', 'SINTER', 'SUNION'])
/** Number of keys, then the keys. */
const COUNTED_KEYS = new Set(['ZINTERCARD', 'ZINTER', 'ZUNION', 'ZDIFF', 'SINTERCARD'])
/** A destination, the number of keys, the keys. */
const STORED_KEYS = new Set(['ZINTERSTORE', 'ZUNIONSTORE', 'ZDIFFSTORE'])

/**
 * Looks over a server's shoulder while scripts run (MONITOR): each command of a script whose keys carry a prefix is held
 * against the keys that the script declared.
 */
export class ScriptMonitor {
  readonly #monitor: Redis
  readonly strays: StrayCommand[] = []
  scripts = 0
  /** Commands by name, of scripts and of clients. */
  readonly counts = new Map<string, number>()

  static async open(client: Redis, keyPrefix: string): Promise<ScriptMonitor> {
    return new ScriptMonitor(await client.monitor(), keyPrefix)
  }

  private constructor(monitor: Redis, keyPrefix: string) {
    this.#monitor = monitor
    let declared: readonly string[] | null = null
    monitor.on('error', () => {})
    monitor.on('monitor', (_time: string, argv: readonly string[], source: string) => {
      const [name = '', ...args] = argv
      const upper = name.toUpperCase()
      if (source !== 'lua') {
        const isScript = upper.startsWith('EVAL')
        const keys = isScript ? args.slice(2, 2 + Number(args[1])) : []
        declared = isScript && keys[0]?.startsWith(keyPrefix) ? keys : null
        if (declared !== null) this.scripts += 1
        return
      }
      if (declared === null) return
      this.counts.set(upper, (this.counts.get(upper) ?? 0) + 1)
      const slots = new Set(declared.map(hashSlot))
      const isStray = WALKING.has(upper) || keysOf(upper, args).some((key) => !slots.has(hashSlot(key)))
      if (isStray) this.strays.push({ command: argv, declared })
    })
  }

  close(): void {
    this.#monitor.disconnect()
  }
}

function keysOf(name: string, args: readonly string[]): readonly string[] {
  if (KEYLESS.has(name)) return []
  if (ALL_KEYS.has(name)) return args
  if (COUNTED_KEYS.has(name)) return args.slice(1, 1 + Number(args[0]))
  if (STORED_KEYS.has(name)) return [args[0]!, ...args.slice(2, 2 + Number(args[1]))]
  return args.slice(0, 1)
}
