import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Words of a line; `"…"` may hold spaces, and `""` is the empty word. */
const words = (line: string): string[] =>
  Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), (match) => match[1] ?? match[2] ?? '')

/** Commands in order; each is compared, so that a difference is found where it arises. */
const CONVERSATIONS: Readonly<Record<string, readonly string[]>> = {
  'deadlines and their conditions': [
    ...['SET a 1', 'EXPIRE a abc', 'EXPIRE a 10 NX XX', 'EXPIRE a 10 GT LT', 'EXPIRE a 10 NX GT', 'EXPIRE a 10 foo'],
    ...['EXPIRE a 9223372036854775807', 'EXPIRE a -9223372036854775807', 'PEXPIRE a 9223372036854775807'],
    ...[
      'EXPIREAT a 9223372036854775',
      'EXPIRE a 10 NX',
      'EXPIRE a 20 GT',
      'EXPIRE a 10 LT',
      'EXPIRE a 10 xx LT',
      'TTL a',
    ],
    ...[
      'PERSIST a',
      'PERSIST a',
      'EXPIRE a 10 GT',
      'EXPIRE a 10 XX',
      'EXPIRE a 10 LT',
      'EXPIRE nosuch 10',
      'TTL nosuch',
    ],
    ...[
      'PEXPIREAT a 99999999999999',
      'PEXPIRETIME a',
      'EXPIRETIME a',
      'PTTL nosuch',
      'EXPIRE a 0',
      'EXISTS a',
      'SET b 1 EX 100',
    ],
    ...['EXPIREAT b 1', 'GET b', 'SET c 1', 'PEXPIRE c -1', 'TYPE c'],
  ],
  'the encodings of strings': [
    'APPEND k 12',
    'OBJECT ENCODING k',
    'APPEND k 3',
    'OBJECT ENCODING k',
    'OBJECT REFCOUNT k',
    'COPY k c',
    'OBJECT ENCODING c',
    'RENAME k m',
    'OBJECT ENCODING m',
    'INCR m',
    'OBJECT ENCODING m',
    'APPEND m ""',
    'OBJECT ENCODING m',
    'MOVE c 1',
    'SELECT 1',
    'OBJECT ENCODING c',
    'SELECT 0',
    'SET n 12',
    'SETRANGE n 0 ""',
    'OBJECT ENCODING n',
    'SETRANGE n 0 9',
    'OBJECT ENCODING n',
    'SET n 12 KEEPTTL',
    'OBJECT ENCODING n',
    'SETBIT n 7 1',
    'OBJECT ENCODING n',
    'INCRBYFLOAT n 1',
    'OBJECT ENCODING n',
    'BITFIELD f SET u8 0 49',
    'OBJECT ENCODING f',
    'BITOP OR d f n',
    'OBJECT ENCODING d',
    'APPEND d 1',
    'DEL d',
    'SET d 1',
    'OBJECT ENCODING d',
    'APPEND d 1',
    'SWAPDB 0 1',
    'SELECT 1',
    'OBJECT ENCODING d',
    'FLUSHALL',
    'SELECT 0',
  ],
  'copies, moves and new names': [
    ...[
      'SET a 1 EX 100',
      'RPUSH l x',
      'COPY a b DB 99',
      'COPY a b DB abc',
      'COPY a a',
      'COPY a b',
      'COPY a b',
      'COPY a b foo',
    ],
    ...[
      'COPY nosuch b',
      'COPY a a DB 1',
      'COPY l b REPLACE',
      'TYPE b',
      'TTL b',
      'MOVE a 99',
      'MOVE a abc',
      'MOVE a 0',
      'MOVE a 1',
    ],
    ...[
      'MOVE nosuch 1',
      'RENAME nosuch b',
      'RENAME l l',
      'RENAMENX l l',
      'RENAMENX l b',
      'RENAMENX l m',
      'RENAME m b',
      'TYPE b',
    ],
  ],
  'looking at keys': [
    ...[
      'SET a 1',
      'RPUSH l x',
      'OBJECT ENCODING nosuch',
      'OBJECT ENCODING a',
      'OBJECT ENCODING l',
      'OBJECT FREQ a',
      'OBJECT REFCOUNT a',
    ],
    ...[
      'OBJECT IDLETIME nosuch',
      'OBJECT FOO a',
      'SCAN abc',
      'SCAN 0 COUNT 0',
      'SCAN 0 COUNT abc',
      'SCAN 0 foo bar',
      'SCAN 0 MATCH',
    ],
    ...[
      'SCAN 0 TYPE foo',
      'SCAN 0 TYPE list',
      'SCAN 99999999999999999999999',
      'KEYS a*',
      'TOUCH a l nosuch a',
      'EXISTS a a',
    ],
    ...[
      'DEL a a nosuch',
      'UNLINK l',
      'RANDOMKEY',
      'DBSIZE',
      'MEMORY USAGE nosuch',
      'MEMORY USAGE a SAMPLES',
      'MEMORY FOO',
    ],
  ],
  'sorted answers': [
    ...[
      'RPUSH l 3 1 2 10 x',
      'SORT l',
      'SORT l ALPHA',
      'LREM l 1 x',
      'SORT l',
      'SORT l DESC LIMIT 1 2',
      'SORT l LIMIT -1 2',
    ],
    ...[
      'SORT l LIMIT 10 2',
      'SORT l LIMIT 0 -1',
      'SORT l LIMIT 0 0',
      'SORT l LIMIT 0',
      'MSET w_1 9 w_2 8 w_3 7 o_1 one o_2 two',
    ],
    ...[
      'SORT l BY w_*',
      'SORT l BY w_* GET o_* GET #',
      'SORT l BY nosort GET # GET w_*',
      'SORT l BY w_* ALPHA DESC',
      'HSET h_1 f 5',
    ],
    ...[
      'HSET h_2 f 4',
      'SORT l BY h_*->f GET h_*->f',
      'SORT l BY h_*-> GET h_*->',
      'SORT l GET nostar',
      'SORT l STORE dst',
    ],
    ...[
      'LRANGE dst 0 -1',
      'SORT l GET o_* STORE dst',
      'LRANGE dst 0 -1',
      'SORT nosuch STORE dst',
      'EXISTS dst',
      'SADD s 5 4 b',
      'SORT s',
    ],
    ...[
      'SORT s ALPHA',
      'SORT s BY nosort STORE dst',
      'LRANGE dst 0 -1',
      'ZADD z 3 a 1 b 2 c',
      'SORT z BY nosort',
      'SORT z BY nosort DESC',
    ],
    ...[
      'SORT z ALPHA DESC',
      'SORT w_1',
      'SORT h_1',
      'SORT l foo',
      'SORT l BY',
      'SORT_RO l',
      'SORT_RO l STORE x',
      'RPUSH e ""',
      'SORT e',
    ],
    ...['RPUSH t " 1" 4.9e-324', 'SORT t'],
  ],
  'connections and clients': [
    ...[
      'CLIENT KILL',
      'CLIENT KILL foo',
      'CLIENT KILL 1.2.3.4:5',
      'CLIENT KILL ID abc',
      'CLIENT KILL ID 999999',
      'CLIENT KILL TYPE foo',
    ],
    ...[
      'CLIENT KILL foo bar',
      'CLIENT KILL ID 1 TYPE',
      'CLIENT LIST TYPE foo',
      'CLIENT LIST ID abc',
      'CLIENT LIST ID',
      'CLIENT LIST foo',
    ],
    ...[
      'CLIENT REPLY foo',
      'CLIENT UNBLOCK abc',
      'CLIENT UNBLOCK 99 FOO',
      'CLIENT UNBLOCK 999999',
      'CLIENT PAUSE abc',
      'CLIENT PAUSE 1 foo',
    ],
    ...[
      'CLIENT PAUSE -1',
      'CLIENT NO-EVICT foo',
      'CLIENT NO-EVICT on',
      'CLIENT SETNAME "a b"',
      'CLIENT GETNAME',
      'CLIENT SETNAME foo',
    ],
    ...[
      'CLIENT GETNAME',
      'CLIENT SETNAME ""',
      'CLIENT CACHING yes',
      'CLIENT GETREDIR',
      'CLIENT TRACKINGINFO',
      'CLIENT KILL USER nosuch',
    ],
    ...[
      'CLIENT KILL SKIPME maybe',
      'CLIENT KILL SKIPME no ID 77777',
      'CLIENT KILL ID -1',
      'CLIENT',
      'CLIENT FOO',
      'HELLO 4',
      'HELLO a',
    ],
    ...[
      'HELLO 2 foo',
      'HELLO 3 setname',
      'SELECT abc',
      'SELECT 99',
      'SELECT -1',
      'SELECT 4294967296',
      'AUTH a',
      'AUTH a b c',
    ],
    ...[
      'AUTH foo bar',
      'AUTH default bar',
      'ASKING',
      'READONLY',
      'READWRITE',
      'PING a',
      'PING a b',
      'ECHO ""',
      'RESET',
      'ACL WHOAMI',
    ],
  ],
  settings: [
    ...[
      'CONFIG GET',
      'CONFIG SET a',
      'CONFIG FOO',
      'CONFIG REWRITE',
      'CONFIG GET maxmemory',
      'CONFIG SET timeout abc',
      'CONFIG SET nosuch 1',
    ],
    ...[
      'CONFIG SET timeout 1 timeout 2',
      'CONFIG SET timeout 1 nosuch 2',
      'CONFIG SET timeout 5 hz abc',
      'CONFIG GET timeout',
    ],
    ...[
      'CONFIG SET databases 3',
      'CONFIG SET maxmemory abc',
      'CONFIG SET maxmemory -1',
      'CONFIG SET maxmemory 100mb',
      'CONFIG GET maxmemory',
    ],
    ...[
      'CONFIG SET maxmemory 0 maxmemory-policy allkeys-lru',
      'CONFIG GET maxmemory-policy',
      'CONFIG SET maxmemory-policy foo',
    ],
    ...[
      'CONFIG SET maxmemory-policy noeviction',
      'CONFIG SET client-output-buffer-limit foo',
      'CONFIG SET loglevel foo',
      'CONFIG SET maxclients 0',
    ],
    ...[
      'CONFIG SET client-output-buffer-limit "pubsub 1mb 1kb 5"',
      'CONFIG GET client-output-buffer-limit',
      'CONFIG SET appendonly maybe',
    ],
    ...[
      'CONFIG SET notify-keyspace-events KEA',
      'CONFIG GET notify-keyspace-events',
      'CONFIG SET notify-keyspace-events gxK',
    ],
    ...[
      'CONFIG GET notify-keyspace-events',
      'CONFIG SET notify-keyspace-events QQ',
      'CONFIG SET notify-keyspace-events ""',
    ],
    ...[
      'CONFIG SET save "1 2 3"',
      'CONFIG SET slowlog-log-slower-than -5',
      'CONFIG SET proto-max-bulk-len 1k',
      'CONFIG SET timeout -1',
    ],
    ...[
      'CONFIG SET hash-max-ziplist-entries 100',
      'CONFIG GET hash-max-listpack-entries',
      'CONFIG SET hash-max-listpack-entries 512',
    ],
    ...[
      'CONFIG SET repl-backlog-size 0',
      'CONFIG SET zset-max-listpack-value 1.5',
      'CONFIG SET cluster-enabled yes',
      'CONFIG SET TIMEOUT 0',
    ],
    ...[
      'CONFIG SET maxmemory-clients 200%',
      'CONFIG SET list-max-listpack-size 9999999999',
      'CONFIG SET min-replicas-to-write -1',
    ],
  ],
  'the server': [
    ...[
      'FLUSHALL foo',
      'FLUSHDB ASYNC',
      'FLUSHALL SYNC',
      'SWAPDB 0 1',
      'SWAPDB a b',
      'SWAPDB 0 b',
      'SWAPDB 0 99',
      'SLOWLOG GET abc',
    ],
    ...[
      'SLOWLOG GET -2',
      'LATENCY LATEST',
      'LATENCY RESET',
      'LATENCY HISTORY foo',
      'SHUTDOWN foo',
      'SHUTDOWN ABORT',
      'SHUTDOWN NOSAVE SAVE',
    ],
    ...[
      'ACL FOO',
      'ACL USERS',
      'ACL CAT foo',
      'ACL CAT',
      'COMMAND INFO config|get|key get|x',
      'COMMAND FOO',
      'COMMAND LIST FILTERBY MODULE x',
      'COMMAND LIST FILTERBY ACLCAT foo',
    ],
    ...['COMMAND LIST FOO', 'COMMAND INFO foo get', 'COMMAND DOCS foo', 'DEBUG SLEEP 0', 'INFO nosuch'],
  ],
  'keys in commands': [
    ...[
      'COMMAND GETKEYS',
      'COMMAND GETKEYS get',
      'COMMAND GETKEYS foo bar',
      'COMMAND GETKEYS get a',
      'COMMAND GETKEYS ping',
    ],
    ...[
      'COMMAND GETKEYS mset a 1 b 2',
      'COMMAND GETKEYS eval x 2 a b c',
      'COMMAND GETKEYS eval x 0',
      'COMMAND GETKEYS zunion 2 a b',
    ],
    ...[
      'COMMAND GETKEYS zunionstore d 2 a b WEIGHTS 1 2',
      'COMMAND GETKEYS sort a BY w_* STORE b STORE c',
      'COMMAND GETKEYS sort_ro l',
    ],
    ...[
      'COMMAND GETKEYSANDFLAGS sort a STORE b',
      'COMMAND GETKEYSANDFLAGS get a',
      'COMMAND GETKEYS blpop a b 0',
      'COMMAND GETKEYS lmpop 2 a b LEFT',
    ],
    ...[
      'COMMAND GETKEYS zunion 5 a b',
      'COMMAND GETKEYS lcs a b',
      'COMMAND GETKEYS blmpop 0 2 a b LEFT',
      'COMMAND GETKEYSANDFLAGS lmove a b LEFT LEFT',
    ],
    ...[
      'COMMAND GETKEYS object encoding k',
      'COMMAND GETKEYS memory usage k',
      'COMMAND GETKEYS watch a b',
      'COMMAND GETKEYS copy a b',
    ],
  ],
  channels: [
    ...[
      'PUBSUB FOO',
      'PUBSUB NUMSUB a',
      'PUBSUB CHANNELS',
      'PUBSUB NUMPAT',
      'PUBLISH a b',
      'SPUBLISH a b',
      'PUBSUB SHARDNUMSUB a',
    ],
    ...[
      'SUBSCRIBE a',
      'GET x',
      'PING',
      'PING hi',
      'PSUBSCRIBE a*',
      'SSUBSCRIBE s',
      'UNSUBSCRIBE a',
      'PUNSUBSCRIBE nosuch',
      'PUNSUBSCRIBE a*',
    ],
    ...[
      'SUNSUBSCRIBE s',
      'GET x',
      'UNSUBSCRIBE',
      'PUNSUBSCRIBE',
      'SUNSUBSCRIBE',
      'SUBSCRIBE a',
      'RESET',
      'PUBSUB CHANNELS',
    ],
  ],
}

describeBesideRedis('answers, texts included, are those of redis-server', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  test.each(Object.entries(CONVERSATIONS))('%s', async (_title, lines) => {
    await pair.ask(['FLUSHALL'], ['SELECT', '0'])
    for (const line of lines) {
      const { ours, real } = await pair.ask(words(line))
      expect([line, ...ours]).toEqual([line, ...real])
    }
  })

  test('glob patterns match the same names', async () => {
    let seed = 42
    const next = (limit: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return Math.floor((seed / 2147483648) * limit)
    }
    const text = (letters: string, length: number): string =>
      Array.from({ length }, () => letters.charAt(next(letters.length))).join('')
    for (let round = 0; round < 40; round++) {
      const names = Array.from({ length: 10 }, () => text('ab^-]\\', 1 + next(5)))
      const patterns = Array.from({ length: 50 }, () => text('aab**?[]^-\\', 1 + next(7)))
      await pair.ask(['FLUSHALL'], ['MSET', ...names.flatMap((name) => [name, 'v'])])
      const { ours, real } = await pair.ask(
        ...patterns.map((pattern) => [
          'EVAL',
          "local k = redis.call('KEYS', ARGV[1]) table.sort(k) return k",
          '0',
          pattern,
        ]),
      )
      expect(patterns.map((pattern, i) => [pattern, ours[i]])).toEqual(patterns.map((pattern, i) => [pattern, real[i]]))
    }
  })
})
