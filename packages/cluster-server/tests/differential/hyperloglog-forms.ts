import { form } from './random-command.js'
import type { Words } from './words.js'

/** Keys of sketches, now and then one of another type, or a string that is none. */
const sketch = (w: Words): string => (w.random.chance(0.05) ? w.key('s') : `p${w.random.below(4)}`)

const element = (w: Words): string => (w.random.chance(0.6) ? `e${w.random.below(100_000)}` : w.member())

/** So many elements that a sketch becomes dense after a few times. */
const crowd = (w: Words): string[] => w.random.several(100, 400, () => element(w))

const header = `HYLL\x01${'\0'.repeat(10)}\x80`

/** Runs as they may stand in a sparse sketch, mostly of too many or too few registers; none is cut. */
const runs = (w: Words): string =>
  w.random
    .several(0, 12, () => {
      const code = w.random.below(256)
      const isLong = code >= 64 && code < 128
      return String.fromCharCode(code) + (isLong ? String.fromCharCode(w.random.below(256)) : '')
    })
    .join('')

/** The commands of HyperLogLogs, and what can be done to their text. */
export const hyperLogLogForms = [
  form('PFADD', (w) => [sketch(w), ...w.random.several(0, 3, () => element(w))]),
  form('PFADD', (w) => [sketch(w), ...crowd(w)]),
  form('PFCOUNT', (w) => [sketch(w)]),
  form('PFCOUNT', (w) => w.random.several(1, 3, () => sketch(w))),
  form('PFMERGE', (w) => w.random.several(1, 3, () => sketch(w))),
  form('PFDEBUG', (w) => [w.random.pick(['ENCODING', 'decode', 'ToDense', 'GETREG', 'x']), sketch(w)]),
  form('GET', (w) => [sketch(w)]),
  form('OBJECT', (w) => ['ENCODING', sketch(w)], 'exact', { damageable: false }),
  form('SET', (w) => [sketch(w), header + runs(w)], 'exact', { damageable: false }),
  form('SET', (w) => [sketch(w), `${header}\x7f\xff`], 'exact', { damageable: false }),
  form('SETRANGE', (w) => [sketch(w), String(w.random.below(16)), String.fromCharCode(w.random.below(256))], 'exact', {
    damageable: false,
  }),
  form('COPY', (w) => [sketch(w), sketch(w), 'REPLACE'], 'exact', { damageable: false }),
  form('DEL', (w) => [sketch(w)]),
]
