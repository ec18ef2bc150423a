import { callable } from './calling.js'
import { toNumber } from './conversion.js'
import { errorAt } from './lua-error.js'
import { LuaTable } from './lua-table.js'
import type { OperationSite } from './operation-site.js'
import { type LuaFunction, type LuaResult, type LuaValue, Multi } from './value.js'

/** The traversal of a generic `for`; `key` and `value` are its first two variables. */
export interface Traversal {
  key: LuaValue
  value: LuaValue
  /** Moves on; false at the end. */
  next(): boolean
  /** The variable at a position from 2 on. */
  rest(position: number): LuaValue
}

class TableTraversal implements Traversal {
  key: LuaValue = undefined
  value: LuaValue = undefined
  #cursor = 0

  constructor(readonly table: LuaTable) {}

  next(): boolean {
    const at = this.table.advance(this.#cursor)
    if (at === -1) return false
    this.key = this.table.keyAt(at)
    this.value = this.table.valueAt(at)
    this.#cursor = at + 1
    return true
  }

  rest(): LuaValue {
    return undefined
  }
}

class ListTraversal implements Traversal {
  key = 0
  value: LuaValue = undefined

  constructor(readonly table: LuaTable) {}

  next(): boolean {
    this.value = this.table.get(++this.key)
    return this.value !== undefined
  }

  rest(): LuaValue {
    return undefined
  }
}

class CallTraversal implements Traversal {
  key: LuaValue
  value: LuaValue = undefined
  #result: LuaResult = undefined

  constructor(
    readonly step: LuaFunction,
    readonly state: LuaValue,
    control: LuaValue,
  ) {
    this.key = control
  }

  next(): boolean {
    const result = this.step(this.state, this.key)
    this.#result = result
    if (result instanceof Multi) {
      this.key = result.values[0]
      this.value = result.values[1]
    } else {
      this.key = result
      this.value = undefined
    }
    return this.key !== undefined
  }

  rest(position: number): LuaValue {
    return this.#result instanceof Multi ? this.#result.values[position] : undefined
  }
}

/** Makes the traversals; `next` and the step function of `ipairs` are recognised and not called. */
export const createIterate =
  (next: LuaFunction, ipairsStep: LuaFunction) =>
  (step: LuaValue, state: LuaValue, control: LuaValue, site: OperationSite): Traversal => {
    if (step === next && state instanceof LuaTable && control === undefined) return new TableTraversal(state)
    if (step === ipairsStep && state instanceof LuaTable && control === 0) return new ListTraversal(state)
    return new CallTraversal(callable(step, site), state, control)
  }

/** A bound of a numeric `for`. */
export const forNumber = (value: LuaValue, what: string, site: OperationSite): number => {
  const number = toNumber(value)
  if (number === undefined) {
    throw errorAt(site.position, `'for' ${what}${what === 'initial' ? ' value' : ''} must be a number`)
  }
  return number
}
