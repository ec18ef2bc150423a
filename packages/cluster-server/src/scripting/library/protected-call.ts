import { errorFromHost } from '../runtime/host-failure.js'
import { LuaError } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import { numberToText } from '../runtime/number-text.js'
import type { ScriptState } from '../runtime/script-state.js'
import type { LuaValue } from '../runtime/value.js'

/**
 * The value of an error that a script may catch; what it may not catch is thrown on. Redis' own `pcall` hands over the
 * text of an error table that came from a command.
 */
export const caughtValue = (error: unknown): LuaValue => {
  const raised = error instanceof LuaError ? error : errorFromHost(error)
  const { value } = raised
  return value
}

/** As `caughtValue`, for `pcall`, which turns the error of a command into its text. */
export const caughtText = (error: unknown): LuaValue => {
  const value = caughtValue(error)
  if (!(value instanceof LuaTable)) return value
  const text = value.getField('err')
  if (typeof text === 'string') return text
  return typeof text === 'number' ? numberToText(text) : value
}

/** Runs `body` and sets the depth of calls back when it fails. */
export const guarded = <T>(state: ScriptState, body: () => T, failed: (error: unknown) => T): T => {
  const { depth } = state
  state.depth = depth + 2
  try {
    return body()
  } catch (error) {
    return failed(error)
  } finally {
    state.depth = depth
  }
}
