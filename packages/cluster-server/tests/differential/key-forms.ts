import { form } from './random-command.js'
import { KEY_TYPES, type Words } from './words.js'

const anyKey = (w: Words): string => w.key(w.random.pick(KEY_TYPES))

/** Lists of numbers, which can be sorted by value. */
const queue = (w: Words): string => `q${w.random.below(2)}`

const part = (w: Words): string[] => [
  'LIMIT',
  w.random.pick(['0', '1', '-1', '5', 'a']),
  w.random.pick(['2', '-1', '0', '7', '100']),
]

const weight = (w: Words): string => w.random.pick(['s*', 'h0->*', 'h*->a', '*', 'z*', 'nosort', 'q*', 's*->'])

const got = (w: Words): string[] => ['GET', w.random.pick(['#', 's*', 'h0->*', 'h*->a', 'x', 'h*->', 's0'])]

const sorting = (w: Words): string[] => [
  ...w.options(['ALPHA'], ['BY', weight(w)], ['DESC'], ['ASC'], part(w), got(w), got(w)),
]

/** A sorted set has its members by score, and in no promised order otherwise: one with equal weights is not sorted by them. */
const sortingOfSet = (w: Words): string[] => w.options(['BY', 'nosort'], ['DESC'], part(w), got(w))

/** Settings on which the encodings and the effects of values depend, each with its default first. */
const TUNING: readonly (readonly [name: string, ...values: string[]])[] = [
  ['hash-max-listpack-entries', '128', '4', '0'],
  ['hash-max-listpack-value', '64', '3', '0'],
  ['set-max-intset-entries', '512', '3', '0'],
  ['zset-max-listpack-entries', '128', '4', '0'],
  ['zset-max-listpack-value', '64', '3', '0'],
  ['hll-sparse-max-bytes', '3000', '40', '0'],
  ['proto-max-bulk-len', '536870912', '1048576'],
  ['lazyfree-lazy-expire', 'no', 'yes'],
  ['lazyfree-lazy-user-del', 'no', 'yes'],
  ['lazyfree-lazy-server-del', 'no', 'yes'],
  ['lazyfree-lazy-user-flush', 'no', 'yes'],
]

/** The words of a command that gives every setting its default. */
export const DEFAULT_TUNING = ['CONFIG', 'SET', ...TUNING.flatMap(([name, value = '']) => [name, value])]

const tuning = (w: Words): string[] => {
  const [name, ...values] = w.random.pick(TUNING)
  return ['SET', name, w.random.pick(values)]
}

/** Commands of keys of any type, as far as the values of the types take part in them. */
export const keyForms = [
  form('TYPE', (w) => [anyKey(w)]),
  form('CONFIG', tuning, 'exact', { damageable: false, rare: true }),
  form('DEL', (w) => [anyKey(w), anyKey(w)]),
  form('EXISTS', (w) => [anyKey(w), anyKey(w)]),
  form('PERSIST', (w) => [anyKey(w)]),
  form(
    'EXPIRE',
    (w) => [
      anyKey(w),
      w.random.pick(['100000', '200000', '0', '-1', 'abc', '9223372036854775807']),
      ...w.options(['NX'], ['XX']),
    ],
    'exact',
    { damageable: false },
  ),
  form('PEXPIREAT', (w) => [anyKey(w), w.random.pick(['4102444800000', '4102444900000', '1'])], 'exact', {
    damageable: false,
  }),
  form(
    'EXPIREAT',
    (w) => [
      anyKey(w),
      w.random.pick(['4102444800', '4102444900', '-1', '0', 'x']),
      ...w.options(['NX'], ['XX'], ['GT'], ['LT']),
    ],
    'exact',
    { damageable: false },
  ),
  form(
    'PEXPIRE',
    (w) => [
      anyKey(w),
      w.random.pick(['100000000', '200000000', '-5', '9223372036854775807']),
      ...w.options(['NX'], ['XX']),
    ],
    'exact',
    { damageable: false },
  ),
  form('TTL', (w) => [anyKey(w)], 'near'),
  form('PEXPIRETIME', (w) => [anyKey(w)], 'near'),
  form('UNLINK', (w) => [anyKey(w), anyKey(w)]),
  form('TOUCH', (w) => [anyKey(w), anyKey(w)]),
  form('RENAMENX', (w) => {
    const type = w.random.pick(['s', 'h', 'l', 'set', 'x'] as const)
    return [w.key(type), w.key(type).replace('z2', 'z1')]
  }),
  form(
    'SCAN',
    (w) => [
      '0',
      'COUNT',
      '10000',
      ...w.options(
        ['MATCH', w.random.pick(['z*', '*1', '[hs]?', '*'])],
        ['TYPE', w.random.pick(['hash', 'zset', 'string', 'stream', 'x'])],
      ),
    ],
    'scan',
    { damageable: false },
  ),
  form('KEYS', (w) => [w.random.pick(['*', 'z?', '[^z]*', 'set[0-1]'])], 'sorted'),
  form('RANDOMKEY', () => [], 'shape', { meetsAnyKey: true }),
  form('RPUSH', (w) => [queue(w), ...w.random.several(1, 6, () => String(w.random.below(30) - 10))], 'exact', {
    damageable: false,
  }),
  form('RPUSH', (w) => [queue(w), w.random.pick(['a', 'b', 'abc', 'x'])], 'exact', { damageable: false }),
  form('DEL', (w) => [queue(w)], 'exact', { damageable: false }),
  // Keys that no other form writes, so that they are never sets: those have no order among elements of one weight.
  form('RPUSH', (w) => ['texts', ...w.members()], 'exact', { damageable: false }),
  form('SET', (w) => ['plain', w.text()], 'exact', { damageable: false, rare: true }),
  form('LTRIM', () => ['texts', '-20', '-1'], 'exact', { damageable: false }),
  form('SORT', (w) => [w.random.pick(['texts', 'texts', queue(w), 'plain']), ...sorting(w)], 'exact', {
    damageable: false,
  }),
  form('SORT', (w) => [queue(w), ...sorting(w)], 'exact', { damageable: false }),
  form('SORT_RO', (w) => [queue(w), ...sorting(w)], 'exact', { damageable: false }),
  // A text that is a number is refused while errno holds the failure of an earlier command: these are ALPHA.
  form('SORT', (w) => ['sorted', 'ALPHA', ...sorting(w)], 'exact', { damageable: false }),
  form('SORT', (w) => [queue(w), 'ALPHA', ...sorting(w), 'STORE', 'sorted'], 'exact', { damageable: false }),
  form('SORT', (w) => [w.key('set'), 'BY', 'nosort', ...w.options(['DESC'], part(w), got(w)), 'STORE', 'sorted']),
  form('ZADD', (w) => ['zq', ...w.random.several(1, 4, () => [w.number(), `m${w.random.below(40)}`]).flat()]),
  // Sorting changes the encoding, which no replica hears of.
  form('SORT', (w) => ['zq', 'ALPHA', ...sortingOfSet(w)], 'exact', { damageable: false, diverges: true }),
  form('EXPIRETIME', (w) => [anyKey(w)], 'near'),
  form('PTTL', (w) => [anyKey(w)], 'near'),
  form('OBJECT', (w) => ['ENCODING', anyKey(w)], 'exact', { damageable: false }),
  form('COPY', (w) => {
    const type = w.random.pick(['s', 'h', 'l', 'set', 'x'] as const)
    return [w.key(type), w.key(type).replace('z2', 'z1'), ...w.options(['REPLACE'])]
  }),
  form('RENAME', (w) => {
    const type = w.random.pick(['s', 'h', 'l', 'set', 'x'] as const)
    return [w.key(type), w.key(type).replace('z2', 'z1')]
  }),
]
