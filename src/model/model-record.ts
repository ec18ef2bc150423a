import { quote } from '../errors/quote.js'
import { DefinitionError, InvalidArgumentError, InvalidStateError } from '../errors/usage-errors.js'
import type { AttributeName, AttributeValues } from '../schema/attribute-types.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import type { AttributeSchema } from '../schema/model-schema.js'
import { AttributeStore } from './attribute-store.js'
import {
  ConstructedRecord,
  type ConstructionMode,
  type ConstructorTraits,
  constructorTraits,
  defineInitialValue,
  type RecordClass,
  runningConstruction,
  settleConstruction,
} from './construction.js'
import { definitionOf } from './definition-of.js'
import { plainForm } from './plain-form.js'

/** What persistence changes in a record. */
export interface RecordInternals {
  readonly definition: ModelDefinition
  readonly store: AttributeStore
  setStored(exists: boolean, wasRecentlyCreated?: boolean): void
  setWritten(changes: ReadonlyMap<string, string | null>): void
  /** Throws `InvalidStateError` while an operation runs. */
  requireIdle(operation: string): void
  /** Runs one operation at a time: throws `InvalidStateError` while another one runs. */
  exclusively<R>(operation: string, work: () => Promise<R>): Promise<R>
}

/** Opens a record for persistence; not for applications. */
export let internalsOf: (record: ModelRecord) => RecordInternals

/**
 * The attributes of a record: reading, setting, what has changed, and its form as plain data. Each attribute is also a
 * property. Values are copied when they are set; what is read may be changed in place (`visit.metadata.tags.push('x')`).
 */
export abstract class ModelRecord extends ConstructedRecord {
  readonly #definition: ModelDefinition
  readonly #store: AttributeStore
  readonly #mode: ConstructionMode
  /** Names that were given to the constructor: initial values of class fields do not replace them. */
  #given: ReadonlySet<string> | null = null
  /** What the constructor assigns, while it runs. */
  #assigned: Map<string, unknown> | null = null
  #exists = false
  #wasRecentlyCreated = false
  #operation: string | null = null
  #written: ReadonlyMap<string, string | null> = new Map()

  static {
    internalsOf = (record) => ({
      definition: record.#definition,
      store: record.#store,
      setStored(exists, wasRecentlyCreated = record.#wasRecentlyCreated) {
        record.#exists = exists
        record.#wasRecentlyCreated = wasRecentlyCreated
      },
      setWritten(changes) {
        record.#written = changes
      },
      requireIdle: (operation) => record.#requireIdle(operation),
      exclusively: (operation, work) => record.#exclusively(operation, work),
    })
  }

  /** @param attributes Initial values; they come before those of class fields. Throws as `fill` does. */
  constructor(attributes: Readonly<Record<string, unknown>> = {}) {
    super()
    const { mode, record } = runningConstruction()
    this.#mode = mode
    this.#definition = definitionOf(Object.getPrototypeOf(this))
    this.#store = new AttributeStore(this.#definition.schema, record)
    if (mode === 'loading') this.#exists = true
    else this.#fillInitially(attributes)
    if (mode !== 'direct') this.#assigned = new Map()
  }

  /** Whether the record is stored, as far as this object knows. */
  get exists(): boolean {
    return this.#exists
  }

  /** Whether this object created the record. */
  get wasRecentlyCreated(): boolean {
    return this.#wasRecentlyCreated
  }

  /** The key; null for a new record that has none yet. */
  getKey(): string | null {
    return this.#store.key
  }

  /** Name of the key attribute. */
  getKeyName(): string {
    return this.#definition.schema.keyName
  }

  /** The value of an attribute or of the key; null where there is none. Throws `InvalidArgumentError` for an unknown name. */
  getAttribute(name: string): unknown {
    const assigned = this.#assigned?.get(name)
    if (assigned !== undefined) return assigned
    return name === this.#definition.schema.keyName ? this.#store.key : this.#store.get(this.#attribute(name))
  }

  /**
   * Sets an attribute or the key; null and undefined are "no value". Throws `CastError` for a value that does not fit,
   * `InvalidKeyError` for a blank key, `InvalidArgumentError` for an unknown name.
   */
  setAttribute(name: string, value: unknown): this {
    if (this.#assigned !== null) this.#assigned.set(name, value)
    else if (name === this.#definition.schema.keyName) this.#store.setKey(value)
    else this.#store.set(this.#attribute(name), value)
    return this
  }

  /** All attributes with their values, the key first; null where there is none. */
  getAttributes(): Record<string, unknown> {
    const { keyName, attributes } = this.#definition.schema
    return Object.fromEntries([keyName, ...attributes.keys()].map((name) => [name, this.getAttribute(name)]))
  }

  /** Sets many attributes. A property that is undefined is left alone; an unknown one is an `InvalidArgumentError`, and then none is set. */
  fill(attributes: AttributeValues<this>): this {
    this.#fill(attributes)
    return this
  }

  /** Whether any attribute, or one of these, differs from the stored record. Changes in place count. */
  isDirty(...names: AttributeName<this>[]): boolean {
    const changes = this.#store.changes()
    const { keyName } = this.#definition.schema
    if (names.length === 0) return this.#store.isKeyChanged || changes.size > 0
    return names.some((name) => (name === keyName ? this.#store.isKeyChanged : changes.has(this.#attribute(name).name)))
  }

  /** The opposite of `isDirty`. */
  isClean(...names: AttributeName<this>[]): boolean {
    return !this.isDirty(...names)
  }

  /** The attributes that differ from the stored record, with their new values. */
  getDirty(): Record<string, unknown> {
    const dirty = this.#valuesOf(this.#store.changes())
    return this.#store.isKeyChanged ? { [this.getKeyName()]: this.#store.key, ...dirty } : dirty
  }

  /** The attributes that the last update wrote; empty before one. */
  getChanges(): Record<string, unknown> {
    return this.#valuesOf(this.#written)
  }

  /** The stored value of an attribute, before changes. */
  getOriginal(name: AttributeName<this>): unknown {
    const { keyName } = this.#definition.schema
    return name === keyName ? this.#store.storedId : this.#store.original(this.#attribute(name))
  }

  /** Whether another object stands for the same record: same class, same key, both stored or to be stored under it. */
  is(other: ModelRecord | null | undefined): boolean {
    return (
      other instanceof ModelRecord &&
      Object.getPrototypeOf(other) === Object.getPrototypeOf(this) &&
      this.getKey() !== null &&
      other.getKey() === this.getKey()
    )
  }

  /** The opposite of `is`. */
  isNot(other: ModelRecord | null | undefined): boolean {
    return !this.is(other)
  }

  /**
   * Plain data for JSON: the key and all attributes, with class-transformer's decorators of the class applied (`@Expose`,
   * `@Exclude`, `@Transform` …). Moments are ISO 8601 text, bigints decimal text. Throws `JsonEncodingError`.
   */
  toJSON(): Record<string, unknown> {
    const { keyName, attributes, modelName } = this.#definition.schema
    return plainForm(this, modelName, [keyName, ...attributes.keys()])
  }

  /** The record as JSON text. */
  override toString(): string {
    return JSON.stringify(this.toJSON())
  }

  override [settleConstruction](): ConstructorTraits {
    const shadowed = new Set<string>()
    const initial = new Map(this.#assigned)
    const assigned = new Set(initial.keys())
    for (const name of Object.keys(this)) {
      if (!this.#isAttribute(name)) continue
      const value: unknown = Reflect.get(this, name)
      Reflect.deleteProperty(this, name)
      shadowed.add(name)
      if (value !== undefined) initial.set(name, value)
    }
    this.#assigned = null
    if (this.#mode !== 'loading') {
      for (const [name, value] of initial) if (!this.#given?.has(name)) this.setAttribute(name, value)
    }
    return { shadowed, assigned }
  }

  override [defineInitialValue](name: PropertyKey, value: unknown): boolean {
    if (typeof name !== 'string' || !this.#isAttribute(name)) return false
    if (value !== undefined && !this.#given?.has(name)) this.setAttribute(name, value)
    return true
  }

  #fillInitially(attributes: Readonly<Record<string, unknown>>): void {
    const given = Object.keys(attributes).filter((name) => attributes[name] !== undefined)
    if (given.length === 0) return
    if (this.#mode === 'direct') this.#refuseOverwriting(given)
    this.#given = new Set(given)
    this.#fill(attributes)
  }

  /** Where fields are assigned, not defined, nobody can tell an initial value from a change made by the application. */
  #refuseOverwriting(given: readonly string[]): void {
    const { assigned } = constructorTraits(this.constructor as RecordClass<ModelRecord>)
    const lost = given.filter((name) => assigned.has(name))
    if (lost.length === 0) return
    const { modelName } = this.#definition.schema
    throw new DefinitionError(
      modelName,
      `its class fields would overwrite ${lost.join(', ')} given to \`new ${modelName}(…)\`. Put @Entity() on the class, or set them afterwards.`,
    )
  }

  #fill(attributes: Readonly<Record<string, unknown>>): void {
    const entries = Object.entries(attributes).filter(([, value]) => value !== undefined)
    for (const [name] of entries) if (name !== this.#definition.schema.keyName) this.#attribute(name)
    for (const [name, value] of entries) this.setAttribute(name, value)
  }

  #isAttribute(name: string): boolean {
    const { keyName, attributes } = this.#definition.schema
    return name === keyName || attributes.has(name)
  }

  #attribute(name: string): AttributeSchema {
    const { attributes, keyName, modelName } = this.#definition.schema
    const attribute = attributes.get(name)
    if (attribute) return attribute
    throw new InvalidArgumentError(
      `Model [${modelName}] has no attribute ${quote(name)}; it has ${[keyName, ...attributes.keys()].join(', ')}. Declare it with @Attribute().`,
    )
  }

  #valuesOf(changes: ReadonlyMap<string, string | null>): Record<string, unknown> {
    return Object.fromEntries([...changes.keys()].map((name) => [name, this.getAttribute(name)]))
  }

  async #exclusively<R>(operation: string, work: () => Promise<R>): Promise<R> {
    this.#requireIdle(operation)
    this.#operation = operation
    try {
      return await work()
    } finally {
      this.#operation = null
    }
  }

  #requireIdle(operation: string): void {
    if (this.#operation === null) return
    const { modelName } = this.#definition.schema
    throw new InvalidStateError(
      `Cannot ${operation} the record [${this.getKey()}] of model [${modelName}] during its ${this.#operation}: await that first.`,
    )
  }
}
