import { DefinitionError } from '../errors/usage-errors.js'

/** Declares something of a class, when its prototype is known. */
type Declare = (prototype: object) => void

/** The parts of a decorator's context that all kinds have. */
export interface StandardContext {
  readonly kind: string
  readonly name: string | symbol
  readonly static?: boolean
  readonly private?: boolean
  readonly metadata?: object | undefined
}

/**
 * The well-known symbol under which compilers leave the metadata of a class with standard decorators. Where the platform has none
 * yet it is made, as TypeScript asks for: compilers look for it when the class is evaluated, which is after this module.
 */
const wellKnown = 'metadata'
if (typeof Reflect.get(Symbol, wellKnown) !== 'symbol') {
  const value = Symbol.for('Symbol.metadata')
  Object.defineProperty(Symbol, wellKnown, { value, configurable: true, writable: true })
}

/** Under what the metadata of a class holds what its decorators have to declare. */
const waiting = Symbol('activeredis')

/** Whether a decorator was called as a standard one: with a context instead of a name. */
export function isStandardContext(where: unknown): where is StandardContext {
  return typeof where === 'object' && where !== null && 'kind' in where && 'name' in where
}

/** Keeps what a standard decorator declares until the class is there. */
export function declareLater(context: StandardContext, decorator: string, declare: Declare): void {
  const { metadata } = context
  if (metadata === undefined) {
    throw new DefinitionError(
      '?',
      `${decorator} on '${String(context.name)}' was compiled as a standard decorator without metadata, by which the class would be known: use TypeScript 5.2, a later swc or esbuild, or set "experimentalDecorators".`,
    )
  }
  const known: unknown = Object.hasOwn(metadata, waiting) ? Reflect.get(metadata, waiting) : undefined
  const list: readonly unknown[] = Array.isArray(known) ? known : []
  Reflect.defineProperty(metadata, waiting, { value: [...list, declare], configurable: true, writable: true })
}

/** Declares what the standard decorators of this very class have kept; once. */
export function declareWaiting(prototype: object): void {
  const owner: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  const symbol: unknown = Reflect.get(Symbol, wellKnown)
  if (typeof owner !== 'function' || typeof symbol !== 'symbol' || !Object.hasOwn(owner, symbol)) return
  const metadata: unknown = Reflect.get(owner, symbol)
  if (typeof metadata !== 'object' || metadata === null || !Object.hasOwn(metadata, waiting)) return
  const list: readonly Declare[] = Reflect.get(metadata, waiting)
  Reflect.deleteProperty(metadata, waiting)
  for (const declare of list) declare(prototype)
}
