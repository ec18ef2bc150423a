import { ENDPOINT_TYPES } from '../cluster/endpoint.js'
import { eventClasses, outputLimits, percentiles, saveRules } from './composite-settings.js'
import { directory } from './path-settings.js'
import {
  addresses,
  EVERYWHERE,
  fileName,
  freeText,
  hostname,
  integer,
  MAX_INT,
  MAX_LONG,
  MAX_UNSIGNED,
  MAX_UNSIGNED_LONG,
  memory,
  memoryOrPercent,
  octal,
  oneOf,
  type SettingKind,
  someOf,
  yesNo,
} from './setting-kinds.js'
import { settingsWithoutEffect } from './settings-without-effect.js'

/** One setting of redis.conf. */
export interface SettingDefinition {
  readonly kind: SettingKind
  /** As CONFIG GET prints it. */
  readonly initial: string
  /** Only at the start; CONFIG SET refuses it. */
  readonly immutable?: boolean
  /** CONFIG SET takes it only with `enable-protected-configs`. */
  readonly guarded?: boolean
  /** CONFIG SET refuses it while data are being loaded. */
  readonly waitsForData?: boolean
  /** CONFIG GET lists it by its full name only. */
  readonly hidden?: boolean
  /** MONITOR and SLOWLOG do not show its value. */
  readonly secret?: boolean
  /** A line of the file may give several words. */
  readonly takesSeveral?: boolean
  /** CONFIG REWRITE writes it with its default value too. */
  readonly alwaysInFile?: boolean
  /** Other names of the same setting, which CONFIG GET lists too. */
  readonly aliases?: readonly string[]
}

const fixed = (kind: SettingKind, initial: string): SettingDefinition => ({ kind, initial, immutable: true })
const on = { kind: yesNo, initial: 'yes' } as const
const off = { kind: yesNo, initial: 'no' } as const
const count = (initial: number, minimum = 0, maximum: number | bigint = MAX_INT): SettingDefinition => ({
  kind: integer(minimum, maximum),
  initial: String(initial),
})
const bytes = (
  initial: number,
  minimum: number | bigint = 0,
  maximum: number | bigint = MAX_LONG,
): SettingDefinition => ({
  kind: memory(minimum, maximum),
  initial: String(initial),
})
const text = (initial = ''): SettingDefinition => ({ kind: freeText, initial })
const several = (definition: SettingDefinition): SettingDefinition => ({ ...definition, takesSeveral: true })
const guarded = (definition: SettingDefinition): SettingDefinition => ({ ...definition, guarded: true })
const hidden = (definition: SettingDefinition): SettingDefinition => ({ ...definition, hidden: true })
const secret = (definition: SettingDefinition): SettingDefinition => ({ ...definition, secret: true })
const also = (definition: SettingDefinition, ...aliases: string[]): SettingDefinition => ({ ...definition, aliases })

const EVICTION_POLICIES = [
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'noeviction',
]
const SHUTDOWN_WORDS = ['default', 'save', 'nosave', 'now', 'force']
const BOTH_SAVE_AND_NOT = "shutdown options SAVE and NOSAVE can't be used simultaneously"
const shutdownOptions = several({
  kind: someOf(SHUTDOWN_WORDS, ['save', 'nosave'], BOTH_SAVE_AND_NOT),
  initial: 'default',
})
const INITIAL_OUTPUT_LIMITS = 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60'

const AOF_FILE = "appendfilename can't be a path, just a filename"
const AOF_DIRECTORY = "appenddirname can't be a path, just a dirname"

/**
 * The settings of Redis 7.0.15 that mean something here or that tools ask for, with its names, defaults and limits.
 * One default differs on purpose: the server saves nothing.
 */
export const settingTable = (read: (name: string) => string): Readonly<Record<string, SettingDefinition>> => ({
  ...settingsWithoutEffect,
  'acl-pubsub-default': { kind: oneOf('allchannels', 'resetchannels'), initial: 'resetchannels' },
  aclfile: fixed(freeText, ''),
  'acllog-max-len': count(128, 0, MAX_LONG),
  'active-expire-effort': count(1, 1, 10),
  activerehashing: on,
  'aof-disable-auto-gc': off,
  'aof-load-truncated': on,
  'aof-timestamp-enabled': off,
  'aof-use-rdb-preamble': on,
  appenddirname: fixed(fileName(AOF_DIRECTORY), 'appendonlydir'),
  appendfilename: fixed(fileName(AOF_FILE), 'appendonly.aof'),
  appendonly: { ...off, waitsForData: true },
  appendfsync: { kind: oneOf('everysec', 'always', 'no'), initial: 'everysec' },
  'auto-aof-rewrite-min-size': bytes(67_108_864),
  'auto-aof-rewrite-percentage': count(100),
  bind: several({ kind: addresses, initial: EVERYWHERE }),
  'bind-source-addr': text(),
  'busy-reply-threshold': also(count(5000, 0, MAX_LONG), 'lua-time-limit'),
  'client-output-buffer-limit': several({
    kind: outputLimits(() => read('client-output-buffer-limit')),
    initial: INITIAL_OUTPUT_LIMITS,
  }),
  'client-query-buffer-limit': bytes(1073741824, 1048576),
  'cluster-allow-pubsubshard-when-down': on,
  'cluster-allow-reads-when-down': off,
  'cluster-allow-replica-migration': on,
  'cluster-announce-bus-port': count(0, 0, 65535),
  'cluster-announce-hostname': { kind: hostname, initial: '' },
  'cluster-announce-ip': text(),
  'cluster-announce-port': count(0, 0, 65535),
  'cluster-config-file': fixed(freeText, 'nodes.conf'),
  'cluster-enabled': fixed(yesNo, 'no'),
  'cluster-migration-barrier': count(1),
  'cluster-node-timeout': count(15000, 0, MAX_LONG),
  'cluster-port': fixed(integer(0, 65535), '0'),
  'cluster-link-sendbuf-limit': bytes(0, 0, MAX_UNSIGNED_LONG),
  'cluster-preferred-endpoint-type': { kind: oneOf(...ENDPOINT_TYPES), initial: 'ip' },
  'cluster-replica-no-failover': also(off, 'cluster-slave-no-failover'),
  'cluster-replica-validity-factor': also(count(10), 'cluster-slave-validity-factor'),
  'cluster-require-full-coverage': on,
  'crash-log-enabled': on,
  daemonize: fixed(yesNo, 'no'),
  databases: fixed(integer(1, MAX_INT), '16'),
  dbfilename: guarded({ kind: fileName("dbfilename can't be a path, just a filename"), initial: 'dump.rdb' }),
  dir: {
    ...guarded({ kind: directory(() => read('dir')), initial: process.cwd() }),
    alwaysInFile: true,
    waitsForData: true,
  },
  'enable-debug-command': fixed(oneOf('no', 'yes', 'local'), 'no'),
  'hash-max-listpack-entries': also(count(512, 0, MAX_LONG), 'hash-max-ziplist-entries'),
  'hash-max-listpack-value': also(bytes(64), 'hash-max-ziplist-value'),
  'hll-sparse-max-bytes': bytes(3000),
  hz: count(10),
  'enable-protected-configs': fixed(oneOf('no', 'yes', 'local'), 'no'),
  'key-load-delay': hidden(count(0, -(2 ** 31))),
  'latency-monitor-threshold': count(0, 0, MAX_LONG),
  'latency-tracking': on,
  'latency-tracking-info-percentiles': several({ kind: percentiles, initial: '50 99 99.9' }),
  'lazyfree-lazy-eviction': off,
  'lazyfree-lazy-expire': off,
  'lazyfree-lazy-server-del': off,
  'lazyfree-lazy-user-del': off,
  'lazyfree-lazy-user-flush': off,
  'lfu-decay-time': count(1),
  'lfu-log-factor': count(10),
  'list-compress-depth': count(0),
  'list-max-listpack-size': also(count(-2, -(2 ** 31)), 'list-max-ziplist-size'),
  'loading-process-events-interval-bytes': hidden(count(2097152, 1024)),
  logfile: fixed(freeText, ''),
  loglevel: { kind: oneOf('debug', 'verbose', 'notice', 'warning'), initial: 'notice' },
  masterauth: secret(text()),
  masteruser: secret(text()),
  maxclients: count(10000, 1, MAX_UNSIGNED),
  maxmemory: bytes(0),
  'maxmemory-clients': { kind: memoryOrPercent, initial: '0' },
  'maxmemory-eviction-tenacity': count(10, 0, 100),
  'maxmemory-policy': { kind: oneOf(...EVICTION_POLICIES), initial: 'noeviction' },
  'maxmemory-samples': count(5, 1),
  'metrics-port': hidden(fixed(integer(0, 65535), '0')),
  'min-replicas-max-lag': also(count(10), 'min-slaves-max-lag'),
  'min-replicas-to-write': also(count(0), 'min-slaves-to-write'),
  'no-appendfsync-on-rewrite': off,
  'notify-keyspace-events': { kind: eventClasses, initial: '' },
  pidfile: fixed(freeText, ''),
  port: count(6379, 0, 65535),
  'protected-mode': on,
  'proto-max-bulk-len': bytes(512 * 1024 * 1024, 1024 * 1024),
  'rdb-del-sync-files': off,
  'rdb-key-save-delay': hidden(count(0, -(2 ** 31))),
  'rdb-save-incremental-fsync': on,
  rdbchecksum: fixed(yesNo, 'yes'),
  rdbcompression: on,
  'propagation-error-behavior': {
    kind: oneOf('ignore', 'panic', 'panic-on-replicas'),
    initial: 'ignore',
  },
  'repl-backlog-size': bytes(1048576, 1),
  'repl-backlog-ttl': count(3600, 0, MAX_LONG),
  'repl-diskless-load': {
    kind: oneOf('disabled', 'on-empty-db', 'swapdb'),
    initial: 'disabled',
    waitsForData: true,
  },
  'repl-diskless-sync': on,
  'repl-diskless-sync-delay': count(5),
  'repl-diskless-sync-max-replicas': count(0),
  'repl-ping-replica-period': also(count(10, 1), 'repl-ping-slave-period'),
  'repl-timeout': count(60, 1),
  'replica-announce-ip': also(text(), 'slave-announce-ip'),
  'replica-announced': on,
  'replica-announce-port': also(count(0, 0, 65535), 'slave-announce-port'),
  'replica-ignore-maxmemory': also(on, 'slave-ignore-maxmemory'),
  'replica-lazy-flush': also(off, 'slave-lazy-flush'),
  'replica-priority': also(count(100), 'slave-priority'),
  'replica-read-only': also(on, 'slave-read-only'),
  'replica-serve-stale-data': also(on, 'slave-serve-stale-data'),
  replicaof: several(also(fixed(freeText, ''), 'slaveof')),
  requirepass: secret(text()),
  'sanitize-dump-payload': { kind: oneOf('no', 'yes', 'clients'), initial: 'no' },
  save: { ...several({ kind: saveRules, initial: '' }), alwaysInFile: true },
  'set-max-intset-entries': count(512, 0, MAX_LONG),
  'shutdown-on-sigint': shutdownOptions,
  'shutdown-on-sigterm': shutdownOptions,
  'shutdown-timeout': count(10),
  'slowlog-log-slower-than': count(10000, -1, MAX_LONG),
  'slowlog-max-len': count(128, 0, MAX_LONG),
  'stop-writes-on-bgsave-error': on,
  'stream-node-max-bytes': bytes(4096),
  'stream-node-max-entries': count(100, 0, MAX_LONG),
  supervised: fixed(oneOf('upstart', 'systemd', 'auto', 'no'), 'no'),
  'tcp-backlog': fixed(integer(0, MAX_INT), '511'),
  'tcp-keepalive': count(300),
  timeout: count(0),
  'tracking-table-max-keys': count(1000000, 0, MAX_LONG),
  unixsocket: fixed(freeText, ''),
  unixsocketperm: fixed(octal, '0'),
  'watchdog-period': hidden(count(0)),
  'zset-max-listpack-entries': also(count(128, 0, MAX_LONG), 'zset-max-ziplist-entries'),
  'zset-max-listpack-value': also(bytes(64), 'zset-max-ziplist-value'),
})
