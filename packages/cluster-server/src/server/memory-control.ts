import type { Clock } from '../clock.js'
import type { ServerState } from '../commands/context.js'
import { functionsOf } from '../commands/scripting/function-libraries.js'
import { scriptsOf } from '../commands/scripting/script-cache.js'
import type { Timer } from '../dispatch/blocked-clients.js'
import { Eviction, type MemoryLevel } from '../dispatch/eviction.js'
import { readEvictionSettings } from '../dispatch/eviction-settings.js'
import type { KeyspaceEvents } from '../dispatch/keyspace-events.js'
import { AccessTracking } from '../keyspace/access-tracking.js'
import type { Database } from '../keyspace/database.js'
import { BufferGauge } from './buffer-gauge.js'
import type { Config } from './config.js'
import { MemoryUse } from './memory-use.js'

/** What the control of memory needs of its node. */
export interface MemoryControlOptions {
  readonly config: Config
  readonly clock: Clock
  readonly timer: Timer
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly events: KeyspaceEvents
  readonly clients: { readonly size: number }
  /** Whether the data has to stay as it is, whatever it takes: a pause, a data set that is being loaded. */
  readonly isFrozen: () => boolean
  /** Runs `work` as a unit of its own. */
  readonly runUnit: (work: () => void) => void
}

/** Counting, limits and eviction of one node, and the settings that they follow. */
export class MemoryControl {
  readonly access: AccessTracking
  readonly buffers: BufferGauge
  readonly #options: MemoryControlOptions
  #databases: readonly Database[] = []
  #eviction: Eviction | null = null
  #replication: () => ServerState['replication'] | null = () => null
  #cancelTimer = (): void => {}

  constructor(options: MemoryControlOptions) {
    this.#options = options
    this.access = new AccessTracking(options.random)
    this.buffers = new BufferGauge(options.clients)
    options.config.onChange((names) => {
      this.#configure()
      // A limit that is lowered holds without a command that asks for it.
      if (names.includes('maxmemory')) this.#eviction?.begin()
    })
  }

  /** Counts these databases, and what `server` keeps besides. `server` is not looked at before a command runs. */
  control(databases: readonly Database[], server: () => ServerState): MemoryUse {
    const { clock, random, timer, runUnit, config } = this.#options
    this.#databases = databases
    this.#replication = () => server().replication
    const use = new MemoryUse({
      databases,
      buffers: this.buffers,
      scriptBytes: () => scriptsOf(server()).bytes + functionsOf(server()).bytes,
      replication: () => server().replication,
    })
    this.#eviction = new Eviction(
      {
        databases,
        random,
        countedBytes: () => use.countedBytes,
        nowMicroseconds: () => clock.nowMicroseconds(),
        continueLater: () => {
          this.#cancelTimer = timer(0, () => runUnit(() => this.#resume()))
        },
      },
      readEvictionSettings(config),
    )
    this.#configure()
    return use
  }

  /** Makes room before a command runs. */
  free(): MemoryLevel {
    return this.#eviction === null || this.#isUnlimited() ? 'within' : this.#eviction.free()
  }

  close(): void {
    this.#cancelTimer()
  }

  #resume(): void {
    if (this.#isUnlimited()) this.#eviction?.cancel()
    else this.#eviction?.resume()
  }

  #isUnlimited(): boolean {
    if (this.#options.isFrozen()) return true
    // A replica is a copy of its primary, which is the one to evict.
    return this.#eviction?.settings.replicaIgnores === true && this.#replication()?.role === 'replica'
  }

  #configure(): void {
    const { config, events } = this.#options
    const settings = readEvictionSettings(config)
    this.#eviction?.configure(settings)
    this.access.countsUses = settings.order === 'lfu'
    this.access.logFactor = config.number('lfu-log-factor')
    this.access.decayMinutes = config.number('lfu-decay-time')
    events.evictsLazily = settings.lazily
    const lazyFreeing = {
      expired: config.flag('lazyfree-lazy-expire'),
      overwritten: config.flag('lazyfree-lazy-server-del'),
    }
    for (const database of this.#databases) database.lazyFreeing = lazyFreeing
  }
}
