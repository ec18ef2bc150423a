import { oomScores } from './composite-settings.js'
import {
  anyText,
  freeText,
  integer,
  MAX_INT,
  MAX_LONG,
  MAX_UNSIGNED,
  memory,
  oneOf,
  only,
  type SettingKind,
  yesNo,
} from './setting-kinds.js'
import type { SettingDefinition } from './setting-table.js'

const fixed = (kind: SettingKind, initial: string): SettingDefinition => ({ kind, initial, immutable: true })
const changeable = (kind: SettingKind, initial: string): SettingDefinition => ({ kind, initial })
const on = changeable(yesNo, 'yes')
const off = changeable(yesNo, 'no')
const bytes = (initial: number, minimum = 0): SettingDefinition => ({
  kind: memory(minimum, MAX_LONG),
  initial: String(initial),
})
const count = (initial: number, minimum = 0, maximum: number | bigint = MAX_INT): SettingDefinition => ({
  kind: integer(minimum, maximum),
  initial: String(initial),
})
const hidden = (definition: SettingDefinition): SettingDefinition => ({ ...definition, hidden: true })
const withoutTls = (value: string): SettingDefinition => changeable(only(value, 'This server has no TLS'), value)

/**
 * Settings of Redis 7.0.15 that tune what this server does in another way, or not at all. They are kept and checked, so
 * that a configuration and the tools that read it go on working, and change nothing here.
 */
export const settingsWithoutEffect: Readonly<Record<string, SettingDefinition>> = {
  'active-defrag-cycle-max': count(25, 1, 99),
  'active-defrag-cycle-min': count(1, 1, 99),
  'active-defrag-ignore-bytes': bytes(104_857_600, 1),
  'active-defrag-max-scan-fields': count(1000, 1, MAX_LONG),
  'active-defrag-threshold-lower': count(10, 0, 1000),
  'active-defrag-threshold-upper': count(100, 0, 1000),
  activedefrag: changeable(
    only(
      'no',
      'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution',
    ),
    'no',
  ),
  'always-show-logo': fixed(yesNo, 'no'),
  'aof-rewrite-incremental-fsync': on,
  aof_rewrite_cpulist: fixed(freeText, ''),
  bgsave_cpulist: fixed(freeText, ''),
  bio_cpulist: fixed(freeText, ''),
  'cluster-announce-tls-port': count(0, 0, 65535),
  'crash-memcheck-enabled': on,
  'disable-thp': fixed(yesNo, 'yes'),
  'dynamic-hz': on,
  'enable-module-command': fixed(oneOf('no', 'yes', 'local'), 'no'),
  'ignore-warnings': changeable(anyText, ''),
  'io-threads': fixed(integer(1, 128), '1'),
  'io-threads-do-reads': fixed(yesNo, 'no'),
  'jemalloc-bg-thread': on,
  'oom-score-adj': changeable(oneOf('no', 'yes', 'relative', 'absolute'), 'no'),
  'oom-score-adj-values': { ...changeable(oomScores, '0 200 800'), takesSeveral: true },
  'proc-title-template': changeable(anyText, '{title} {listen-addr} {server-mode}'),
  'repl-disable-tcp-nodelay': off,
  'replica-ignore-disk-write-errors': off,
  server_cpulist: fixed(freeText, ''),
  'set-proc-title': fixed(yesNo, 'yes'),
  'socket-mark-id': fixed(integer(0, MAX_UNSIGNED), '0'),
  'syslog-enabled': fixed(yesNo, 'no'),
  'syslog-facility': fixed(
    oneOf('user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'),
    'local0',
  ),
  'syslog-ident': fixed(anyText, 'redis'),
  'tls-auth-clients': withoutTls('yes'),
  'tls-ca-cert-dir': withoutTls(''),
  'tls-ca-cert-file': withoutTls(''),
  'tls-cert-file': withoutTls(''),
  'tls-ciphers': withoutTls(''),
  'tls-ciphersuites': withoutTls(''),
  'tls-client-cert-file': withoutTls(''),
  'tls-client-key-file': withoutTls(''),
  'tls-client-key-file-pass': withoutTls(''),
  'tls-cluster': withoutTls('no'),
  'tls-dh-params-file': withoutTls(''),
  'tls-key-file': withoutTls(''),
  'tls-key-file-pass': withoutTls(''),
  'tls-port': withoutTls('0'),
  'tls-prefer-server-ciphers': off,
  'tls-protocols': withoutTls(''),
  'tls-replication': withoutTls('no'),
  'tls-session-cache-size': count(20_480),
  'tls-session-cache-timeout': count(300),
  'tls-session-caching': on,
  'use-exit-on-panic': hidden(off),
}
