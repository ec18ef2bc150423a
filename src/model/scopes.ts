import { quote } from '../errors/quote.js'
import { DefinitionError, InvalidArgumentError } from '../errors/usage-errors.js'
import { inUse } from './class-in-use.js'

/** Refines a query of a model, and returns it. What follows the query are parameters of the scope. */
export type Scope = (query: never, ...given: never[]) => unknown

/** The static field by which a class declares scopes that its queries have as methods. */
export interface Scoped<S> {
  /** Scopes by name: `static scopes = { popular: (query: ModelQuery<Visit>, min = 1) => query.where('hits', '>=', min) }`. */
  readonly scopes?: S
}

const added = new WeakMap<object, ReadonlyMap<string, Scope>>()
/** What `globalScopesOf` found, until a scope is added anywhere. */
let resolved = new WeakMap<object, ReadonlyMap<string, Scope>>()

/** Adds a scope to all queries of a class and its subclasses, or replaces the one of that name. */
export function addGlobalScope(prototype: object, name: string, scope: Scope): void {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidArgumentError(`The name of a global scope is ${quote(name)}; it must be text.`)
  }
  if (typeof scope !== 'function') {
    throw new InvalidArgumentError(`The global scope '${name}' must be a function, not ${quote(scope)}.`)
  }
  const owner = inUse(prototype)
  added.set(owner, new Map([...(added.get(owner) ?? []), [name, scope]]))
  resolved = new WeakMap()
}

/** The scopes of all queries of a class: those of base classes first, static ones before added ones. */
export function globalScopesOf(prototype: object): ReadonlyMap<string, Scope> {
  const known = resolved.get(prototype)
  if (known !== undefined) return known
  const scopes = resolveGlobalScopes(prototype)
  resolved.set(prototype, scopes)
  return scopes
}

function resolveGlobalScopes(prototype: object): ReadonlyMap<string, Scope> {
  let scopes: Map<string, Scope> | null = null
  for (const level of levelsOf(prototype)) {
    const own = [...declaredScopes(level, 'globalScopes'), ...(added.get(level) ?? [])]
    if (own.length === 0) continue
    scopes ??= new Map()
    for (const [name, scope] of own) scopes.set(name, scope)
  }
  return scopes ?? none
}

/** The scopes that queries of a class have as methods, those of base classes first. */
export function localScopesOf(prototype: object): ReadonlyMap<string, Scope> {
  return new Map(levelsOf(prototype).flatMap((level) => [...declaredScopes(level, 'scopes')]))
}

const none: ReadonlyMap<string, Scope> = new Map()
const declared = new WeakMap<object, { readonly [Field in ScopeField]?: ReadonlyMap<string, Scope> }>()

type ScopeField = 'scopes' | 'globalScopes'

/** What a static field of this very class declares; read once, as declarations are. */
function declaredScopes(level: object, field: ScopeField): ReadonlyMap<string, Scope> {
  const known = declared.get(level)?.[field]
  if (known !== undefined) return known
  const read = readScopes(level, field)
  declared.set(level, { ...declared.get(level), [field]: read })
  return read
}

function readScopes(level: object, field: ScopeField): ReadonlyMap<string, Scope> {
  const owner: unknown = Object.hasOwn(level, 'constructor') ? level.constructor : undefined
  if (typeof owner !== 'function' || !Object.hasOwn(owner, field)) return none
  const scopes: unknown = Reflect.get(owner, field)
  if (typeof scopes !== 'object' || scopes === null) {
    throw new DefinitionError(owner.name, `its static ${field} is ${quote(scopes)}; it must be an object of functions.`)
  }
  const wrong = Object.entries(scopes).find(([, scope]) => typeof scope !== 'function')
  if (wrong)
    throw new DefinitionError(owner.name, `the scope '${wrong[0]}' must be a function, not ${quote(wrong[1])}.`)
  return new Map(Object.entries(scopes))
}

/** The prototypes of a class and its base classes, the base first. */
function levelsOf(prototype: object): readonly object[] {
  const levels: object[] = []
  for (let level: object | null = inUse(prototype); level !== null; level = Object.getPrototypeOf(level)) {
    levels.unshift(level)
  }
  return levels
}
