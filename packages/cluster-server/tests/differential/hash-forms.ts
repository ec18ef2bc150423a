import { form } from './random-command.js'

/** The commands of hashes. */
export const hashForms = [
  form('HSET', (w) => [w.key('h'), ...w.random.several(1, 4, () => [w.member(), w.text()]).flat()]),
  form('HSET', (w) => [w.key('h'), ...w.random.several(1, 4, () => [w.member(), w.text()]).flat()]),
  form('HSET', (w) => [w.key('h'), ...w.crowd().flatMap((member) => [member, w.text()])], 'exact', {
    damageable: false,
  }),
  form('HMSET', (w) => [w.key('h'), ...w.random.several(1, 3, () => [w.member(), w.text()]).flat()]),
  form('HSETNX', (w) => [w.key('h'), w.member(), w.text()]),
  form('HGET', (w) => [w.key('h'), w.member()]),
  form('HMGET', (w) => [w.key('h'), ...w.members()]),
  form('HGETALL', (w) => [w.key('h')], 'pairs'),
  form('HKEYS', (w) => [w.key('h')], 'sorted'),
  form('HVALS', (w) => [w.key('h')], 'sorted'),
  form('HLEN', (w) => [w.key('h')]),
  form('HEXISTS', (w) => [w.key('h'), w.member()]),
  form('HDEL', (w) => [w.key('h'), ...w.members()]),
  form('HINCRBY', (w) => [w.key('h'), w.member(), w.integer()]),
  form('HINCRBYFLOAT', (w) => [w.key('h'), w.member(), w.number()]),
  form('HSTRLEN', (w) => [w.key('h'), w.member()]),
  form('HRANDFIELD', (w) => [w.key('h')], 'shape'),
  form('HRANDFIELD', (w) => [w.key('h'), w.count(), ...w.options(['WITHVALUES'])], 'shape', { damageable: false }),
  form(
    'HSCAN',
    (w) => [
      w.key('h'),
      '0',
      'COUNT',
      '10000',
      ...w.options(['MATCH', w.random.pick(['*', 'a*', '[a-c]', '?', '\\*', 'x*'])]),
    ],
    'scanPairs',
    { damageable: false },
  ),
]
