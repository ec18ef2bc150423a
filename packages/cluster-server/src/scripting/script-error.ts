import { type WireError, wireError } from '../wire-errors.js'
import { display } from './library/base-library.js'
import { countedAs } from './reply-conversion.js'
import type { Position } from './runtime/call-stack.js'
import { errorFromHost } from './runtime/host-failure.js'
import { LuaError, NOWHERE, ScriptStopped } from './runtime/lua-error.js'
import { LuaTable } from './runtime/lua-table.js'
import type { LuaValue } from './runtime/value.js'

/** Line breaks cannot stand in an error reply. */
export const oneLine = (text: string): string => text.replace(/[\r\n]/g, ' ')

/** What the client gets for an error that nobody caught; `name` is the digest of a script or the name of a function. */
export const errorReply = (error: unknown, name: string): WireError => {
  if (error instanceof ScriptStopped) return describeError(`ERR ${error.message}`, name, error.position)
  const raised = error instanceof LuaError ? error : errorFromHost(error)
  const described = describeError(errorText(raised.value), name, raised.position)
  return raised.value instanceof LuaTable ? countedAs(raised.value, described) : described
}

/** The text of an error, a code first. */
export const errorText = (value: LuaValue): string => {
  if (!(value instanceof LuaTable)) return `ERR ${display(value)}`
  const text = value.getField('err')
  return typeof text === 'string' || typeof text === 'number' ? `${display(text)}` : 'ERR unknown error'
}

const describeError = (message: string, name: string, position: Position): WireError => {
  if (position === NOWHERE) return wireError(oneLine(message))
  return wireError(oneLine(`${message} script: ${name}, on ${position.source}:${position.line}.`))
}
