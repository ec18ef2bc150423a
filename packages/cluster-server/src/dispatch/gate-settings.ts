import type { ConfigReader } from '../commands/settings.js'

/** A configuration that counts its changes. */
export interface VersionedConfig extends ConfigReader {
  readonly version: number
}

/** The settings that every command is judged by, read again only after a change. */
export class GateSettings {
  readonly #config: VersionedConfig
  #version = -1
  maxMemoryBytes = 0
  minReplicas = 0
  maxReplicaLagSeconds = 0
  replicaIsReadOnly = true
  serveStaleData = true
  slowLogMicroseconds = 10_000
  slowLogLength = 128
  tracksLatency = true
  /** What takes longer is a latency event; infinite while that is off. */
  latencyThresholdMicroseconds = Number.POSITIVE_INFINITY
  /** Who may use guarded commands. */
  readonly allowed = { debug: 'no', module: 'no' }

  constructor(config: VersionedConfig) {
    this.#config = config
  }

  refresh(): void {
    const config = this.#config
    if (config.version === this.#version) return
    this.#version = config.version
    this.maxMemoryBytes = config.number('maxmemory')
    this.minReplicas = config.number('min-replicas-to-write')
    this.maxReplicaLagSeconds = config.number('min-replicas-max-lag')
    this.replicaIsReadOnly = config.flag('replica-read-only')
    this.serveStaleData = config.flag('replica-serve-stale-data')
    this.slowLogMicroseconds = config.number('slowlog-log-slower-than')
    this.slowLogLength = config.number('slowlog-max-len')
    this.tracksLatency = config.flag('latency-tracking')
    const thresholdMs = config.number('latency-monitor-threshold')
    this.latencyThresholdMicroseconds = thresholdMs > 0 ? thresholdMs * 1000 : Number.POSITIVE_INFINITY
    this.allowed.debug = config.text('enable-debug-command')
    this.allowed.module = config.text('enable-module-command')
  }
}
