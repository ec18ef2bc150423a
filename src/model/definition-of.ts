import { DefinitionError } from '../errors/usage-errors.js'
import { type ModelDefinition, resolveDefinition } from '../schema/model-definition.js'
import { bootClass, forgetBooted, initialisersOf } from './boot.js'
import { inUse } from './class-in-use.js'

/** What the accessors of attributes call. */
interface AttributeOwner {
  getAttribute(name: string): unknown
  setAttribute(name: string, value: unknown): unknown
}

/** The definition of a class, with what its objects do when they are made. */
export interface ClassDefinition extends ModelDefinition {
  /** Names of methods that run on each new object. */
  readonly initialisers: readonly string[]
}

let definitions = new WeakMap<object, ClassDefinition>()
const accessors = new WeakSet<object>()
/** The definition that was asked for last: most records follow one of the same class. */
let lastPrototype: object | null = null
let lastDefinition: ClassDefinition | null = null
const abstractPrototypes = new WeakSet<object>()

/** Names prototypes that are bases of models and none themselves. */
export function declareAbstract(...prototypes: readonly object[]): void {
  for (const prototype of prototypes) abstractPrototypes.add(prototype)
}

/**
 * The definition of a model class, resolved when it is first asked for; from then on its prototype has an accessor for each
 * attribute, and its boot hooks have run. Throws `DefinitionError`.
 */
export function definitionOf(prototype: object): ClassDefinition {
  if (prototype === lastPrototype && lastDefinition !== null) return lastDefinition
  const known = definitions.get(prototype)
  if (known) {
    lastPrototype = prototype
    lastDefinition = known
    return known
  }
  const replacement = inUse(prototype)
  if (replacement !== prototype) return definitionOf(replacement)
  if (abstractPrototypes.has(prototype)) {
    const { name } = prototype.constructor
    throw new DefinitionError(
      name,
      `it is the base of models and stores nothing: declare \`class Visit extends ${name} {}\`.`,
    )
  }
  const definition = Object.freeze({ ...resolveDefinition(prototype), initialisers: initialisersOf(prototype) })
  const { schema } = definition
  for (const name of [schema.keyName, ...schema.attributes.keys()]) defineAccessor(prototype, schema.modelName, name)
  definitions.set(prototype, definition)
  try {
    bootClass(prototype)
  } catch (error) {
    definitions.delete(prototype)
    lastPrototype = null
    throw error
  }
  return definition
}

/** Has every class boot again when it is next used. */
export function clearBooted(): void {
  definitions = new WeakMap()
  lastPrototype = null
  forgetBooted()
}

/** Whether the definition of this very class was asked for before: what is declared from then on comes too late. */
export function isDefined(prototype: object): boolean {
  return definitions.has(prototype)
}

function defineAccessor(prototype: object, model: string, name: string): void {
  const existing = findDescriptor(prototype, name)
  if (existing && !(existing.get && accessors.has(existing.get))) {
    throw new DefinitionError(
      model,
      `the attribute '${name}' has the name of a method or accessor of the class: give it another name.`,
    )
  }
  Object.defineProperty(prototype, name, { ...attributeAccessor(name), enumerable: true, configurable: true })
}

/** The accessor of an attribute: reads and sets the attribute of the record on which it is called. */
export function attributeAccessor(name: string): {
  get(this: AttributeOwner): unknown
  set(this: AttributeOwner, value: unknown): void
} {
  function get(this: AttributeOwner): unknown {
    return this.getAttribute(name)
  }
  function set(this: AttributeOwner, value: unknown): void {
    this.setAttribute(name, value)
  }
  accessors.add(get)
  return { get, set }
}

function findDescriptor(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const descriptor = Object.getOwnPropertyDescriptor(level, name)
    if (descriptor) return descriptor
  }
  return undefined
}
