import { form } from './random-command.js'
import { KEY_TYPES, type Words } from './words.js'

const anyKey = (w: Words): string => w.key(w.random.pick(KEY_TYPES))

/** Each library has one function: neither libraries nor functions have an order. */
const library = (name: string, code: string): string => `#!lua name=${name}\n${code}`
const register = (name: string, body: string, flags = ''): string =>
  `redis.register_function{function_name='${name}', callback=function(keys, args) ${body} end${flags}}`

const WELL_FORMED = [
  library('one', register('put', "return redis.call('SET', keys[1], args[1])")),
  library('one', register('put', "redis.call('INCR', keys[1]) return redis.call('APPEND', keys[1], args[1])")),
  library('two', register('look', "return redis.call('GET', keys[1])", ", flags={'no-writes'}")),
  library('two', register('look', "return redis.pcall('TYPE', keys[1])", ", flags={'no-writes', 'allow-stale'}")),
  library('three', register('push', "redis.call('RPUSH', keys[1], unpack(args)) return #args")),
  library('three', register('push', "redis.setresp(3) return redis.pcall('ZSCORE', keys[1], 'a')")),
  library('four', register('lie', "return redis.call('SET', keys[1], 'x')", ", flags={'no-writes'}")),
]

const ILL_FORMED = [
  'return 1',
  '#!lua\nreturn 1',
  '#!lua name=five',
  '#!lua name=five\nreturn (',
  '#!lua name=five\nreturn 1',
  "#!lua name=five\nredis.call('SET', 'k', 'v')",
  '#!lua name=five x=y\nreturn 1',
  '#!lua name=a name=b\nreturn 1',
  '#!lua name=a-b\nreturn 1',
  '#!js name=five\nreturn 1',
  library('five', register('put', 'return 1')),
  library('five', register('a-b', 'return 1')),
  library('five', register('f', 'return 1', ", flags={'nope'}")),
  library('five', `${register('f', 'return 1')} ${register('f', 'return 2')}`),
  "#!lua name=five\nredis.register_function('f', 1)",
  "#!lua name=five\nredis.register_function('f')",
  "#!lua name=five\nerror('x')",
  '',
]

/** The library `six`, as Redis 7.0 dumps it. */
const PAYLOAD =
  "\xf5\x40\x46#!lua name=six\x0aredis.register_function('six', function() return 6 end)\x0a\x00\xed\xe4\xff5\xbf Ao"

const code = (w: Words): string => w.random.pick(w.random.chance(0.75) ? WELL_FORMED : ILL_FORMED)
const libraryName = (w: Words): string => w.random.pick(['one', 'two', 'three', 'four', 'five', 'six', 'ONE', ''])
const functionName = (w: Words): string =>
  w.random.pick(['put', 'put', 'look', 'look', 'push', 'push', 'lie', 'PUT', 'six', 'f', ''])

const callWords = (w: Words): string[] =>
  w.random.chance(0.9)
    ? [functionName(w), '1', anyKey(w), w.text()]
    : [functionName(w), ...w.random.pick([['0'], ['2', 'a'], ['-1'], ['x', 'a'], ['0', 'a', 'b'], ['1']])]

/** The commands of functions. */
export const functionForms = [
  form('FUNCTION', (w) => ['LOAD', ...w.random.pick([[], [], ['REPLACE'], ['replace'], ['x']]), code(w)]),
  form('FUNCTION', (w) => ['LOAD', 'REPLACE', w.random.pick(WELL_FORMED)]),
  form('FUNCTION', (w) => ['DELETE', libraryName(w)]),
  form(
    'FUNCTION',
    (w) => ['LIST', ...w.options(['WITHCODE'], ['LIBRARYNAME', w.random.pick(['*', 't*', 'one', ''])])],
    'sorted',
    {
      damageable: false,
    },
  ),
  form('FUNCTION', () => ['STATS'], 'exact', { damageable: false }),
  form('FUNCTION', (w) => ['FLUSH', ...w.random.pick([[], ['SYNC'], ['async'], ['x']])], 'exact', { rare: true }),
  form('FUNCTION', () => ['KILL'], 'exact', { damageable: false }),
  // Libraries are dumped in no order.
  form('FUNCTION', () => ['DUMP'], 'shape', { damageable: false }),
  form(
    'FUNCTION',
    (w) => [
      'RESTORE',
      w.random.pick(['', 'x', PAYLOAD, PAYLOAD]),
      ...w.random.pick([[], ['APPEND'], ['replace'], ['FLUSH'], ['x']]),
    ],
    'exact',
    { damageable: false },
  ),
  form('FUNCTION', () => ['HELP'], 'exact', { damageable: false, rare: true }),
  form('FUNCTION', (w) => [w.member()]),
  form('FCALL', callWords),
  form('FCALL', callWords),
  form('FCALL_RO', callWords),
]
