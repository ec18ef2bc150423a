import type { ConfigReader } from '../../commands/settings.js'

/** The settings of the bus, each read when it is asked for: CONFIG SET may change them. */
export class BusSettings {
  readonly #config: ConfigReader

  constructor(config: ConfigReader) {
    this.#config = config
  }

  get nodeTimeoutMs(): number {
    return this.#config.number('cluster-node-timeout')
  }

  get requiresFullCoverage(): boolean {
    return this.#config.flag('cluster-require-full-coverage')
  }

  get allowsReadsWhenDown(): boolean {
    return this.#config.flag('cluster-allow-reads-when-down')
  }

  get allowsShardChannelsWhenDown(): boolean {
    return this.#config.flag('cluster-allow-pubsubshard-when-down')
  }

  /** A replica may move to a primary without one; a primary without slots may become a replica. */
  get movesReplicas(): boolean {
    return this.#config.flag('cluster-allow-replica-migration')
  }

  /** So many replicas have to stay with their primary. */
  get migrationBarrier(): number {
    return this.#config.number('cluster-migration-barrier')
  }

  get neverFailsOver(): boolean {
    return this.#config.flag('cluster-replica-no-failover')
  }

  /** A replica whose data are older than this takes no primary's place; infinite when age does not matter. */
  get greatestDataAgeMs(): number {
    const factor = this.#config.number('cluster-replica-validity-factor')
    if (factor === 0) return Number.POSITIVE_INFINITY
    return this.#config.number('repl-ping-replica-period') * 1000 + this.nodeTimeoutMs * factor
  }

  /** Bytes that may wait on one connection; 0 for any number. */
  get linkBufferLimit(): number {
    return this.#config.number('cluster-link-sendbuf-limit')
  }

  /** Empty: each node finds out by itself under which address it sees this one. */
  get announcedIp(): string {
    return this.#config.text('cluster-announce-ip')
  }

  get announcedHostname(): string {
    return this.#config.text('cluster-announce-hostname')
  }

  /** 0: the port that is listened on. */
  get announcedPort(): number {
    return this.#config.number('cluster-announce-port')
  }

  get announcedBusPort(): number {
    return this.#config.number('cluster-announce-bus-port')
  }

  /** Empty: the system chooses. */
  get sourceAddress(): string {
    return this.#config.text('bind-source-addr')
  }
}
