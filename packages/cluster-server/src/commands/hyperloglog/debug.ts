import { OK, type Reply, Status } from '../../resp/reply.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { selfTest } from './self-test.js'
import type { Sketch } from './sketch.js'
import { CORRUPTED, keepSketch, sketchAt, sparseLimit } from './stored-sketch.js'

const NO_KEY = wireError('ERR The specified key does not exist')
const NOT_SPARSE = wireError('ERR HLL encoding is not sparse')

/** Makes a sketch dense; true when it was sparse. What only the encoding changes is passed on, and is no event. */
const convert = (context: CommandContext, argv: readonly string[], sketch: Sketch): boolean => {
  if (!sketch.isSparse) return false
  if (!sketch.makeDense()) throw CORRUPTED
  keepSketch(context, argument(argv, 2), sketch)
  context.propagate(...argv)
  return true
}

const describeRuns = (sketch: Sketch): string =>
  Array.from(sketch.runs(), ({ value, length, size }) => {
    if (value > 0) return `v:${value},${length}`
    return `${size === 2 ? 'Z' : 'z'}:${length}`
  }).join(' ')

export const pfdebug = defineCommand({
  name: 'pfdebug',
  arity: 3,
  flags: ['write', 'denyoom', 'admin'],
  keySpecs: [keyRange(['RW', 'access'], 2)],
  categories: ['hyperloglog'],
  group: 'hyperloglog',
  since: '2.8.9',
  complexity: 'N/A',
  summary: 'Looks into a HyperLogLog: GETREG, DECODE, ENCODING, TODENSE',
  docFlags: ['syscmd'],
  arguments: [
    { name: 'subcommand', type: 'string' },
    { name: 'key', type: 'key', keySpecIndex: 0 },
  ],
  run(context, argv): Reply {
    const key = argument(argv, 2)
    const sketch = sketchAt(context, key)
    if (sketch === undefined) throw NO_KEY
    keepSketch(context, key, sketch)
    switch (argument(argv, 1).toLowerCase()) {
      case 'getreg':
        convert(context, argv, sketch)
        return sketch.registers()
      case 'decode':
        if (!sketch.isSparse) throw NOT_SPARSE
        return describeRuns(sketch)
      case 'encoding':
        return new Status(sketch.isSparse ? 'sparse' : 'dense')
      case 'todense':
        return convert(context, argv, sketch) ? 1 : 0
      default:
        throw unknown(argument(argv, 1))
    }
  },
})

const unknown = (name: string): WireError => wireError(`ERR Unknown PFDEBUG subcommand '${name}'`)

export const pfselftest = defineCommand({
  name: 'pfselftest',
  arity: 1,
  flags: ['admin'],
  categories: ['hyperloglog'],
  group: 'hyperloglog',
  since: '2.8.9',
  complexity: 'N/A',
  summary: 'Tests registers and estimates of HyperLogLogs with random elements',
  docFlags: ['syscmd'],
  run: (context) => selfTest(context.server.random, sparseLimit(context)) ?? OK,
})
