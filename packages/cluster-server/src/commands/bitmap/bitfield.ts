import { narrowInt64 } from '../../int64.js'
import { asLongText, isLong, type StoredText } from '../../keyspace/long-text.js'
import type { Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, int64Argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { checkLength } from '../string-length.js'
import { bitOffset } from './bit-offset.js'
import { fitField, type IntegerType, type Overflow, readField, writeField } from './integer-field.js'

const BAD_TYPE = wireError(
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
)
const BAD_OVERFLOW = wireError('ERR Invalid OVERFLOW type specified')
const READS_ONLY = wireError('ERR BITFIELD_RO only supports the GET subcommand')

interface FieldPlace {
  readonly type: IntegerType
  readonly offset: number
}

type FieldOperation =
  | (FieldPlace & { readonly action: 'GET' })
  | (FieldPlace & { readonly action: 'SET' | 'INCRBY'; readonly value: bigint; readonly overflow: Overflow })

const isOverflow = (word: string): word is Overflow => word === 'WRAP' || word === 'SAT' || word === 'FAIL'

const integerType = (text: string): IntegerType => {
  const signed = text.startsWith('i')
  if (!signed && !text.startsWith('u')) throw BAD_TYPE
  return { signed, bits: boundedArgument(text.slice(1), 1, signed ? 64 : 63, BAD_TYPE) }
}

const readOperations = (context: CommandContext, argv: readonly string[]): FieldOperation[] => {
  const operations: FieldOperation[] = []
  let overflow: Overflow = 'WRAP'
  for (let i = 2; i < argv.length; ) {
    const word = optionAt(argv, i)
    const following = argv.length - i - 1
    if (word === 'OVERFLOW' && following >= 1) {
      const wanted = optionAt(argv, i + 1)
      if (!isOverflow(wanted)) throw BAD_OVERFLOW
      overflow = wanted
      i += 2
      continue
    }
    const writes = word === 'SET' || word === 'INCRBY'
    if (!(word === 'GET' && following >= 2) && !(writes && following >= 3)) throw SYNTAX_ERROR
    const type = integerType(argument(argv, i + 1))
    const offset = bitOffset(context, argument(argv, i + 2), type.bits)
    if (!writes) operations.push({ action: 'GET', type, offset })
    else operations.push({ action: word, type, offset, value: BigInt(int64Argument(argument(argv, i + 3))), overflow })
    i += writes ? 4 : 3
  }
  return operations
}

/** Carries out one operation on the bytes; `changed` is called when one that writes made a difference. */
const carryOut = (bytes: Uint8Array, operation: FieldOperation, changed: (different: boolean) => void): Reply => {
  const { type, offset } = operation
  const old = readField(bytes, offset, type)
  if (operation.action === 'GET') return narrowInt64(old)
  const { action, value, overflow } = operation
  // Redis takes the value to set as unsigned: a negative one is saturated at the greatest.
  const set = type.signed ? value : BigInt.asUintN(64, value)
  const fitted = fitField(action === 'SET' ? set : old + value, type, overflow)
  if (fitted === undefined) return null
  writeField(bytes, offset, type, fitted)
  changed(fitted !== old)
  return narrowInt64(action === 'SET' ? old : fitted)
}

/** The integer at `offset`; bits behind the end of the text are 0. */
const fieldOf = (text: StoredText, offset: number, type: IntegerType): bigint => {
  const from = Math.floor(offset / 8)
  const part = text.slice(from, Math.ceil((offset + type.bits) / 8))
  return readField(Buffer.from(part, 'latin1'), offset - from * 8, type)
}

/** The bytes of a short text, with zeros up to `length`. */
const bytesOf = (text: StoredText, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  bytes.write(text.slice(0), 'latin1')
  return bytes
}

const runOperations = (context: CommandContext, key: string, operations: readonly FieldOperation[]): Reply => {
  const isReading = operations.every(({ action }) => action === 'GET')
  const look = (): StoredText => context.db.getText(key) ?? ''
  if (isReading) {
    const text = context.db.reading(look)
    return operations.map(({ offset, type }) => narrowInt64(fieldOf(text, offset, type)))
  }
  const stored = look()
  const ends = operations.map(({ action, offset, type }) =>
    action === 'GET' ? 0 : Math.ceil((offset + type.bits) / 8),
  )
  const length = ends.reduce((longest, end) => Math.max(longest, end), stored.length)
  checkLength(context, length)
  const grown = length > stored.length
  const long = isLong(length) ? asLongText(stored) : null
  const bytes = long === null ? bytesOf(stored, length) : long.changeable(length)
  let changes = false
  const replies = operations.map((operation) => {
    const { action, offset, type } = operation
    if (action !== 'GET') long?.keep(Math.floor(offset / 8), Math.ceil((offset + type.bits) / 8))
    return carryOut(bytes, operation, (different) => {
      changes ||= grown || different
    })
  })
  // A string grows also for an operation that fails. Redis does not pass that on, and its replicas differ from then on.
  context.db.replace(key, long ?? (changes || grown ? bytes.toString('latin1') : stored), 'raw')
  if (changes) context.db.changed(key, 'setbit')
  return replies
}

export const bitfield = defineCommand({
  name: 'bitfield',
  arity: -2,
  flags: ['write', 'denyoom'],
  keySpecs: [
    {
      ...keyRange(['RW', 'access', 'update', 'variable_flags'], 1),
      notes: 'This command allows both access and modification of the key',
    },
  ],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '3.2.0',
  complexity: 'O(1) for each operation',
  summary: 'Reads and changes integers of any width within a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'operation',
      type: 'oneof',
      optional: true,
      multiple: true,
      arguments: [
        {
          name: 'encoding_offset',
          type: 'block',
          token: 'GET',
          arguments: [
            { name: 'encoding', type: 'string' },
            { name: 'offset', type: 'integer' },
          ],
        },
        {
          name: 'write',
          type: 'block',
          arguments: [
            {
              name: 'wrap_sat_fail',
              type: 'oneof',
              token: 'OVERFLOW',
              optional: true,
              arguments: [
                { name: 'wrap', type: 'pure-token', token: 'WRAP' },
                { name: 'sat', type: 'pure-token', token: 'SAT' },
                { name: 'fail', type: 'pure-token', token: 'FAIL' },
              ],
            },
            {
              name: 'write_operation',
              type: 'oneof',
              arguments: [
                {
                  name: 'encoding_offset_value',
                  type: 'block',
                  token: 'SET',
                  arguments: [
                    { name: 'encoding', type: 'string' },
                    { name: 'offset', type: 'integer' },
                    { name: 'value', type: 'integer' },
                  ],
                },
                {
                  name: 'encoding_offset_increment',
                  type: 'block',
                  token: 'INCRBY',
                  arguments: [
                    { name: 'encoding', type: 'string' },
                    { name: 'offset', type: 'integer' },
                    { name: 'increment', type: 'integer' },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  findKeys: (argv) => {
    const writes = argv.some((_, index) => index > 1 && ['SET', 'INCRBY'].includes(optionAt(argv, index)))
    return [{ index: 1, flags: writes ? ['RW', 'access', 'update'] : ['RO', 'access'] }]
  },
  run: (context, argv) => runOperations(context, argument(argv, 1), readOperations(context, argv)),
})

export const bitfieldRo = defineCommand({
  name: 'bitfield_ro',
  arity: -2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '6.0.0',
  complexity: 'O(1) for each operation',
  summary: 'Reads integers of any width within a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'encoding_offset',
      type: 'block',
      token: 'GET',
      optional: true,
      multiple: true,
      multipleToken: true,
      arguments: [
        { name: 'encoding', type: 'string' },
        { name: 'offset', type: 'integer' },
      ],
    },
  ],
  run(context, argv) {
    const operations = readOperations(context, argv)
    const writes = operations.some(({ action }) => action !== 'GET')
    if (writes) throw READS_ONLY
    return runOperations(context, argument(argv, 1), operations)
  },
})
