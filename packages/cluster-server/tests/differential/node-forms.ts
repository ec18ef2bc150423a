import { type CommandForm, form } from './random-command.js'
import { KEY_TYPES, type Words } from './words.js'

const channel = (w: Words): string => w.random.pick(['c', 'd', 'news'])
const onOff = (w: Words): string => w.random.pick(['on', 'OFF', 'x'])
const absentId = (w: Words): string => w.random.pick(['999999999', '0', '-1', 'x'])
const anyKey = (w: Words): string => w.key(w.random.pick(KEY_TYPES))
const flushMode = (w: Words): string[] => w.random.pick([[], ['SYNC'], ['async'], ['x']])

const SCRIPTS = [
  'return KEYS[1]',
  "return redis.call('GET', KEYS[1])",
  "redis.call('SET', KEYS[1], ARGV[1]) return redis.status_reply('done')",
  "redis.call('INCR', KEYS[1]) redis.call('RPUSH', KEYS[1], '1')",
  "return redis.pcall('LPUSH', KEYS[1], ARGV[1])",
  "redis.setresp(3) return redis.call('ZSCORE', KEYS[1], 'a')",
  'return {1, 2.5, "x", false, true, nil, 4}',
  '#!lua flags=no-writes\nreturn redis.call("SET", "k", "v")',
  'return nope',
  'return (',
]
/** Of `return KEYS[1]`, of `return 1`, and of nothing. */
const HASHES = [
  '4a2267357833227dd98abdedb8cf24b15a986445',
  'e0e1f9fabfc9d4800c877a703b823ac0578ff8db',
  'a'.repeat(40),
  'x',
]

const scriptWords = (w: Words): string[] => {
  const argument = w.text()
  return w.random.pick([
    ['1', w.key('s'), argument],
    ['1', anyKey(w), argument],
    ['0', argument],
    ['2', w.key('s')],
    ['-1'],
    ['x', w.key('s')],
  ])
}

/** What a server tells of itself: nothing to compare, but it must answer. */
const told = (name: string, ...words: string[]): CommandForm => form(name, () => words, 'ignored', { rare: true })
/** The same answer whatever came before. */
const fixed = (name: string, ...words: string[]): CommandForm => form(name, () => words, 'exact', { damageable: false })

/** The commands of connections. */
export const connectionForms = [
  form('PING', (w) => w.options([w.text()])),
  form('ECHO', (w) => [w.text()]),
  form('SELECT', (w) => [w.random.pick(['0', '0', '16', '-1', 'x'])], 'exact', { damageable: false }),
  form('AUTH', (w) => w.random.pick([['x'], ['default', 'x'], ['nobody', 'x'], ['a', 'b', 'c']])),
  form(
    'HELLO',
    (w) => w.random.pick([['4'], ['1'], ['x'], ['3', 'AUTH', 'nobody', 'x'], ['2', 'SETNAME', 'a b']]),
    'exact',
    {
      damageable: false,
    },
  ),
  form('RESET', () => [], 'exact', { isolated: true }),
  fixed('READONLY'),
  fixed('READWRITE'),
  fixed('ASKING'),
  form('CLIENT', (w) => ['SETNAME', w.random.pick(['n', '', 'a b', 'two'])]),
  fixed('CLIENT', 'GETNAME'),
  form('CLIENT', () => ['ID'], 'shape'),
  told('CLIENT', 'INFO'),
  told('CLIENT', 'LIST'),
  form('CLIENT', (w) => ['LIST', 'ID', absentId(w)], 'exact', { damageable: false }),
  form('CLIENT', (w) => ['NO-EVICT', onOff(w)]),
  form('CLIENT', (w) => ['CACHING', w.random.pick(['yes', 'no', 'x'])]),
  fixed('CLIENT', 'GETREDIR'),
  form('CLIENT', (w) => ['TRACKING', w.random.pick(['off', 'x'])], 'exact', { damageable: false }),
  form('CLIENT', () => ['TRACKINGINFO'], 'exact'),
  form('CLIENT', (w) => ['REPLY', w.random.pick(['on', 'x'])], 'exact', { damageable: false }),
  form('CLIENT', (w) => ['KILL', 'ID', absentId(w)], 'exact', { damageable: false }),
  form('CLIENT', (w) => ['UNBLOCK', absentId(w), ...w.options(['TIMEOUT'], ['x'])], 'exact', { damageable: false }),
  form('CLIENT', (w) => ['PAUSE', w.random.pick(['0', '-1', 'x']), ...w.options(['WRITE'])], 'exact', {
    damageable: false,
    isolated: true,
  }),
  form('CLIENT', () => ['UNPAUSE'], 'exact', { isolated: true }),
  told('CLIENT', 'HELP'),
  form('CLIENT', (w) => [w.member()]),
]

/** The commands of channels. A client that subscribed to something in RESP2 may do little else, and so stops at once. */
export const channelForms = [
  form('PUBLISH', (w) => [`to-${channel(w)}`, w.text()]),
  form('SPUBLISH', (w) => [`to-${channel(w)}`, w.text()]),
  form('SUBSCRIBE', (w) => [channel(w)], 'exact', { isolated: true, damageable: false, followedBy: [['UNSUBSCRIBE']] }),
  form('PSUBSCRIBE', (w) => [channel(w)], 'exact', {
    isolated: true,
    damageable: false,
    followedBy: [['PUNSUBSCRIBE']],
  }),
  form('SSUBSCRIBE', (w) => [channel(w)], 'exact', {
    isolated: true,
    damageable: false,
    followedBy: [['SUNSUBSCRIBE']],
  }),
  form('UNSUBSCRIBE', (w) => [channel(w)], 'exact', { isolated: true, damageable: false }),
  form('PUNSUBSCRIBE', (w) => [channel(w)], 'exact', { isolated: true, damageable: false }),
  form('SUNSUBSCRIBE', (w) => [channel(w)], 'exact', { isolated: true, damageable: false }),
  form('PUBSUB', (w) => ['CHANNELS', ...w.options(['*'])], 'sorted'),
  form('PUBSUB', (w) => ['SHARDCHANNELS', ...w.options(['c*'])], 'sorted'),
  form('PUBSUB', (w) => ['NUMSUB', ...w.options([channel(w)], [channel(w)])]),
  form('PUBSUB', (w) => ['SHARDNUMSUB', ...w.options([channel(w)])]),
  fixed('PUBSUB', 'NUMPAT'),
  told('PUBSUB', 'HELP'),
  form('PUBSUB', (w) => [w.member()]),
]

/** The commands of scripts, and of transactions outside of the pattern MULTI … EXEC. */
export const scriptForms = [
  form('EVAL', (w) => [w.random.pick(SCRIPTS), ...scriptWords(w)]),
  form('EVAL_RO', (w) => [w.random.pick(SCRIPTS), ...scriptWords(w)]),
  form('EVALSHA', (w) => [w.random.pick(HASHES), ...scriptWords(w)]),
  form('EVALSHA_RO', (w) => [w.random.pick(HASHES).toUpperCase(), ...scriptWords(w)]),
  form('SCRIPT', (w) => ['LOAD', w.random.pick(['return KEYS[1]', 'return 1', 'return ('])]),
  form('SCRIPT', (w) => ['EXISTS', ...w.random.several(1, 3, () => w.random.pick(HASHES))]),
  form('SCRIPT', (w) => ['FLUSH', ...flushMode(w)]),
  fixed('SCRIPT', 'KILL'),
  told('SCRIPT', 'HELP'),
  form('SCRIPT', (w) => [w.member()]),
  form('WATCH', (w) => [anyKey(w), ...w.options([w.key('s')])], 'exact', { isolated: true }),
  fixed('UNWATCH'),
  form('DISCARD', () => [], 'exact', { isolated: true }),
  form('EXEC', () => [], 'exact', { isolated: true }),
]

/** `hello`, and a list of three elements, as Redis 7.0 dumps them. */
const PAYLOADS = [
  '\x00\x05hello\x0a\x00cr\xdfve4 \x0a',
  '\x12\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x03\x01\xff\x0a\x00\xdc\xa1\xe6}P\x05PH',
]

const payload = (w: Words): string => (w.random.chance(0.8) ? w.random.pick(PAYLOADS) : w.text())
const restoreOptions = (w: Words): string[] =>
  w.options(
    ['REPLACE'],
    ['ABSTTL'],
    w.random.pick([[], ['IDLETIME', w.random.pick(['100', '-1', 'x'])], ['FREQ', w.random.pick(['5', '256'])]]),
  )

/** The commands that carry values from server to server. Hashes and sets have no order, nor have their dumps. */
export const dumpForms = [
  form('DUMP', (w) => [w.key(w.random.pick(['s', 'l']))], 'ignored'),
  form(
    'RESTORE',
    (w) => [anyKey(w), w.random.pick(['0', '0', '100000000', '-1', 'x']), payload(w), ...restoreOptions(w)],
    'exact',
    { damageable: false },
  ),
  form('RESTORE', (w) => [anyKey(w), w.random.pick(['4102444800000', '1']), payload(w), 'ABSTTL', 'REPLACE'], 'exact', {
    damageable: false,
  }),
  form('RESTORE-ASKING', (w) => [anyKey(w), '0', payload(w), ...restoreOptions(w)], 'exact', { damageable: false }),
  form('OBJECT', (w) => ['REFCOUNT', anyKey(w)], 'shape'),
]

/** The commands that look after the server, as far as two servers can agree on them. */
export const serverForms = [
  fixed('DBSIZE'),
  form('TIME', () => [], 'shape'),
  form('FLUSHDB', flushMode, 'exact', { rare: true }),
  form('FLUSHALL', flushMode, 'exact', { rare: true }),
  form('SWAPDB', (w) => [w.random.pick(['0', '1', '16', 'x']), w.random.pick(['0', '0', '-1', 'x'])], 'exact', {
    damageable: false,
    rare: true,
  }),
  form('MOVE', (w) => [anyKey(w), w.random.pick(['1', '0', '16', '-1', 'x'])]),
  form('OBJECT', (w) => ['FREQ', anyKey(w)]),
  form('OBJECT', (w) => ['IDLETIME', anyKey(w)], 'shape'),
  told('OBJECT', 'HELP'),
  form('OBJECT', (w) => [w.member()]),
  form('COMMAND', (w) => [
    'GETKEYS',
    ...w.random.pick([['GET', w.key('s')], ['MSET', 'a', 'b'], ['PING'], ['x'], ['EVAL', 'x', '2', 'a', 'b']]),
  ]),
  form('COMMAND', (w) => [
    'GETKEYSANDFLAGS',
    ...w.random.pick([['SET', 'a', 'b'], ['SET', 'a', 'b', 'GET'], ['PING'], ['LMOVE', 'a', 'b', 'left', 'left']]),
  ]),
  form('COMMAND', (w) => ['INFO', w.random.pick(['get', 'set', 'blpop', 'nope', 'client|list'])], 'shape', {
    damageable: false,
  }),
  form('COMMAND', (w) => ['LIST', 'FILTERBY', 'PATTERN', w.random.pick(['h*', 'z?????', 'x'])], 'sorted'),
  told('COMMAND'),
  told('COMMAND', 'COUNT'),
  told('COMMAND', 'DOCS', 'get'),
  told('COMMAND', 'HELP'),
  form('CONFIG', (w) => ['GET', w.random.pick(['maxmemory', 'hash-max-*', 'appendonly', 'nope'])], 'pairs'),
  form(
    'CONFIG',
    (w) => [
      'SET',
      ...w.random.pick([
        ['nope', '1'],
        ['maxmemory', 'x'],
        ['maxmemory', '0'],
        ['port'],
        ['daemonize', 'no'],
        ['hz', '10', 'hz', '10'],
      ]),
    ],
    'exact',
    { damageable: false },
  ),
  fixed('CONFIG', 'RESETSTAT'),
  fixed('CONFIG', 'REWRITE'),
  told('CONFIG', 'HELP'),
  form('DEBUG', (w) => [w.random.pick(['JMAP', 'HELP']), ...w.options([w.key('s')])], 'ignored', { damageable: false }),
  told('INFO'),
  told('LOLWUT'),
  fixed('MODULE', 'LIST'),
  form('MODULE', (w) => [w.random.pick(['LOAD', 'LOADEX', 'UNLOAD']), 'nope'], 'exact', { damageable: false }),
  told('MODULE', 'HELP'),
  told('XGROUP', 'HELP'),
  told('XINFO', 'HELP'),
  form('FAILOVER', () => ['ABORT'], 'exact', { damageable: false }),
  form(
    'MIGRATE',
    (w) =>
      w.random.pick([
        ['127.0.0.1', '1', 'nothing', '0', '100'],
        ['127.0.0.1', '1', '', '0', '100', 'KEYS'],
        ['127.0.0.1', '1', 'nothing', 'x', '100'],
        ['127.0.0.1', '1', 'nothing', '0', 'x'],
        ['127.0.0.1', '1', 'x', '0', '100', 'KEYS', 'nothing'],
        ['127.0.0.1', '1', 'nothing', '0', '100', 'x'],
      ]),
    'exact',
    { damageable: false },
  ),
  told('LASTSAVE'),
  form('LATENCY', (w) => [w.random.pick(['HISTORY', 'history']), w.random.pick(['command', 'nope'])], 'ignored'),
  told('LATENCY', 'LATEST'),
  told('LATENCY', 'DOCTOR'),
  told('LATENCY', 'GRAPH', 'nope'),
  told('LATENCY', 'HISTOGRAM', 'nope'),
  told('LATENCY', 'RESET', 'nope'),
  told('LATENCY', 'HELP'),
  form('MEMORY', (w) => ['USAGE', anyKey(w)], 'shape'),
  told('MEMORY', 'DOCTOR'),
  told('MEMORY', 'STATS'),
  told('MEMORY', 'MALLOC-STATS'),
  fixed('MEMORY', 'PURGE'),
  told('MEMORY', 'HELP'),
  told('SLOWLOG', 'GET'),
  told('SLOWLOG', 'LEN'),
  fixed('SLOWLOG', 'RESET'),
  told('SLOWLOG', 'HELP'),
  told('ROLE'),
  form(
    'REPLICAOF',
    (w) =>
      w.random.pick([
        ['no', 'one'],
        ['a', 'x'],
        ['a', '-1'],
      ]),
    'exact',
    { damageable: false, isolated: true },
  ),
  form(
    'SLAVEOF',
    (w) =>
      w.random.pick([
        ['NO', 'ONE'],
        ['a', '65536'],
      ]),
    'exact',
    { damageable: false, isolated: true },
  ),
  form(
    'REPLCONF',
    (w) =>
      w.random.pick([
        ['x'],
        ['X', 'y'],
        ['listening-port', w.random.pick(['x', '-1', '1.5', '99999'])],
        ['ip-address', 'a'.repeat(w.random.pick([1, 255, 256]))],
        ['RDB-only', w.random.pick(['2', '-1', 'x', '0'])],
        [
          'rdb-filter-only',
          w.random.pick(['functions x', '"functions', "'functions'x", 'x y', ' Functions "functions" ']),
        ],
      ]),
    'exact',
    { damageable: false },
  ),
  form(
    'WAIT',
    (w) =>
      w.random.pick([
        ['x', '1'],
        ['1', 'x'],
        ['1', '-1'],
      ]),
    'exact',
    { damageable: false },
  ),
]

/** The commands of users. Nobody but the default user is there, and that one keeps its rights. */
export const userForms = [
  fixed('ACL', 'WHOAMI'),
  fixed('ACL', 'USERS'),
  fixed('ACL', 'LIST'),
  form('ACL', (w) => ['CAT', ...w.options([w.random.pick(['hash', 'nope', 'geo'])])], 'sorted'),
  form('ACL', (w) => ['GETUSER', w.random.pick(['default', 'nobody'])]),
  form('ACL', (w) => ['DELUSER', w.random.pick(['nobody', 'default'])], 'exact', { damageable: false }),
  form('ACL', (w) => ['SETUSER', 'default', w.random.pick(['+nope', '@all', '%R', '+get|x'])], 'exact', {
    damageable: false,
  }),
  form('ACL', (w) => ['GENPASS', w.random.pick(['0', 'x', '5000'])], 'exact', { damageable: false }),
  form('ACL', () => ['GENPASS', '32'], 'shape', { damageable: false }),
  form('ACL', (w) => [
    'DRYRUN',
    w.random.pick(['default', 'nobody']),
    ...w.random.pick([['GET', 'k'], ['GET'], ['nope']]),
  ]),
  told('ACL', 'LOG'),
  fixed('ACL', 'LOG', 'RESET'),
  fixed('ACL', 'LOAD'),
  fixed('ACL', 'SAVE'),
  told('ACL', 'HELP'),
  form('ACL', (w) => [w.member()]),
]
