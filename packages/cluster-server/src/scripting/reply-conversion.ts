import {
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  EncodedReply,
  MapReply,
  NO_REPLY,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  Status,
  VerbatimReply,
} from '../resp/reply.js'
import { decodeReply } from '../resp/reply-decoder.js'
import { WireError, wireError } from '../wire-errors.js'
import { toText } from './runtime/conversion.js'
import { LuaTable } from './runtime/lua-table.js'
import { numberToArgument } from './runtime/number-text.js'
import type { LuaValue } from './runtime/value.js'

/** Tables in tables beyond this answer an error, as a full stack of Lua does in Redis. */
const MAX_NESTING = 1000

/** The table that a script gets for an error reply. */
export const errorTable = (message: string): LuaTable => LuaTable.fromFields(['err'], [message])

const fieldTable = (name: string, value: LuaValue): LuaTable => LuaTable.fromFields([name], [value])

/** A reply of a command as `redis.call` hands it to the script, in the protocol that the script chose. */
export const replyToLua = (reply: Reply, protocol: 2 | 3): LuaValue => {
  if (typeof reply === 'string' || typeof reply === 'number') return reply
  if (typeof reply === 'bigint') return Number(reply)
  if (reply === null || reply === NULL_ARRAY || reply === NO_REPLY) return protocol === 3 ? undefined : false
  if (Array.isArray(reply)) return listToLua(reply, protocol)
  if (reply instanceof Status) return fieldTable('ok', reply.text)
  if (reply instanceof WireError) return errorTable(reply.message)
  if (reply instanceof EncodedReply) return replyToLua(decodeReply(reply.text), protocol)
  if (reply instanceof PushReply) return listToLua(reply.items, protocol)
  return protocol === 3 ? structuredToLua(reply) : flattenedToLua(reply)
}

type Structured = MapReply | SetReply | DoubleReply | BooleanReply | VerbatimReply | BigNumberReply

const listToLua = (items: readonly Reply[], protocol: 2 | 3): LuaTable =>
  LuaTable.fromItems(items.map((item) => replyToLua(item, protocol)))

const isStructured = (reply: Reply): reply is Structured =>
  reply instanceof MapReply ||
  reply instanceof SetReply ||
  reply instanceof DoubleReply ||
  reply instanceof BooleanReply ||
  reply instanceof VerbatimReply ||
  reply instanceof BigNumberReply

const flattenedToLua = (reply: Reply): LuaValue => {
  if (!isStructured(reply)) return false
  if (reply instanceof MapReply) return listToLua(reply.entries, 2)
  if (reply instanceof SetReply) return listToLua(reply.members, 2)
  if (reply instanceof DoubleReply) return reply.text ?? numberToArgument(reply.value)
  if (reply instanceof BooleanReply) return reply.value ? 1 : 0
  if (reply instanceof BigNumberReply) return reply.digits
  return reply.text
}

const structuredToLua = (reply: Reply): LuaValue => {
  if (!isStructured(reply)) return undefined
  if (reply instanceof MapReply) {
    const map = new LuaTable()
    for (let i = 0; i + 1 < reply.entries.length; i += 2) {
      const key = replyToLua(reply.entries[i] ?? null, 3)
      if (key !== undefined) map.set(key, replyToLua(reply.entries[i + 1] ?? null, 3))
    }
    return fieldTable('map', map)
  }
  if (reply instanceof SetReply) {
    const set = new LuaTable()
    for (const member of reply.members) {
      const key = replyToLua(member, 3)
      if (key !== undefined) set.set(key, true)
    }
    return fieldTable('set', set)
  }
  if (reply instanceof DoubleReply) return fieldTable('double', reply.value)
  if (reply instanceof BooleanReply) return reply.value
  if (reply instanceof BigNumberReply) return fieldTable('big_number', reply.digits)
  return fieldTable('verbatim_string', LuaTable.fromFields(['format', 'string'], [reply.format, reply.text]))
}

/** Carries over to the answer of a script that a command of it has answered this error before. */
export const countedAs = (table: LuaTable, error: WireError): WireError => {
  error.isCounted = table.getField('ignore_error_stats_update') === true
  return error
}

/** A simple string or an error must stay on one line. */
const oneLine = (text: string): string => text.replace(/[\r\n]/g, ' ')

/** The first result of a script as its reply. `protocol` is the one that the script chose with `redis.setresp`. */
export const luaToReply = (value: LuaValue, protocol: 2 | 3, nesting = 0): Reply => {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return integerReply(value)
    case 'boolean':
      if (protocol === 3) return new BooleanReply(value)
      return value ? 1 : null
    default:
      return value instanceof LuaTable ? tableToReply(value, protocol, nesting) : null
  }
}

const integerReply = (value: number): Reply => {
  if (Number.isSafeInteger(value)) return value + 0
  const whole = Math.trunc(value)
  if (Number.isSafeInteger(whole)) return whole + 0
  // C's conversion of what does not fit in 64 bits.
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : -(2n ** 63n)
}

const tableToReply = (table: LuaTable, protocol: 2 | 3, nesting: number): Reply => {
  if (nesting > MAX_NESTING) return wireError('ERR reached lua stack limit')
  const error = table.getField('err')
  if (typeof error === 'string') return countedAs(table, wireError(oneLine(error)))
  const ok = table.getField('ok')
  if (typeof ok === 'string') return new Status(oneLine(ok))
  const double = table.getField('double')
  if (typeof double === 'number') return new DoubleReply(double)
  const map = table.getField('map')
  if (map instanceof LuaTable) return new MapReply(entriesOf(map, protocol, nesting))
  const set = table.getField('set')
  if (set instanceof LuaTable)
    return new SetReply(entriesOf(set, protocol, nesting).filter((_each, at) => at % 2 === 0))
  const bigNumber = table.getField('big_number')
  if (typeof bigNumber === 'string') return new BigNumberReply(oneLine(bigNumber))
  const verbatim = table.getField('verbatim_string')
  if (verbatim instanceof LuaTable) {
    const format = toText(verbatim.getField('format'))
    const text = toText(verbatim.getField('string'))
    if (format !== undefined && text !== undefined) return new VerbatimReply(format, text)
  }
  const items: Reply[] = []
  for (let i = 1; ; i++) {
    const item = table.get(i)
    if (item === undefined) return items
    items.push(luaToReply(item, protocol, nesting + 1))
  }
}

const entriesOf = (table: LuaTable, protocol: 2 | 3, nesting: number): Reply[] => {
  const entries: Reply[] = []
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    entries.push(
      luaToReply(table.keyAt(at), protocol, nesting + 1),
      luaToReply(table.valueAt(at), protocol, nesting + 1),
    )
  }
  return entries
}
