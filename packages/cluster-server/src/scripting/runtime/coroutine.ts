import { LuaError, libraryError, plainError } from './lua-error.js'
import { type LuaFunction, type LuaResult, type LuaValue, pack } from './value.js'

/** A running function of a script that uses coroutines: it yields lists of values and is resumed with a result. */
export type Activation = Generator<readonly LuaValue[], LuaResult, LuaResult>
type Body = (...args: LuaValue[]) => Activation

const BOUNDARY = 'attempt to yield across metamethod/C-call boundary'

/** Thrown into an activation that yielded where nobody can suspend it. */
const REFUSED = Symbol('yield refused')

const bodies = new WeakMap<LuaFunction, Body>()

/** Wraps a generator function as a Lua function. Called by a library function or as a metamethod it must not yield. */
export const resumable = (body: Body): LuaFunction => {
  const plain: LuaFunction = (...args) => runToEnd(body(...args))
  bodies.set(plain, body)
  return plain
}

/** Runs an activation that nobody can suspend. */
export const runToEnd = (activation: Activation): LuaResult => {
  let step = activation.next()
  while (step.done !== true) step = activation.throw(REFUSED)
  return step.value
}

export const isResumable = (value: LuaFunction): boolean => bodies.has(value)

/** `coroutine.yield` where it cannot be suspended; where it can, `activate` recognises it. */
export const yieldFunction: LuaFunction = () => {
  throw libraryError(BOUNDARY)
}

function* suspend(values: readonly LuaValue[]): Activation {
  try {
    return yield values
  } catch (error) {
    // Made here, where the stack still shows who yielded.
    throw error === REFUSED ? plainError(BOUNDARY) : error
  }
}

/** Calls a function from generated code so that a `yield` in it, however deep, suspends the caller as well. */
export function* activate(target: LuaFunction, args: readonly LuaValue[]): Activation {
  if (target === yieldFunction) return yield* suspend(args)
  const body = bodies.get(target)
  return body === undefined ? target(...args) : yield* body(...args)
}

export type CoroutineStatus = 'suspended' | 'running' | 'normal' | 'dead'

/** How a resumption ended. */
export type Resumption =
  | { readonly ok: true; readonly values: LuaResult }
  | { readonly ok: false; readonly error: unknown }

/** A thread of Lua. */
export class Coroutine {
  status: CoroutineStatus = 'suspended'
  readonly #body: Body
  #activation: Activation | undefined

  /** `body` has to be resumable. */
  constructor(body: LuaFunction) {
    const generator = bodies.get(body)
    if (generator === undefined) throw new LuaError('Lua function expected', { source: '=[C]', line: -1 })
    this.#body = generator
  }

  /** Runs until the next `yield`, the end or an error. The status has to be `suspended`. */
  resume(args: readonly LuaValue[]): Resumption {
    this.status = 'running'
    try {
      const step = this.#step(args)
      this.status = step.done === true ? 'dead' : 'suspended'
      return { ok: true, values: step.done === true ? step.value : pack(step.value) }
    } catch (error) {
      this.status = 'dead'
      return { ok: false, error }
    }
  }

  #step(args: readonly LuaValue[]): IteratorResult<readonly LuaValue[], LuaResult> {
    if (this.#activation !== undefined) return this.#activation.next(pack(args))
    this.#activation = this.#body(...args)
    return this.#activation.next()
  }
}
