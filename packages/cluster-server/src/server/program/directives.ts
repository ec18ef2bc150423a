/** Settings that several words, or one argument with several words, may be given to. */
export const SEVERAL_WORDS: ReadonlySet<string> = new Set([
  'bind',
  'client-output-buffer-limit',
  'replicaof',
  'save',
  'slaveof',
])

/** Settings whose lines add up instead of replacing each other. */
export const ADDING_UP: ReadonlySet<string> = new Set(['client-output-buffer-limit', 'save'])

/** Directives of Redis 7.0.15 that promise what this server cannot keep: it refuses to start with them. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'aclfile',
  'loadmodule',
  'rename-command',
  'sentinel',
  'tls-cluster',
  'tls-port',
  'tls-replication',
  'unixsocket',
  'user',
])

/** Settings of Redis 7.0.15 that tune what this server does in another way, or not at all: they change nothing here. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  `acl-pubsub-default acllog-max-len active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes
  active-defrag-max-scan-fields active-defrag-threshold-lower active-defrag-threshold-upper activedefrag always-show-logo
  aof-disable-auto-gc aof-load-truncated aof-rewrite-incremental-fsync aof-timestamp-enabled aof-use-rdb-preamble
  aof_rewrite_cpulist appenddirname appendfilename auto-aof-rewrite-min-size auto-aof-rewrite-percentage bgsave_cpulist
  bind-source-addr bio_cpulist cluster-announce-tls-port cluster-link-sendbuf-limit crash-log-enabled
  crash-memcheck-enabled disable-thp dynamic-hz enable-module-command enable-protected-configs ignore-warnings io-threads
  io-threads-do-reads jemalloc-bg-thread latency-tracking latency-tracking-info-percentiles list-max-ziplist-entries
  list-max-ziplist-value lua-replicate-commands maxmemory-eviction-tenacity no-appendfsync-on-rewrite oom-score-adj
  oom-score-adj-values proc-title-template propagation-error-behavior rdb-del-sync-files rdb-save-incremental-fsync
  rdbchecksum rdbcompression repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync-max-replicas
  replica-announced replica-ignore-disk-write-errors replica-ignore-maxmemory sanitize-dump-payload server_cpulist
  set-proc-title shutdown-on-sigint shutdown-on-sigterm shutdown-timeout slave-ignore-maxmemory socket-mark-id
  syslog-enabled syslog-facility syslog-ident tls-auth-clients tls-ca-cert-dir tls-ca-cert-file tls-cert-file tls-ciphers
  tls-ciphersuites tls-client-cert-file tls-client-key-file tls-client-key-file-pass tls-dh-params-file tls-key-file
  tls-key-file-pass tls-prefer-server-ciphers tls-protocols tls-session-cache-size tls-session-cache-timeout
  tls-session-caching unixsocketperm`.split(/\s+/),
)

/** What a directive that is no setting of this server is to Redis. */
export const classifyDirective = (name: string): 'unsupported' | 'withoutEffect' | 'unknown' => {
  if (UNSUPPORTED.has(name)) return 'unsupported'
  return WITHOUT_EFFECT.has(name) ? 'withoutEffect' : 'unknown'
}

/** Values with which an unsupported directive only says that it is not wanted. */
export const saysNothing = (values: readonly string[]): boolean =>
  values.length === 1 && ['', '0', 'no'].includes(values[0]?.toLowerCase() ?? '')
