import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import { type AttributeSchema, type CompositeSchema, DEFAULT_INDEX_TTL_MS } from './model-schema.js'
import { storedFormOf } from './stored-form.js'

/** What one class says with `@Index` and `@Version`, without its base classes. */
interface WriteDeclaration {
  /** In the order of the source. */
  readonly composites: (readonly string[])[]
  readonly versions: Set<string>
}

const declarations = new WeakMap<object, WriteDeclaration>()

/** Notes an index by equality over several attributes. Class decorators are evaluated from the last to the first. */
export function declareComposite(prototype: object, names: readonly string[]): void {
  own(prototype).composites.unshift([...names])
}

/** Notes that an attribute counts the writes of a record. */
export function declareVersion(prototype: object, name: string): void {
  own(prototype).versions.add(name)
}

/** The composite indexes of a class and its base classes, the base first, none twice. Throws `DefinitionError`. */
export function compositesOf(
  prototype: object,
  model: string,
  attributes: ReadonlyMap<string, AttributeSchema>,
): readonly CompositeSchema[] {
  const composites = new Map<string, CompositeSchema>()
  for (const names of levelsOf(prototype).flatMap((level) => level.composites)) {
    if (names.length < 2 || new Set(names).size < names.length) {
      throw new DefinitionError(
        model,
        `@Index needs two attributes or more, each named once; it was given ${quote(names)}.`,
      )
    }
    const parts = names.map((name) => requireDeclared(model, '@Index', attributes, name))
    const same = JSON.stringify([...names].sort())
    if (!composites.has(same)) composites.set(same, Object.freeze({ attributes: Object.freeze(parts) }))
  }
  return Object.freeze([...composites.values()])
}

/** The name of the attribute with `@Version()` of a class or its base classes; null for none. Throws `DefinitionError`. */
export function versionOf(
  prototype: object,
  model: string,
  attributes: ReadonlyMap<string, AttributeSchema>,
): string | null {
  const [name, other] = new Set(levelsOf(prototype).flatMap((level) => [...level.versions]))
  if (name === undefined) return null
  if (other !== undefined) {
    throw new DefinitionError(model, `@Version stands at '${name}' and at '${other}'; one attribute counts the writes.`)
  }
  const { cast } = requireDeclared(model, '@Version', attributes, name)
  const form = storedFormOf(cast)
  if (form === 'safeInteger' || form === 'float') return name
  throw new DefinitionError(model, `@Version stands at '${name}', which is cast to ${cast.name}: versions are numbers.`)
}

/** `indexTtlSeconds` of `@Entity` in milliseconds. Throws `DefinitionError`. */
export function indexTtlOf(model: string, seconds: unknown): number {
  if (seconds === undefined) return DEFAULT_INDEX_TTL_MS
  if (typeof seconds === 'number' && seconds > 0 && seconds <= 1e10) return Math.ceil(seconds * 1000)
  throw new DefinitionError(
    model,
    `indexTtlSeconds is ${quote(seconds)}; it must be a number of seconds above 0 and up to 10000000000.`,
  )
}

function levelsOf(prototype: object): readonly WriteDeclaration[] {
  const levels: WriteDeclaration[] = []
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const declared = declarations.get(level)
    if (declared !== undefined) levels.unshift(declared)
  }
  return levels
}

function requireDeclared(
  model: string,
  decorator: string,
  attributes: ReadonlyMap<string, AttributeSchema>,
  name: string,
): AttributeSchema {
  const attribute = attributes.get(name)
  if (attribute !== undefined) return attribute
  const known = [...attributes.keys()].join(', ')
  throw new DefinitionError(model, `${decorator} names ${quote(name)}, which is no attribute; it has ${known}.`)
}

function own(prototype: object): WriteDeclaration {
  const known = declarations.get(prototype)
  if (known !== undefined) return known
  const created: WriteDeclaration = { composites: [], versions: new Set() }
  declarations.set(prototype, created)
  return created
}
