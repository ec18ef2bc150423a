import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { AttributeSchema, UniqueSchema } from './model-schema.js'

/** What one class says with `@HashTag` and `@Unique`, without its base classes. */
interface ConsistencyDeclaration {
  readonly hashTags: Set<string>
  readonly uniques: (readonly string[])[]
}

const declarations = new WeakMap<object, ConsistencyDeclaration>()

/** Notes that an attribute decides where records lie. */
export function declareHashTag(prototype: object, name: string): void {
  own(prototype).hashTags.add(name)
}

/** Notes that no two records may share the values of these attributes. */
export function declareUnique(prototype: object, names: readonly string[]): void {
  own(prototype).uniques.push([...names])
}

/** The name of the attribute with `@HashTag()` of a class or its nearest base class; null for none. Throws `DefinitionError` for two. */
export function hashTagOf(prototype: object, model: string): string | null {
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const [name, other] = new Set([...(declarations.get(level)?.hashTags ?? []), ...staticHashTag(level, model)])
    if (other !== undefined) {
      throw new DefinitionError(
        model,
        `@HashTag stands at '${name}' and at '${other}'; one attribute decides the slot.`,
      )
    }
    if (name !== undefined) return name
  }
  return null
}

/** The lists of attributes with `@Unique` of a class and its base classes, none twice. Throws `DefinitionError`. */
export function uniquesOf(
  prototype: object,
  model: string,
  attributes: ReadonlyMap<string, AttributeSchema>,
): readonly UniqueSchema[] {
  const uniques = new Map<string, UniqueSchema>()
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    for (const names of [...(declarations.get(level)?.uniques ?? []), ...staticUniques(level, model)]) {
      if (names.length === 0 || new Set(names).size < names.length) {
        throw new DefinitionError(model, `@Unique needs attributes, each named once; it was given ${quote(names)}.`)
      }
      const found = names.map((name) => requireDeclared(model, attributes, name))
      uniques.set(JSON.stringify(names), Object.freeze({ attributes: Object.freeze(found) }))
    }
  }
  return Object.freeze([...uniques.values()])
}

function staticHashTag(prototype: object, model: string): readonly string[] {
  const name = ownStatic(prototype, 'hashTag')
  if (name === undefined) return []
  if (typeof name === 'string') return [name]
  throw new DefinitionError(model, `its static hashTag is ${quote(name)}; it must be the name of an attribute.`)
}

function staticUniques(prototype: object, model: string): readonly (readonly string[])[] {
  const lists = ownStatic(prototype, 'unique')
  if (lists === undefined) return []
  if (Array.isArray(lists)) {
    const uniques = lists.map((list: unknown) => (Array.isArray(list) ? list : [list]))
    if (uniques.every(areNames)) return uniques
  }
  throw new DefinitionError(
    model,
    `its static unique is ${quote(lists)}; it must be a list of attribute names, and of lists of such names.`,
  )
}

function areNames(list: readonly unknown[]): list is readonly string[] {
  return list.every((name) => typeof name === 'string')
}

function ownStatic(prototype: object, name: string): unknown {
  const owner: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  return typeof owner === 'function' && Object.hasOwn(owner, name) ? Reflect.get(owner, name) : undefined
}

function requireDeclared(
  model: string,
  attributes: ReadonlyMap<string, AttributeSchema>,
  name: string,
): AttributeSchema {
  const attribute = attributes.get(name)
  if (attribute !== undefined) return attribute
  throw new DefinitionError(
    model,
    `@Unique names ${quote(name)}, which is no attribute; the key is unique by itself. It has ${[...attributes.keys()].join(', ')}.`,
  )
}

function own(prototype: object): ConsistencyDeclaration {
  const known = declarations.get(prototype)
  if (known !== undefined) return known
  const created: ConsistencyDeclaration = { hashTags: new Set(), uniques: [] }
  declarations.set(prototype, created)
  return created
}
