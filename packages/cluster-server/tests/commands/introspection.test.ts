import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Words of a line; `"…"` may hold spaces, and `""` is the empty word. */
const words = (line: string): string[] =>
  Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), (match) => match[1] ?? match[2] ?? '')

/** Lines that both servers are sent in order over one connection; every answer is compared. */
const CONVERSATIONS: Readonly<Record<string, readonly string[]>> = {
  'CONFIG SET and CONFIG GET': [
    ...['CONFIG GET MAXMEMORY maxmemory', 'CONFIG GET "maxmemory-po*" "*-policy"', 'CONFIG GET nosuch', 'CONFIG GET'],
    ...['CONFIG SET maxmemory', 'CONFIG SET nosuch 1', 'CONFIG SET maxmemory 1 nosuch 2', 'CONFIG SET a 1 b'],
    ...['CONFIG SET DAEMONIZE yes', 'CONFIG SET daemonize yes nosuch 2', 'CONFIG SET MAXMEMORY x', 'CONFIG SET hz abc'],
    'CONFIG SET timeout 5 tcp-keepalive 7 lfu-log-factor x',
    ...[
      'CONFIG GET timeout tcp-keepalive',
      'CONFIG SET timeout 5 Timeout 6',
      'CONFIG SET slave-priority 3 replica-priority 4',
    ],
    ...['CONFIG SET slave-priority 3', 'CONFIG GET "*-priority"', 'CONFIG SET maxmemory-clients 200%'],
    ...['CONFIG SET maxmemory-clients 5%', 'CONFIG GET maxmemory-clients', 'CONFIG SET maxmemory-clients 0'],
    ...['CONFIG SET save "10 5 60"', 'CONFIG SET save "60 1 10 5"', 'CONFIG GET save', 'CONFIG SET save ""'],
    ...[
      'CONFIG SET notify-keyspace-events KZ',
      'CONFIG SET notify-keyspace-events KEgx$',
      'CONFIG GET notify-keyspace-events',
    ],
    ...['CONFIG SET notify-keyspace-events ""', 'CONFIG SET repl-backlog-size 1mb', 'CONFIG GET repl-backlog-size'],
    ...['CONFIG SET client-output-buffer-limit "normal 1mb 2kb 3"', 'CONFIG GET client-output-buffer-limit'],
    ...['CONFIG SET client-output-buffer-limit "strange 1 2 3"', 'CONFIG SET client-output-buffer-limit "normal 1 2"'],
    'CONFIG SET client-output-buffer-limit "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"',
    ...[
      'CONFIG SET oom-score-adj-values "1 2"',
      'CONFIG SET oom-score-adj-values "1 2 9999"',
      'CONFIG SET oom-score-adj maybe',
    ],
    ...['CONFIG SET latency-tracking-info-percentiles "1 2.50 99.99"', 'CONFIG GET latency-tracking-info-percentiles'],
    'CONFIG SET latency-tracking-info-percentiles "1 x"',
    ...[
      'CONFIG SET latency-tracking-info-percentiles 101',
      'CONFIG SET latency-tracking-info-percentiles "50 99 99.9"',
    ],
    ...[
      'CONFIG SET shutdown-on-sigterm "now nosave"',
      'CONFIG GET shutdown-on-sigterm',
      'CONFIG SET shutdown-on-sigterm "save nosave"',
    ],
    ...[
      'CONFIG SET shutdown-on-sigterm later',
      'CONFIG SET shutdown-on-sigterm default',
      'CONFIG SET activedefrag yes',
    ],
    ...[
      'CONFIG GET key-load-delay "key-load*"',
      'CONFIG SET dbfilename a/b',
      'CONFIG REWRITE',
      'CONFIG NOSUCH',
      'CONFIG HELP x',
    ],
    ...['CONFIG SET unixsocketperm 9', 'CONFIG SET syslog-ident x', 'CONFIG SET repl-diskless-load sometimes'],
    ...[
      'CONFIG SET appendfsync never',
      'CONFIG SET maxmemory-policy none',
      'CONFIG SET port 70000',
      'CONFIG SET hz -1',
    ],
  ],
  'CLIENT and its subcommands': [
    ...['CLIENT', 'CLIENT NOSUCH', 'CLIENT GETNAME', 'CLIENT SETNAME me', 'CLIENT GETNAME', 'CLIENT SETNAME "a b"'],
    ...['CLIENT SETNAME ""', 'CLIENT GETNAME', 'CLIENT KILL', 'CLIENT KILL x', 'CLIENT KILL ID', 'CLIENT KILL ID 0'],
    ...[
      'CLIENT KILL ID abc',
      'CLIENT KILL ID 99999',
      'CLIENT KILL TYPE strange',
      'CLIENT KILL USER nobody',
      'CLIENT KILL SKIPME maybe',
    ],
    ...['CLIENT KILL ADDR 1.2.3.4:5 LADDR 1.2.3.4:5', 'CLIENT KILL TYPE pubsub SKIPME yes', 'CLIENT KILL ID 1 x'],
    ...[
      'CLIENT LIST TYPE strange',
      'CLIENT LIST ID x',
      'CLIENT LIST ID',
      'CLIENT LIST ID 99999',
      'CLIENT LIST TYPE master',
    ],
    ...[
      'CLIENT LIST x',
      'CLIENT PAUSE x',
      'CLIENT PAUSE -1',
      'CLIENT PAUSE 1 SOME',
      'CLIENT PAUSE 1 WRITE',
      'CLIENT UNPAUSE',
    ],
    ...[
      'CLIENT UNBLOCK x',
      'CLIENT UNBLOCK 1 WHY',
      'CLIENT UNBLOCK 99999',
      'CLIENT NO-EVICT ON',
      'CLIENT NO-EVICT off',
    ],
    ...[
      'CLIENT NO-EVICT maybe',
      'CLIENT REPLY maybe',
      'CLIENT REPLY ON',
      'CLIENT TRACKING maybe',
      'CLIENT TRACKING ON PREFIX a',
    ],
    ...['CLIENT TRACKING ON BCAST OPTIN', 'CLIENT TRACKING ON OPTIN OPTOUT', 'CLIENT TRACKING ON REDIRECT 99999'],
    ...[
      'CLIENT TRACKING ON REDIRECT x',
      'CLIENT TRACKING ON BCAST PREFIX ab PREFIX a',
      'CLIENT CACHING YES',
      'CLIENT GETREDIR',
    ],
    ...['CLIENT TRACKING ON BCAST PREFIX x PREFIX y', 'CLIENT TRACKING ON BCAST PREFIX xz', 'CLIENT TRACKINGINFO'],
    ...[
      'CLIENT TRACKING ON',
      'CLIENT CACHING no',
      'CLIENT TRACKING OFF',
      'CLIENT TRACKINGINFO',
      'CLIENT HELP x',
      'RESET',
    ],
    ...[
      'HELLO 4',
      'HELLO x',
      'HELLO 2 SETNAME',
      'HELLO 2 SETNAME "a b"',
      'HELLO 2 NOSUCH',
      'HELLO 2 AUTH default wrong',
    ],
    ...['AUTH x', 'AUTH a b c', 'AUTH default x', 'QUIT extra'],
  ],
  'LATENCY, SLOWLOG, MODULE, FAILOVER, LOLWUT': [
    ...[
      'LATENCY',
      'LATENCY NOSUCH',
      'LATENCY LATEST',
      'LATENCY HISTORY command',
      'LATENCY GRAPH command',
      'LATENCY RESET',
    ],
    ...[
      'LATENCY RESET a b',
      'LATENCY HISTOGRAM nosuch',
      'LATENCY HISTORY',
      'SLOWLOG',
      'SLOWLOG GET x',
      'SLOWLOG GET -2',
    ],
    ...['SLOWLOG RESET', 'SLOWLOG LEN', 'SLOWLOG GET', 'SLOWLOG GET -1', 'SLOWLOG NOSUCH', 'MODULE LIST', 'MODULE'],
    ...[
      'LOLWUT',
      'LOLWUT VERSION x',
      'FAILOVER',
      'FAILOVER ABORT',
      'FAILOVER TO a',
      'FAILOVER TIMEOUT 0',
      'FAILOVER x',
    ],
    ...[
      'FAILOVER TIMEOUT 10 FORCE',
      'DEBUG SLEEP 0',
      'MODULE LOAD /nosuch',
      'INFO nosuch',
      'INFO modules',
      'COMMAND COUNT x',
    ],
    ...[
      'COMMAND GETKEYS',
      'COMMAND GETKEYS nosuch a',
      'COMMAND GETKEYS GET',
      'COMMAND GETKEYS PING a',
      'COMMAND GETKEYS MSET a 1 b 2',
    ],
    ...['COMMAND GETKEYSANDFLAGS SET k v GET', 'COMMAND GETKEYSANDFLAGS RENAME a b', 'COMMAND INFO nosuch "get|x" get'],
    ...['COMMAND LIST FILTERBY', 'COMMAND LIST FILTERBY ACLCAT nosuch', 'COMMAND LIST FILTERBY PATTERN hgetall'],
    ...[
      'COMMAND LIST FILTERBY MODULE x',
      'COMMAND NOSUCH',
      'COMMAND GETKEYS EVAL "return 1" 2 a b',
      'COMMAND GETKEYS EVAL "return 1" x',
    ],
  ],
  'DEBUG PROTOCOL, ERROR and what is not known': [
    ...[
      'string',
      'integer',
      'double',
      'null',
      'array',
      'set',
      'map',
      'true',
      'false',
      'verbatim',
      'bignum',
      'attrib',
      'push',
      'x',
    ].map((type) => `DEBUG PROTOCOL ${type}`),
    ...[
      'HELLO 3',
      'DEBUG PROTOCOL double',
      'DEBUG PROTOCOL map',
      'DEBUG PROTOCOL set',
      'DEBUG PROTOCOL null',
      'DEBUG PROTOCOL true',
    ],
    ...[
      'DEBUG PROTOCOL verbatim',
      'DEBUG PROTOCOL bignum',
      'HELLO 2',
      'DEBUG ERROR "MY error text"',
      'DEBUG ERROR x',
      'DEBUG NOSUCH',
    ],
    ...['DEBUG SLEEP', 'DEBUG POPULATE 3 p 12', 'GET p:0', 'GET p:2', 'DEBUG POPULATE x', 'DBSIZE', 'DEBUG LOG text'],
    ...['DEBUG QUICKLIST-PACKED-THRESHOLD 5gb', 'DEBUG QUICKLIST-PACKED-THRESHOLD x', 'DEBUG REPLYBUFFER x 1'],
    ...['DEBUG REPLYBUFFER PEAK-RESET-TIME x', 'DEBUG REPLYBUFFER RESIZING 1', 'DEBUG PAUSE-CRON 0', 'FLUSHALL'],
  ],
}

/** Ids, and sets in the order of a hash table, differ from server to server. */
const comparable = (reply: string): string => {
  const neutral = reply.replace(/\$"id", :\d+/, '$"id", :n').replace(/Try [A-Z]+ HELP\./, 'Try HELP.')
  const items = /^[*%]\[(\$"[^"]*"(?:, \$"[^"]*")*)\]$/.exec(neutral)?.[1]
  if (items === undefined || !neutral.includes('-')) return neutral
  const all = items.split(', ')
  return all.length % 2 === 1
    ? neutral
    : all
        .map((_, i) => (i % 2 === 0 ? `${all[i]} ${all[i + 1]}` : ''))
        .sort()
        .join(';')
}

describeBesideRedis('introspection', () => {
  let pair: ServerPair
  beforeAll(async () => {
    const settings = {
      'enable-debug-command': 'yes',
      'enable-module-command': 'yes',
      'enable-protected-configs': 'yes',
    }
    pair = await ServerPair.start({ settings: { ...settings, 'slowlog-log-slower-than': '1000000' } })
  })
  afterAll(() => pair?.close())

  test.each(Object.entries(CONVERSATIONS))('%s are answered as by Redis', async (_title, lines) => {
    const converse = async (port: number): Promise<(readonly [string, string])[]> => {
      const client = await WireClient.connect(port)
      const answers: (readonly [string, string])[] = []
      for (const line of lines) answers.push([line, comparable(showReply(await client.call(...words(line))))])
      client.close()
      return answers
    }
    expect(await converse(pair.node.address.port)).toEqual(await converse(pair.redis.port))
  })

  const fieldsOf = async (client: WireClient, ...sections: string[]): Promise<string[]> => {
    const text = JSON.parse(showReply(await client.call('INFO', ...sections)).slice(1)) as string
    return text.split('\r\n').map((line) => line.replace(/:.*/, ''))
  }

  /** Facts of this program, in place of what concerns a program in C. */
  const OWN_FIELDS = new Set(['server_name', 'node_version'])

  test.each([
    [],
    ['everything'],
    ['all'],
    ['default'],
    ['server', 'clients'],
    ['COMMANDSTATS'],
    ['nosuch'],
    ['cpu', 'default'],
  ])('INFO %j has the sections and fields of Redis', async (...sections) => {
    await pair.ask(['CONFIG', 'RESETSTAT'], ['SET', 'k', 'v'], ['GET'], ['GET', 'k'])
    const real = await fieldsOf(pair.real, ...sections)
    const ours = await fieldsOf(pair.ours, ...sections)
    const named = (fields: readonly string[]): string[] => fields.filter((name) => !OWN_FIELDS.has(name)).sort()
    expect(named(ours)).toEqual(named(real))
    const titles = (fields: readonly string[]): string[] => fields.filter((name) => name.startsWith('#'))
    expect(titles(ours)).toEqual(titles(real))
  })

  test('CONFIG GET * lists every setting of Redis with its default', async () => {
    const settings = async (client: WireClient): Promise<Map<string, string>> => {
      const reply = await client.call('CONFIG', 'GET', '*')
      const items = reply.kind === 'aggregate' ? reply.items.map((item) => (item.kind === 'bulk' ? item.text : '')) : []
      return new Map(items.flatMap((name, i) => (i % 2 === 0 ? [[name, items[i + 1] ?? ''] as const] : [])))
    }
    const [ours, real] = [await settings(pair.ours), await settings(pair.real)]
    expect([...ours.keys()].sort()).toEqual([...real.keys()].sort())
    /** Where each server lives, and what the test's own server was started with. */
    const elsewhere = new Set([
      'port',
      'dir',
      'pidfile',
      'bind',
      'protected-mode',
      'repl-diskless-sync-delay',
      'save',
      'logfile',
    ])
    const differing = [...real].filter(([name, value]) => !elsewhere.has(name) && ours.get(name) !== value)
    expect(differing.map(([name, value]) => [name, value, ours.get(name)])).toEqual([])
  })

  test('CLIENT LIST names the facts of a client in the order of Redis, and tells who it is', async () => {
    const observe = async (port: number): Promise<string[]> => {
      const [client, other] = [await WireClient.connect(port), await WireClient.connect(port)]
      await other.send([
        ['CLIENT', 'SETNAME', 'other'],
        ['HELLO', '3'],
        ['SELECT', '2'],
        ['MULTI'],
        ['SET', 'some-key', 'v'],
      ])
      await client.call('SUBSCRIBE', 'c')
      const watcher = await WireClient.connect(port)
      const list = JSON.parse(showReply(await watcher.call('CLIENT', 'LIST')).slice(1)) as string
      for (const each of [client, other, watcher]) each.close()
      return list
        .split('\n')
        .filter((line) => /name=other|flags=P/.test(line))
        .map((line) => line.replace(/\b(id|addr|laddr|fd|age|idle|qbuf-free|rbs|rbp|tot-mem)=\S+/g, '$1=n'))
    }
    expect(await observe(pair.node.address.port)).toEqual(await observe(pair.redis.port))
  })
})
