import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import { toStoredText } from './attribute-value.js'
import type { AttributeDeclaration, EntityDeclaration } from './declaration.js'
import type { AttributeSchema, ModelSchema } from './model-schema.js'

/** What many-at-a-time assignment may set: everything, only some, everything but some, nothing. */
export type MassAssignment =
  | { readonly type: 'all' }
  | { readonly type: 'only'; readonly names: ReadonlySet<string> }
  | { readonly type: 'except'; readonly names: ReadonlySet<string> }
  | { readonly type: 'none' }

/** The value of new records of one attribute. */
export interface DefaultValue {
  readonly attribute: AttributeSchema
  /** Stored text; of a function what it returns, each time anew. Null: no value. Throws as the cast does. */
  readonly text: () => string | null
}

/** How records of a class behave, beside how they are stored. Immutable. */
export interface RecordBehaviour {
  readonly hidden: readonly string[]
  readonly visible: readonly string[]
  /** Names of getters and methods that the serialised form has too. */
  readonly appends: readonly string[]
  readonly assignment: MassAssignment
  readonly defaults: readonly DefaultValue[]
  /** New records live so long, milliseconds; null: for ever. */
  readonly ttlMs: number | null
  /** Whether reading a record moves its deadline. */
  readonly isSliding: boolean
}

/** Resolves what a class declares of behaviour. Throws `DefinitionError` with the remedy. */
export function resolveBehaviour(
  schema: ModelSchema,
  options: EntityDeclaration,
  declared: Iterable<AttributeDeclaration>,
  computed: readonly string[],
  prototype: object,
): RecordBehaviour {
  const { modelName } = schema
  const appends = [...new Set([...names(modelName, 'appends', options.appends), ...computed])]
  for (const name of appends) requireComputable(schema, name, prototype)
  const known = (name: string): boolean => isAttribute(schema, name) || name in prototype
  const ttlMs = ttlOf(modelName, options.ttlSeconds)
  if (options.sliding === true && ttlMs === null) {
    throw new DefinitionError(modelName, 'sliding needs ttlSeconds: the time by which reading moves the deadline.')
  }
  return Object.freeze({
    hidden: names(modelName, 'hidden', options.hidden, known),
    visible: names(modelName, 'visible', options.visible, known),
    appends,
    assignment: assignmentOf(schema, options),
    defaults: [...declared].flatMap((declaration) => defaultOf(schema, declaration)),
    ttlMs,
    isSliding: options.sliding ?? false,
  })
}

/** Whether many-at-a-time assignment may set a name. */
export function isAssignable(assignment: MassAssignment, name: string): boolean {
  switch (assignment.type) {
    case 'all':
      return true
    case 'only':
      return assignment.names.has(name)
    case 'except':
      return !assignment.names.has(name)
    case 'none':
      return false
    default:
      return assignment satisfies never
  }
}

function assignmentOf(schema: ModelSchema, { fillable, guarded }: EntityDeclaration): MassAssignment {
  const known = (name: string): boolean => isAttribute(schema, name)
  if (fillable !== undefined) {
    return { type: 'only', names: new Set(names(schema.modelName, 'fillable', fillable, known)) }
  }
  if (Array.isArray(guarded) && guarded.includes('*')) return { type: 'none' }
  const except = names(schema.modelName, 'guarded', guarded, known)
  return except.length === 0 ? { type: 'all' } : { type: 'except', names: new Set(except) }
}

function names(
  model: string,
  option: string,
  given: readonly string[] | undefined,
  isKnown: (name: string) => boolean = () => true,
): readonly string[] {
  if (given === undefined) return []
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) {
    throw new DefinitionError(model, `${option} is ${quote(given)}; it must be a list of names.`)
  }
  const unknown = given.find((name) => !isKnown(name))
  if (unknown !== undefined) {
    throw new DefinitionError(model, `${option} names ${quote(unknown)}, which the class does not have.`)
  }
  return Object.freeze([...given])
}

function isAttribute(schema: ModelSchema, name: string): boolean {
  return name === schema.keyName || schema.attributes.has(name)
}

function requireComputable(schema: ModelSchema, name: string, prototype: object): void {
  const descriptor = descriptorOf(prototype, name)
  const isMethod = typeof descriptor?.value === 'function' && descriptor.value.length === 0
  if (!isAttribute(schema, name) && (descriptor?.get !== undefined || isMethod)) return
  throw new DefinitionError(
    schema.modelName,
    `the computed attribute ${quote(name)} must be a getter, or a method without parameters.`,
  )
}

function descriptorOf(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const descriptor = Object.getOwnPropertyDescriptor(level, name)
    if (descriptor) return descriptor
  }
  return undefined
}

function defaultOf(schema: ModelSchema, { name, default: initial }: AttributeDeclaration): readonly DefaultValue[] {
  const attribute = schema.attributes.get(name)
  if (initial === undefined || attribute === undefined) return []
  const textOf = (value: unknown): string | null =>
    value === null || value === undefined ? null : toStoredText(schema.modelName, attribute, value)
  if (typeof initial === 'function') return [{ attribute, text: () => textOf(initial()) }]
  const text = textOf(initial)
  return [{ attribute, text: () => text }]
}

function ttlOf(model: string, ttlSeconds: number | null | undefined): number | null {
  if (ttlSeconds === undefined || ttlSeconds === null) return null
  if (typeof ttlSeconds === 'number' && ttlSeconds > 0 && ttlSeconds <= 8.64e12) return Math.ceil(ttlSeconds * 1000)
  throw new DefinitionError(
    model,
    `ttlSeconds is ${quote(ttlSeconds)}; it must be a number of seconds above 0, or null for never.`,
  )
}
