import { form } from './random-command.js'
import type { Words } from './words.js'

const end = (w: Words): string => w.random.pick(['LEFT', 'RIGHT', 'left', 'Right', 'LEFTY'])

/** The commands of lists; the blocking ones are for transactions, where they do not block. */
export const listForms = [
  form('LPUSH', (w) => [w.key('l'), ...w.members()]),
  form('RPUSH', (w) => [w.key('l'), ...w.members()]),
  form('RPUSH', (w) => [w.key('l'), ...w.members(8)]),
  form('LPUSH', (w) => [w.key('l'), ...w.crowd()]),
  form('LPUSHX', (w) => [w.key('l'), ...w.members()]),
  form('RPUSHX', (w) => [w.key('l'), ...w.members()]),
  form('LPOP', (w) => [w.key('l'), ...w.options([w.count()])]),
  form('RPOP', (w) => [w.key('l'), ...w.options([w.count()])]),
  form('LLEN', (w) => [w.key('l')]),
  form('LINDEX', (w) => [w.key('l'), w.integer()]),
  form('LRANGE', (w) => [w.key('l'), w.integer(), w.integer()]),
  form('LSET', (w) => [w.key('l'), w.integer(), w.text()]),
  form('LINSERT', (w) => [w.key('l'), w.random.pick(['BEFORE', 'AFTER', 'after', 'IN']), w.member(), w.text()]),
  form('LREM', (w) => [w.key('l'), w.integer(), w.member()]),
  form('LTRIM', (w) => [
    w.key('l'),
    w.random.pick(['0', '1', '-8', '-100', '3']),
    w.random.pick(['-1', '5', '-2', '100', 'x']),
  ]),
  form('LPOS', (w) => [
    w.key('l'),
    w.member(),
    ...w.options(['RANK', w.integer()], ['COUNT', w.integer()], ['MAXLEN', w.integer()]),
  ]),
  form('LMOVE', (w) => [w.key('l'), w.key('l'), end(w), end(w)]),
  form('RPOPLPUSH', (w) => [w.key('l'), w.key('l')]),
  form('LMPOP', (w) => [
    w.random.pick(['1', '2', '0', '3', 'a']),
    ...w.keys('l'),
    end(w),
    ...w.options(['COUNT', w.count()]),
  ]),
]

/** Commands that wait when there is nothing to pop. */
export const blockingForms = [
  form('BLPOP', (w) => [...w.keys('l'), w.random.pick(['0', '1', '0.01', '-1', 'a', 'inf', '1e30'])]),
  form('BRPOP', (w) => [...w.keys('l'), w.random.pick(['0', '1', '-0.001', ''])]),
  form('BLMOVE', (w) => [w.key('l'), w.key('l'), end(w), end(w), w.random.pick(['0', '1', 'x'])]),
  form('BRPOPLPUSH', (w) => [w.key('l'), w.key('l'), w.random.pick(['0', '1', 'x'])]),
  form('BLMPOP', (w) => [
    w.random.pick(['0', '1', 'x']),
    w.random.pick(['1', '2', '0']),
    ...w.keys('l'),
    end(w),
    ...w.options(['COUNT', w.count()]),
  ]),
  form('BZPOPMIN', (w) => [...w.keys('z'), w.random.pick(['0', '1', '-1', 'a'])]),
  form('BZPOPMAX', (w) => [...w.keys('z'), w.random.pick(['0', '1', '-1', 'a'])]),
  form('BZMPOP', (w) => [
    w.random.pick(['0', '1', 'x']),
    w.random.pick(['1', '2']),
    ...w.keys('z'),
    w.random.pick(['MIN', 'max', 'x']),
    ...w.options(['COUNT', w.count()]),
  ]),
]
