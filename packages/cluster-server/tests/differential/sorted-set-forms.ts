import { form } from './random-command.js'
import type { Words } from './words.js'

/** Sorted set 2 has one score only, as ranges by text need; these are the others. */
const mixedKey = (w: Words): string => w.key('z').replace('z2', 'z1')

const add = (w: Words): string[] => [
  mixedKey(w),
  ...w.options(['CH'], ...(w.random.chance(0.4) ? [['NX'], ['XX'], ['GT'], ['LT']] : [])),
  ...w.random.several(1, 4, () => [w.number(), w.member()]).flat(),
]

/** Most scores are plain numbers, or most commands would fail. */
const addSafely = (w: Words): string[] => {
  const key = w.key('z')
  const score = (): string => (key === 'z2' ? '0' : String((w.random.below(40) - 20) / w.random.pick([1, 1, 2, 3])))
  return [key, ...w.random.several(1, 6, () => [score(), w.member()]).flat()]
}

const inputs = (w: Words, mayBeSets = true): string[] => {
  const keys = w.random.several(1, 3, () => w.key(mayBeSets && w.random.chance(0.2) ? 'set' : 'z'))
  const count = w.random.chance(0.92) ? String(keys.length) : w.random.pick(['0', '-1', 'a', '4', '1'])
  return [count, ...keys]
}

const weighing = (w: Words): string[] =>
  w.options(
    ['WEIGHTS', ...w.random.several(1, 3, () => w.number())],
    ['AGGREGATE', w.random.pick(['SUM', 'min', 'MAX', 'AVG'])],
  )

const limit = (w: Words): string[] => [
  'LIMIT',
  w.random.pick(['0', '1', '2', '-1', 'a', '100']),
  w.random.pick(['1', '3', '-1', '0', '-5', 'b']),
]

/** The commands of sorted sets. */
export const sortedSetForms = [
  form('ZADD', addSafely, 'exact', { damageable: false }),
  form('ZADD', addSafely, 'exact', { damageable: false }),
  form('ZADD', addSafely, 'exact', { damageable: false }),
  form(
    'ZADD',
    (w) => [mixedKey(w), ...w.crowd().flatMap((member) => [String(w.random.below(60) / 4), member])],
    'exact',
    { damageable: false },
  ),
  form('ZADD', (w) => ['z2', ...w.crowd().flatMap((member) => ['0', member])], 'exact', { damageable: false }),
  form('ZADD', add),
  form('ZADD', (w) => [
    mixedKey(w),
    'INCR',
    ...w.options(['NX'], ['XX'], ['GT'], ['LT'], ['CH']),
    w.number(),
    w.member(),
  ]),
  form('ZINCRBY', (w) => [mixedKey(w), w.number(), w.member()]),
  form('ZREM', (w) => [w.key('z'), ...w.members()]),
  form('ZCARD', (w) => [w.key('z')]),
  form('ZSCORE', (w) => [w.key('z'), w.member()]),
  form('ZMSCORE', (w) => [w.key('z'), ...w.members()]),
  form('ZRANK', (w) => [w.key('z'), w.member()]),
  form('ZREVRANK', (w) => [w.key('z'), w.member()]),
  form('ZCOUNT', (w) => [w.key('z'), w.scoreLimit(), w.scoreLimit()]),
  form('ZLEXCOUNT', (w) => ['z2', w.textLimit(), w.textLimit()]),
  form('ZRANGE', (w) => [w.key('z'), w.integer(), w.integer(), ...w.options(['WITHSCORES'], ['REV'])]),
  form('ZRANGE', (w) => [
    w.key('z'),
    w.scoreLimit(),
    w.scoreLimit(),
    'BYSCORE',
    ...w.options(['WITHSCORES'], ['REV'], limit(w)),
  ]),
  form('ZRANGE', (w) => ['z2', w.textLimit(), w.textLimit(), 'BYLEX', ...w.options(['REV'], limit(w))]),
  form('ZRANGE', (w) => [
    'z2',
    w.textLimit(),
    w.textLimit(),
    ...w.options(['BYLEX'], ['REV'], limit(w), ['BYSCORE'], ['WITHSCORES']),
  ]),
  form('ZREVRANGE', (w) => [w.key('z'), w.integer(), w.integer(), ...w.options(['WITHSCORES'])]),
  form('ZRANGEBYSCORE', (w) => [w.key('z'), w.scoreLimit(), w.scoreLimit(), ...w.options(['WITHSCORES'], limit(w))]),
  form('ZREVRANGEBYSCORE', (w) => [w.key('z'), w.scoreLimit(), w.scoreLimit(), ...w.options(['WITHSCORES'], limit(w))]),
  form('ZRANGEBYLEX', (w) => ['z2', w.textLimit(), w.textLimit(), ...w.options(limit(w))]),
  form('ZREVRANGEBYLEX', (w) => ['z2', w.textLimit(), w.textLimit(), ...w.options(limit(w))]),
  form('ZRANGESTORE', (w) => [
    'z1',
    w.key('z'),
    w.scoreLimit(),
    w.scoreLimit(),
    'BYSCORE',
    ...w.options(['REV'], limit(w)),
  ]),
  form('ZRANGESTORE', (w) => ['z1', w.key('z'), w.integer(), w.integer(), ...w.options(['REV'], ['WITHSCORES'])]),
  form('ZREMRANGEBYRANK', (w) => [w.key('z'), w.integer(), w.integer()]),
  form('ZREMRANGEBYSCORE', (w) => [w.key('z'), w.scoreLimit(), w.scoreLimit()]),
  form('ZREMRANGEBYLEX', (w) => ['z2', w.textLimit(), w.textLimit()]),
  form('ZPOPMIN', (w) => [w.key('z'), ...w.options([w.count()])]),
  form('ZPOPMAX', (w) => [w.key('z'), ...w.options([w.count()])]),
  form('ZMPOP', (w) => [...inputs(w, false), w.random.pick(['MIN', 'max', 'MID']), ...w.options(['COUNT', w.count()])]),
  form('ZRANDMEMBER', (w) => [w.key('z')], 'shape'),
  form('ZRANDMEMBER', (w) => [w.key('z'), w.count(), ...w.options(['WITHSCORES'])], 'shape', { damageable: false }),
  form(
    'ZSCAN',
    (w) => [w.key('z'), '0', 'COUNT', '10000', ...w.options(['MATCH', w.random.pick(['*', 'a*', '[^a]'])])],
    'scanPairs',
    { damageable: false },
  ),
  form('ZUNION', (w) => [...inputs(w), ...w.options(weighing(w), ['WITHSCORES'])]),
  form('ZINTER', (w) => [...inputs(w), ...w.options(weighing(w), ['WITHSCORES'])]),
  form('ZDIFF', (w) => [...inputs(w), ...w.options(['WITHSCORES'])]),
  form('ZINTERCARD', (w) => [...inputs(w), ...w.options(['LIMIT', w.integer()])]),
  form('ZUNIONSTORE', (w) => [mixedKey(w), ...inputs(w), ...w.options(weighing(w))]),
  form('ZINTERSTORE', (w) => [mixedKey(w), ...inputs(w), ...w.options(weighing(w))]),
  form('ZDIFFSTORE', (w) => [mixedKey(w), ...inputs(w)]),
]
