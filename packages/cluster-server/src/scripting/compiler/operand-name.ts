import type { CallSite } from '../runtime/call-stack.js'
import type { Expression, FunctionInfo } from './syntax-tree.js'

/** What a script calls a value. */
export type ValueName = Pick<CallSite, 'kind' | 'name'>

const NAMELESS: ValueName = { kind: '', name: '' }
const NOT_FOUND = (): ValueName => NAMELESS

/** What Lua's compiler knows of an expression: it does not test what is always true, or always false. */
const constantTruth = (expression: Expression): boolean | undefined => {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'true':
      return true
    case 'nil':
    case 'false':
      return false
    case 'not': {
      const truth = constantTruth(expression.operand)
      return truth === undefined ? undefined : !truth
    }
    case 'parenthesised':
      return constantTruth(expression.inner)
    default:
      return undefined
  }
}

/**
 * The name of a choice. Lua finds names by walking its byte code up to the failing instruction, and takes every jump
 * forward on the way: this walks the same way. Where the walk comes to the value of an operand, its name is found; a
 * jump to the end finds none.
 *
 * @param use what the value is for: itself, or the left side of `and` or `or`
 * @param jump where the jump of such a left side goes
 * @param next what follows without a jump
 */
const choiceName = (
  expression: Expression,
  use: 'value' | 'and' | 'or',
  jump: () => ValueName,
  next: () => ValueName,
  info: FunctionInfo,
): ValueName => {
  if (expression.kind === 'parenthesised') return choiceName(expression.inner, use, jump, next, info)
  if (expression.kind === 'and' || expression.kind === 'or') {
    const { kind, left, right } = expression
    const out = use === 'value' ? NOT_FOUND : use === kind ? jump : next
    return choiceName(left, kind, out, () => choiceName(right, use, jump, next, info), info)
  }
  if (use === 'value') return describe(expression, info)
  return constantTruth(expression) === (use === 'and') ? next() : jump()
}

/** What the code of a function calls a value, for messages and call sites. */
export const describe = (expression: Expression, info: FunctionInfo): Pick<CallSite, 'kind' | 'name'> => {
  switch (expression.kind) {
    case 'parenthesised':
      return describe(expression.inner, info)
    case 'local':
      return { kind: expression.variable.owner === info ? 'local' : 'upvalue', name: expression.variable.name }
    case 'global':
      return { kind: 'global', name: expression.name }
    case 'index':
      return { kind: 'field', name: expression.key.kind === 'string' ? expression.key.value : '?' }
    case 'and':
    case 'or':
      return choiceName(expression, 'value', NOT_FOUND, NOT_FOUND, info)
    default:
      return NAMELESS
  }
}

/** `local 'a'`, or '' for a value without a name. */
export const operandName = (expression: Expression, info: FunctionInfo): string => {
  const { kind, name } = describe(expression, info)
  return kind === '' ? '' : `${kind} '${name}'`
}
