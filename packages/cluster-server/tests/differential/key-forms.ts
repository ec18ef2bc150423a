import { form } from './random-command.js'
import type { Words } from './words.js'

const anyKey = (w: Words): string => w.key(w.random.pick(['s', 'h', 'l', 'set', 'z']))

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
      ...w.options(['NX'], ['GT']),
    ],
    'exact',
    { damageable: false },
  ),
  form('PEXPIREAT', (w) => [anyKey(w), w.random.pick(['4102444800000', '4102444900000', '1'])], 'exact', {
    damageable: false,
  }),
  form('EXPIRETIME', (w) => [anyKey(w)], 'near'),
  form('PTTL', (w) => [anyKey(w)], 'near'),
  form('OBJECT', (w) => ['ENCODING', anyKey(w)], 'encoding', { damageable: false }),
  form('COPY', (w) => {
    const type = w.random.pick(['s', 'h', 'l', 'set'] as const)
    return [w.key(type), w.key(type).replace('z2', 'z1'), ...w.options(['REPLACE'])]
  }),
  form('RENAME', (w) => {
    const type = w.random.pick(['s', 'h', 'l', 'set'] as const)
    return [w.key(type), w.key(type).replace('z2', 'z1')]
  }),
]
