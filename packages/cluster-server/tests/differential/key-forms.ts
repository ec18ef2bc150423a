import { form } from './random-command.js'
import { KEY_TYPES, type Words } from './words.js'

const anyKey = (w: Words): string => w.key(w.random.pick(KEY_TYPES))

/**
 * Lists that nothing else touches. Redis leaves equal weights in the order of its sort when the comparison is of texts,
 * compares texts up to a zero byte, and turns sorted sets into skiplists: none of that is promised.
 */
const queue = (w: Words): string => `q${w.random.below(2)}`

const sorting = (w: Words): string[] => [
  ...w.random.pick([['ALPHA'], ['BY', w.random.pick(['s*', 'h0->*', 'h*->a', '*'])], []]),
  ...w.options(
    ['DESC'],
    ['ASC'],
    ['LIMIT', w.random.pick(['0', '1', '-1', 'a']), w.random.pick(['2', '-1', '0', '100'])],
    ['GET', w.random.pick(['#', 's*', 'h0->*', 'h*->a', 'x'])],
  ),
]

/** Commands of keys of any type, as far as the values of the types take part in them. */
export const keyForms = [
  form('TYPE', (w) => [anyKey(w)]),
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
  form('RANDOMKEY', () => [], 'shape'),
  form('RPUSH', (w) => [queue(w), ...w.random.several(1, 6, () => String(w.random.below(30) - 10))], 'exact', {
    damageable: false,
  }),
  form('RPUSH', (w) => [queue(w), w.random.pick(['a', 'b', 'abc', 'x'])], 'exact', { damageable: false }),
  form('DEL', (w) => [queue(w)], 'exact', { damageable: false }),
  form('SORT', (w) => [queue(w), ...sorting(w)], 'exact', { damageable: false }),
  form('SORT', (w) => [queue(w), ...w.options(['DESC'], ['LIMIT', '1', '3']), 'STORE', 'q1'], 'exact', {
    damageable: false,
  }),
  form('SORT_RO', (w) => [queue(w), ...sorting(w)], 'exact', { damageable: false }),
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
