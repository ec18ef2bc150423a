import { captureFrames, type Frame, type Position } from './call-stack.js'
import { chunkName } from './chunk-name.js'
import type { LuaValue } from './value.js'

/** The position of an error without any function of a script below it. */
export const NOWHERE: Position = { source: '=[C]', line: -1 }

/** No script asks for a level beyond; there are not so many functions on the stack. */
const MAX_LEVEL = 10_000

/** A raised Lua error. It is thrown by every part of the engine and caught by `pcall` and by the runner alone. */
export class LuaError {
  constructor(
    readonly value: LuaValue,
    /** The innermost function of the script, for the text that Redis appends to an error nobody caught. */
    readonly position: Position,
  ) {}
}

/** Stops a script from outside; no `pcall` catches it. */
export class ScriptStopped {
  constructor(
    readonly message: string,
    readonly position: Position,
  ) {}
}

const prefix = (position: Position | undefined): string =>
  position === undefined || position.line <= 0 ? '' : `${chunkName(position.source)}:${position.line}: `

/** An error of the running code itself, at a line that the compiler noted. */
export const errorAt = (position: Position, message: string): LuaError =>
  new LuaError(prefix(position) + message, position)

/** The position that an uncaught error reports: that of the raising function, or of its caller if it is a library's. */
export const raisedAt = (frames: readonly Frame[]): Position => {
  const raising = frames[0]
  return (raising?.kind === 'library' ? frames[1] : raising)?.position ?? NOWHERE
}

/** An error raised in a library function, with the position of the code that called it. */
export const libraryError = (message: string): LuaError => {
  const frames = captureFrames()
  return new LuaError(prefix(frames[1]?.position) + message, raisedAt(frames))
}

/** An error with any value and no position in its text. */
export const plainError = (value: LuaValue): LuaError => new LuaError(value, raisedAt(captureFrames()))

/** The function `error`: `level` says whose position is put in front of a text; 0 puts none. */
export const userError = (value: LuaValue, level: number): LuaError => {
  const frames = captureFrames(Math.min(Math.max(level, 1), MAX_LEVEL) + 1)
  const text = typeof value === 'string' || typeof value === 'number'
  if (!text || level <= 0) return new LuaError(value, raisedAt(frames))
  return new LuaError(prefix(frames[level]?.position) + String(value), raisedAt(frames))
}

/** `bad argument #1 to 'rep' (string expected, got no value)`: the function is called what the script calls it. */
export const argumentError = (index: number, reason: string): LuaError => {
  const frames = captureFrames()
  const caller = frames[1]
  const site = caller?.kind === 'lua' ? caller.callSite : undefined
  const name = site === undefined || site.kind === '' ? '?' : site.name
  let message = `bad argument #${index} to '${name}' (${reason})`
  if (site?.kind === 'method') {
    message =
      index === 1 ? `calling '${name}' on bad self (${reason})` : `bad argument #${index - 1} to '${name}' (${reason})`
  }
  return new LuaError(prefix(caller?.position) + message, raisedAt(frames))
}
