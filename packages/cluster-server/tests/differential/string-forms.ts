import { form } from './random-command.js'
import type { Words } from './words.js'

const range = ['0', '1', '3', '-1', '-3', '100', '-100']

const bit = ['0', '1', '7', '8', '15', '100', '-1', 'a', '', '4294967296', '9223372036854775807']
const unit = (w: Words): string[] => w.options([w.random.pick(['BIT', 'byte', 'BITS'])])

const field = (w: Words): string[] => [
  w.random.pick(['u8', 'i8', 'u1', 'i5', 'u63', 'i64', 'u16', 'i16', 'u64', 'i65', 'x8', 'u0', 'i']),
  w.random.pick(['0', '3', '8', '#1', '#2', '100', '-1', '#a', 'x']),
]

const fieldValue = (w: Words): string =>
  w.random.pick(['0', '1', '-1', '127', '128', '255', '256', '-129', '1000000', '9223372036854775807', 'x'])

const fieldOperations = (w: Words): string[] =>
  w.random
    .several(1, 4, () =>
      w.random.pick([
        ['GET', ...field(w)],
        ['set', ...field(w), fieldValue(w)],
        ['INCRBY', ...field(w), fieldValue(w)],
        ['OVERFLOW', w.random.pick(['WRAP', 'sat', 'FAIL', 'X'])],
      ]),
    )
    .flat()

/** The commands of bits in strings. */
export const bitmapForms = [
  form('SETBIT', (w) => [w.key('s'), w.random.pick(bit), w.random.pick(['0', '1', '1', '2', '-1', 'x'])], 'exact', {
    damageable: false,
  }),
  form('GETBIT', (w) => [w.key('s'), w.random.pick(bit)]),
  form('BITCOUNT', (w) => [w.key('s'), ...w.options([w.random.pick(range), w.random.pick(range), ...unit(w)])]),
  form('BITPOS', (w) => [
    w.key('s'),
    w.random.pick(['0', '1', '1', '2', 'a']),
    ...w.options([w.integer()]),
    ...w.options([w.random.pick(range), ...unit(w)]),
  ]),
  form('BITFIELD', (w) => [w.key('s'), ...fieldOperations(w)], 'exact', { damageable: false }),
  form(
    'BITFIELD',
    (w) => [
      w.key('s'),
      'OVERFLOW',
      w.random.pick(['WRAP', 'SAT', 'FAIL']),
      w.random.pick(['SET', 'INCRBY']),
      w.random.pick(['u8', 'i8', 'i64', 'u63', 'i5']),
      w.random.pick(['0', '#1', '7', '30']),
      fieldValue(w),
      'GET',
      'u8',
      '0',
    ],
    'exact',
    { damageable: false },
  ),
  form('BITFIELD_RO', (w) => [w.key('s'), 'GET', ...field(w), ...w.options(fieldOperations(w))]),
  form('BITOP', (w) => [w.random.pick(['AND', 'or', 'XOR', 'NOT', 'NAND']), w.key('s'), ...w.keys('s')]),
  form('SET', (w) => [
    w.key('s'),
    w.random.several(0, 20, () => w.random.pick(['\0', '\xff', '\x80', '\x01', 'a'])).join(''),
  ]),
  form('GET', (w) => [w.key('s')]),
]

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
