import { callMetamethod, typeError } from './calling.js'
import { toNumber } from './conversion.js'
import { metamethod } from './metatables.js'
import type { OperationSite } from './operation-site.js'
import type { LuaValue } from './value.js'

/** C's `pow`, which differs from JavaScript's for a base of 1 or -1. */
export const power = (base: number, exponent: number): number => {
  if (base === 1 || (base === -1 && (exponent === Number.POSITIVE_INFINITY || exponent === Number.NEGATIVE_INFINITY))) {
    return 1
  }
  return base ** exponent
}

type Operator = (left: LuaValue, right: LuaValue, site: OperationSite) => LuaValue

/** The slow way of an operator: texts that read as numbers, then metamethods. */
const operator =
  (event: string, compute: (left: number, right: number) => number): Operator =>
  (left, right, site) => {
    const a = toNumber(left)
    const b = a === undefined ? undefined : toNumber(right)
    if (a !== undefined && b !== undefined) return compute(a, b)
    const handler = metamethod(left, event) ?? metamethod(right, event)
    if (handler !== undefined) return callMetamethod(handler, left, right)
    const [culprit, name] = a === undefined ? [left, site.left] : [right, site.right]
    throw typeError(site, 'perform arithmetic on', name, culprit)
  }

export const add = operator('__add', (a, b) => a + b)
export const sub = operator('__sub', (a, b) => a - b)
export const mul = operator('__mul', (a, b) => a * b)
export const div = operator('__div', (a, b) => a / b)
export const mod = operator('__mod', (a, b) => a - Math.floor(a / b) * b)
export const pow = operator('__pow', power)

/** Unary minus. */
export const unm = (operand: LuaValue, site: OperationSite): LuaValue => {
  const number = toNumber(operand)
  if (number !== undefined) return -number
  const handler = metamethod(operand, '__unm')
  if (handler !== undefined) return callMetamethod(handler, operand, operand)
  throw typeError(site, 'perform arithmetic on', site.left, operand)
}
