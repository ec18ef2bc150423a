import { form } from './random-command.js'
import type { Words } from './words.js'

/** Sets 0 and 1 hold anything, set 2 mostly integers. */
const memberFor = (w: Words, key: string): string => (key === 'set2' ? w.integerMember() : w.member())

const keyAndMembers = (w: Words): string[] => {
  const key = w.key('set')
  return [key, ...w.random.several(1, 4, () => memberFor(w, key))]
}

/** The commands of sets. */
export const setForms = [
  form('SADD', keyAndMembers),
  form('SADD', keyAndMembers),
  form('SADD', keyAndMembers),
  form('SADD', (w) => [w.key('set'), ...w.crowd()]),
  form('SADD', (w) => [w.key('set'), ...Array.from({ length: w.random.below(700) + 1 }, (_, i) => String(i))]),
  form('SREM', keyAndMembers),
  form('SMOVE', (w) => [w.key('set'), w.key('set'), w.member()]),
  form('SCARD', (w) => [w.key('set')]),
  form('SISMEMBER', (w) => keyAndMembers(w).slice(0, 2)),
  form('SMISMEMBER', keyAndMembers),
  form('SMEMBERS', (w) => [w.key('set')], 'sorted'),
  form(
    'SSCAN',
    (w) => [w.key('set'), '0', 'COUNT', '10000', ...w.options(['MATCH', w.random.pick(['*', '[0-9]*', '-*', 'a'])])],
    'scan',
    { damageable: false },
  ),
  form('SPOP', (w) => [w.key('set'), ...w.options([w.count()])], 'shape', { damageable: false, diverges: true }),
  form('SPOP', (w) => [w.key('set'), '100000'], 'sorted', { damageable: false }),
  form('SRANDMEMBER', (w) => [w.key('set'), ...w.options([w.count()])], 'shape', { damageable: false }),
  form('SINTER', (w) => w.keys('set'), 'sorted'),
  form('SUNION', (w) => w.keys('set'), 'sorted'),
  form('SDIFF', (w) => w.keys('set'), 'sorted'),
  form('SINTERSTORE', (w) => [w.key('set'), ...w.keys('set')]),
  form('SUNIONSTORE', (w) => [w.key('set'), ...w.keys('set')]),
  form('SDIFFSTORE', (w) => [w.key('set'), ...w.keys('set')]),
  form('SINTERCARD', (w) => [
    w.random.pick(['1', '2', '3', '0', 'a']),
    ...w.keys('set'),
    ...w.options(['LIMIT', w.integer()]),
  ]),
]
