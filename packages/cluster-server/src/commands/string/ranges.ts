import { detach } from '../../keyspace/detach.js'
import { overwritten } from '../../keyspace/long-text.js'
import type { Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { checkLength } from '../string-length.js'

const OFFSET_OUT_OF_RANGE = wireError('ERR offset is out of range')

export const append = defineCommand({
  name: 'append',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.0.0',
  complexity: 'O(1) amortised',
  summary: 'Adds text to the end of a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'value', type: 'string' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const added = argument(argv, 2)
    const old = context.db.getText(key)
    const length = (old?.length ?? 0) + added.length
    if (old === undefined) context.db.set(key, detach(added))
    else {
      checkLength(context, length)
      context.db.replace(key, overwritten(old, old.length, added), 'raw')
    }
    context.db.changed(key, 'append')
    return length
  },
})

const readRange = (context: CommandContext, argv: readonly string[]): Reply => {
  const first = integerArgument(argument(argv, 2))
  const last = integerArgument(argument(argv, 3))
  const text = context.db.getText(argument(argv, 1)) ?? ''
  if (first < 0 && last < 0 && first > last) return ''
  const from = first < 0 ? Math.max(0, text.length + first) : first
  const to = last < 0 ? Math.max(0, text.length + last) : Math.min(last, text.length - 1)
  return from > to ? '' : text.slice(from, to + 1)
}

export const getrange = defineCommand({
  name: 'getrange',
  arity: 4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.4.0',
  complexity: 'O(N) in the length of the part',
  summary: 'Reads part of a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'integer' },
    { name: 'end', type: 'integer' },
  ],
  run: readRange,
})

export const substr = defineCommand({
  name: 'substr',
  arity: 4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(N) in the length of the part',
  summary: 'Reads part of a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'integer' },
    { name: 'end', type: 'integer' },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '2.0.0',
  replacedBy: '`GETRANGE`',
  run: readRange,
})

export const setrange = defineCommand({
  name: 'setrange',
  arity: 4,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.2.0',
  complexity: 'O(N) in the length of the part',
  summary: 'Overwrites part of a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'offset', type: 'integer' },
    { name: 'value', type: 'string' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const offset = integerArgument(argument(argv, 2))
    const part = argument(argv, 3)
    if (offset < 0) throw OFFSET_OUT_OF_RANGE
    const old = context.db.getText(key) ?? ''
    if (part.length === 0) return old.length
    checkLength(context, offset + part.length)
    const text = overwritten(old, offset, part)
    context.db.replace(key, text, 'raw')
    context.db.changed(key, 'setrange')
    return text.length
  },
})
