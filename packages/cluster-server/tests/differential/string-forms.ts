import { form } from './random-command.js'

const range = ['0', '1', '3', '-1', '-3', '100', '-100']

/** The commands of strings. */
export const stringForms = [
  form('GET', (w) => [w.key('s')]),
  form('SET', (w) => [w.key('s'), w.text()]),
  form('SET', (w) => [w.key('s'), w.text(), ...w.options(['NX'], ['XX'], ['GET'], ['KEEPTTL'], w.expiry())], 'exact', {
    damageable: false,
  }),
  form('SET', (w) => [w.key('s'), w.text(), ...w.expiry(), ...w.options(['GET'], ['NX'])], 'exact', {
    damageable: false,
  }),
  form('SETNX', (w) => [w.key('s'), w.text()]),
  form(
    'SETEX',
    (w) => [w.key('s'), w.random.pick(['100000', '0', '-1', 'abc', '9223372036854775807']), w.text()],
    'exact',
    { damageable: false },
  ),
  form(
    'PSETEX',
    (w) => [w.key('s'), w.random.pick(['100000000', '0', '-1', '9223372036854775807']), w.text()],
    'exact',
    { damageable: false },
  ),
  form('GETSET', (w) => [w.key('s'), w.text()]),
  form('GETDEL', (w) => [w.key('s')]),
  form('GETEX', (w) => [w.key('s'), ...w.options(['PERSIST'], w.expiry())], 'exact', { damageable: false }),
  form('MGET', (w) => w.keys('s')),
  form('MSET', (w) => w.random.several(1, 3, () => [w.key('s'), w.text()]).flat()),
  form('MSETNX', (w) => w.random.several(1, 2, () => [w.key('s'), w.text()]).flat()),
  form('APPEND', (w) => [w.key('s'), w.text()]),
  form('STRLEN', (w) => [w.key('s')]),
  form('GETRANGE', (w) => [w.key('s'), w.random.chance(0.5) ? w.integer() : w.random.pick(range), w.integer()]),
  form('SUBSTR', (w) => [w.key('s'), w.random.pick(range), w.random.pick(range)]),
  form('SETRANGE', (w) => [
    w.key('s'),
    w.random.pick(['0', '1', '5', '70', '-1', '536870912', '9223372036854775807', 'a']),
    w.text(),
  ]),
  form('INCR', (w) => [w.key('s')]),
  form('DECR', (w) => [w.key('s')]),
  form('INCRBY', (w) => [w.key('s'), w.integer()]),
  form('DECRBY', (w) => [w.key('s'), w.integer()]),
  form('INCRBYFLOAT', (w) => [w.key('s'), w.number()]),
  form('LCS', (w) => [
    w.key('s'),
    w.key('s'),
    ...w.options(['IDX'], ['LEN'], ['WITHMATCHLEN'], ['MINMATCHLEN', w.integer()]),
  ]),
]
