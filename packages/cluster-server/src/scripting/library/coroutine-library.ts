import { captureFrames } from '../runtime/call-stack.js'
import { Coroutine, isResumable, type Coroutine as Thread, yieldFunction } from '../runtime/coroutine.js'
import { argumentError, LuaError, plainError, raisedAt } from '../runtime/lua-error.js'
import type { LuaTable } from '../runtime/lua-table.js'
import type { ScriptState } from '../runtime/script-state.js'
import { type LuaFunction, type LuaResult, type LuaValue, Multi, spread } from '../runtime/value.js'
import { createLibrary, libraryFunction } from './library.js'
import { caughtValue, guarded } from './protected-call.js'

/** The library `coroutine`. Scripts that do not name it are compiled without generators. */
export const createCoroutineLibrary = (state: ScriptState): LuaTable => {
  let running: Thread | undefined

  const create = (args: readonly LuaValue[]): Thread => {
    const [body] = args
    if (typeof body !== 'function' || !isResumable(body)) throw argumentError(1, 'Lua function expected')
    return new Coroutine(body)
  }

  const resume = (
    thread: Thread,
    args: readonly LuaValue[],
  ): readonly [true, LuaResult] | readonly [false, unknown] => {
    if (thread.status !== 'suspended') return [false, plainError(`cannot resume ${thread.status} coroutine`)]
    const outer = running
    if (outer !== undefined) outer.status = 'normal'
    running = thread
    const outcome = guarded(
      state,
      () => thread.resume(args),
      (error) => ({ ok: false as const, error }),
    )
    running = outer
    if (outer !== undefined) outer.status = 'running'
    return outcome.ok ? [true, outcome.values] : [false, outcome.error]
  }

  const threadArgument = (args: readonly LuaValue[]): Thread => {
    const [thread] = args
    if (!(thread instanceof Coroutine)) throw argumentError(1, 'coroutine expected')
    return thread
  }

  const wrap: LuaFunction = (...args) => {
    const thread = create(args)
    return libraryFunction('wrap_aux', (...values) => {
      const [ok, result] = resume(thread, values)
      if (ok) return result
      const value = caughtValue(result)
      throw new LuaError(value, raisedAt(captureFrames()))
    })
  }

  return createLibrary({
    create: (...args) => create(args),
    resume: (...args) => {
      const [ok, result] = resume(threadArgument(args), args.slice(1))
      return ok ? new Multi([true, ...spread(result)]) : new Multi([false, caughtValue(result)])
    },
    running: () => running,
    status: (...args) => threadArgument(args).status,
    wrap,
    yield: yieldFunction,
  })
}
