import { form } from './random-command.js'
import type { Words } from './words.js'

/** One stream is used more than others, so that there is much to read in it; `x2` may get ids that end it. */
const key = (w: Words): string => (w.random.chance(0.7) ? 'x0' : w.key('x'))

const group = (w: Words): string => (w.random.chance(0.9) ? w.random.pick(['g', 'g', 'h']) : w.member())

const consumer = (w: Words): string => (w.random.chance(0.95) ? w.random.pick(['ann', 'bob', 'eve']) : w.member())

const limit = (w: Words): string => w.random.pick(['0', '1', '2', '5', '40', '-1', '9223372036854775807', 'a'])

const trim = (w: Words): string[] => [
  ...w.random.pick([
    ['MAXLEN', ...w.options([w.random.pick(['~', '='])]), limit(w)],
    ['minid', ...w.options([w.random.pick(['~', '='])]), w.id()],
    ['MAXLEN', '~', limit(w), 'LIMIT', limit(w)],
    ['MINID', '~', w.id(), 'limit', limit(w)],
  ]),
]

const entry = (w: Words): string[] => {
  if (w.random.chance(0.1)) return w.random.several(1, 7, () => w.text())
  const fields = w.random.pick([['a'], ['a', 'b'], ['a', 'b'], ['b', 'a'], ['7']])
  return fields.flatMap((field) => [field, w.text()])
}

const start = (w: Words): string => w.random.pick(['-', '-', '+', `(${w.id()}`, w.id(), w.id()])

const end = (w: Words): string => w.random.pick(['+', '+', '-', `(${w.id()}`, w.id(), w.id()])

const position = (w: Words): string => w.random.pick(['0', '0-0', '$', w.id()])

/** What a consumer reads from: new entries, or what is pending for it. */
const reading = (w: Words): string => w.random.pick(['>', '>', '>', '0', w.id()])

const readers = (w: Words, from: (w: Words) => string): string[] => {
  const keys = w.random.several(1, 2, () => key(w))
  return ['STREAMS', ...keys, ...keys.map(() => from(w))]
}

/** So far apart that the time of the test does not matter: what was delivered at a TIME is idle for long. */
const idle = (w: Words): string => w.random.pick(['0', '0', '0', '1000000000', '-1', 'x'])

const claimOptions = (w: Words): string[] =>
  w.options(
    ['FORCE'],
    w.random.pick([['JUSTID'], []]),
    w.random.pick([['TIME', w.random.pick(['1', '1000', '-1', '99999999999999', 'x'])], [], []]),
    w.random.pick([['IDLE', w.random.pick(['0', '2000000000', '-5', '9223372036854775807'])], []]),
    w.random.pick([['RETRYCOUNT', w.random.pick(['0', '3', '-1', '9223372036854775807', 'x'])], [], []]),
    w.random.pick([['LASTID', w.id()], [], [], []]),
  )

/** The commands of streams, with times of which the servers may differ left out of the comparison. */
export const streamForms = [
  form('XADD', (w) => [key(w), w.newId(), ...entry(w)]),
  form('XADD', (w) => [key(w), w.newId(), ...entry(w)]),
  form('XADD', (w) => [key(w), w.newId(), ...entry(w)]),
  form('XADD', (w) => [key(w), w.newId(), 'a', w.text().repeat(w.random.below(60))]),
  form('XADD', (w) => [key(w), ...w.options(['NOMKSTREAM'], trim(w)), w.newId(), ...entry(w)]),
  form('XADD', (w) => ['x1', ...w.options(['NOMKSTREAM'], trim(w)), '*', ...entry(w)], 'shape', {
    damageable: false,
    diverges: true,
  }),
  form('XLEN', (w) => [key(w)]),
  form('XRANGE', (w) => [key(w), start(w), end(w), ...w.options(['COUNT', w.count()])]),
  form('XREVRANGE', (w) => [key(w), end(w), start(w), ...w.options(['COUNT', w.count()])]),
  form('XRANGE', (w) => [key(w), '-', '+']),
  form('XDEL', (w) => [key(w), ...w.random.several(1, 4, () => w.id())]),
  form('XTRIM', (w) => [key(w), ...trim(w)]),
  form('XADD', (w) => ['x2', w.edgeId(), ...entry(w)]),
  form('XSETID', (w) => [key(w), w.newId(), ...w.options(['ENTRIESADDED', w.integer()], ['MAXDELETEDID', w.id()])]),
  form('XSETID', (w) => ['x2', w.id(), ...w.options(['ENTRIESADDED', w.integer()], ['MAXDELETEDID', w.id()])]),
  form('XREAD', (w) => [...w.options(['COUNT', w.count()]), ...readers(w, position)]),
  form('XGROUP', (w) => [
    ...['CREATE', key(w), group(w), position(w)],
    ...w.options(['MKSTREAM'], w.random.pick([['ENTRIESREAD', w.integer()], [], []])),
  ]),
  form('XGROUP', (w) => ['CREATE', key(w), 'g', '0', 'MKSTREAM']),
  form('XGROUP', (w) => ['SETID', key(w), group(w), position(w), ...w.options(['ENTRIESREAD', w.integer()])]),
  form('XGROUP', (w) => [w.random.pick(['CREATECONSUMER', 'delconsumer']), key(w), group(w), consumer(w)]),
  form('XGROUP', (w) => ['DESTROY', key(w), w.random.pick(['h', 'h', group(w)])]),
  form('XREADGROUP', (w) => [
    ...['GROUP', group(w), consumer(w), ...w.options(['COUNT', w.count()], w.random.pick([['NOACK'], [], []]))],
    ...readers(w, reading),
  ]),
  form('XREADGROUP', (w) => ['GROUP', 'g', consumer(w), ...w.options(['COUNT', '2']), 'STREAMS', key(w), '>']),
  form('XACK', (w) => [key(w), group(w), ...w.random.several(1, 3, () => w.id())]),
  form('XPENDING', (w) => [key(w), group(w)]),
  form(
    'XPENDING',
    (w) => [
      ...[key(w), group(w), ...w.options(['IDLE', idle(w)])],
      ...[start(w), end(w), w.count(), ...w.options([consumer(w)])],
    ],
    'untimed',
  ),
  form(
    'XCLAIM',
    (w) => [key(w), 'g', consumer(w), idle(w), ...w.random.several(1, 4, () => w.id()), ...claimOptions(w)],
    'exact',
    { damageable: false },
  ),
  form(
    'XAUTOCLAIM',
    (w) => [
      ...[key(w), group(w), consumer(w), idle(w), w.random.pick(['0', '-', w.id(), `(${w.id()}`])],
      ...w.options(['COUNT', w.count()], ['JUSTID']),
    ],
    'exact',
    { damageable: false },
  ),
  form('XINFO', (w) => ['STREAM', key(w)]),
  form('XINFO', (w) => ['STREAM', key(w), 'FULL', ...w.options(['COUNT', w.count()])], 'untimed'),
  form('XINFO', (w) => ['GROUPS', key(w)]),
  form('XINFO', (w) => ['CONSUMERS', key(w), group(w)], 'untimed', { damageable: false }),
  form(
    'CONFIG',
    (w) => [
      ...['SET', 'stream-node-max-entries', w.random.pick(['1', '2', '3', '7', '100', '0'])],
      ...['stream-node-max-bytes', w.random.pick(['0', '80', '300', '4096'])],
    ],
    'exact',
    { damageable: false },
  ),
]

/** Reads that wait when there is nothing new. */
export const blockingStreamForms = [
  form('XREAD', (w) => ['BLOCK', w.random.pick(['0', '10', '-1', 'a']), ...readers(w, position)]),
  form('XREADGROUP', (w) => [
    ...['GROUP', group(w), consumer(w), 'BLOCK', w.random.pick(['0', '10', '9223372036854775807'])],
    ...readers(w, reading),
  ]),
]
