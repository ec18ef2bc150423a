import { quote } from '../errors/quote.js'
import { DefinitionError, InvalidArgumentError, InvalidStateError } from '../errors/usage-errors.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import type { AttributeSchema } from '../schema/model-schema.js'
import { AttributeStore } from './attribute-store.js'
import { type Construction, type ConstructionMode, type ConstructorTraits, noTraits } from './construction.js'
import { requireAttribute } from './require-attribute.js'

const unwritten: ReadonlyMap<string, string | null> = new Map()

/**
 * All that a record object knows, in one place: its attributes, whether it is stored, and what is being done with it. The
 * record shows the public part; persistence works on this.
 */
export class RecordState {
  readonly definition: ModelDefinition
  readonly store: AttributeStore
  exists: boolean
  wasRecentlyCreated = false
  /** What the last update wrote, as stored text. */
  written = unwritten
  readonly #mode: ConstructionMode
  /** Names that were given to the constructor: initial values of class fields do not replace them. */
  #given: ReadonlySet<string> | null = null
  #isConstructing: boolean
  /** What the constructor assigned so far. */
  #assigned: Map<string, unknown> | null = null
  #operation: string | null = null

  constructor(definition: ModelDefinition, { mode, record }: Construction) {
    this.definition = definition
    this.store = new AttributeStore(definition.schema, record)
    this.exists = mode === 'loading'
    this.#mode = mode
    this.#isConstructing = mode !== 'direct'
  }

  isAttribute(name: string): boolean {
    const { keyName, attributes } = this.definition.schema
    return name === keyName || attributes.has(name)
  }

  /** Throws `InvalidArgumentError` for a name that is no attribute; the key is none. */
  attribute(name: string): AttributeSchema {
    return requireAttribute(this.definition.schema, name)
  }

  get(name: string): unknown {
    const assigned = this.#assigned?.get(name)
    if (assigned !== undefined) return assigned
    return name === this.definition.schema.keyName ? this.store.key : this.store.get(this.attribute(name))
  }

  set(name: string, value: unknown): void {
    if (this.#isConstructing) {
      this.#assigned ??= new Map()
      this.#assigned.set(name, value)
    } else this.#set(name, value)
  }

  /** Sets many; none, if one of the names is unknown. Undefined values are left out. */
  fill(attributes: object): void {
    this.#refuseOtherThanObjects(attributes)
    const entries = Object.entries(attributes)
    const { keyName } = this.definition.schema
    for (const [name, value] of entries) if (value !== undefined && name !== keyName) this.attribute(name)
    for (const [name, value] of entries) if (value !== undefined) this.#set(name, value)
  }

  /** Takes what the constructor was given. `assignedBy` tells what class fields assign, asked only when it matters. */
  give(attributes: object, assignedBy: () => ReadonlySet<string>): void {
    if (this.#mode === 'loading') return
    this.#refuseOtherThanObjects(attributes)
    const given = Object.entries(attributes).filter(([, value]) => value !== undefined)
    if (given.length === 0) return
    this.#given = new Set(given.map(([name]) => name))
    if (this.#mode === 'direct') this.#refuseOverwriting(this.#given, assignedBy())
    this.fill(attributes)
  }

  /** The initial value of a class field; true if it names an attribute. */
  initialise(name: PropertyKey, value: unknown): boolean {
    if (typeof name !== 'string' || !this.isAttribute(name)) return false
    if (value !== undefined && !this.#given?.has(name)) this.#set(name, value)
    return true
  }

  /**
   * Ends construction: properties that class fields defined on the record are taken off it, and they and what was assigned become
   * defaults of a new record.
   */
  settle(record: object): ConstructorTraits {
    const assigned = this.#assigned
    this.#isConstructing = false
    this.#assigned = null
    const own = Object.keys(record).filter((name) => this.isAttribute(name))
    if (assigned === null && own.length === 0) return noTraits
    const initial = new Map(assigned)
    for (const name of own) {
      const value: unknown = Reflect.get(record, name)
      Reflect.deleteProperty(record, name)
      if (value !== undefined) initial.set(name, value)
    }
    if (this.#mode !== 'loading') for (const [name, value] of initial) this.initialise(name, value ?? null)
    return { shadowed: new Set(own), assigned: new Set(assigned?.keys()), hasDefaults: initial.size > 0 }
  }

  /** Values of the attributes with these names. */
  valuesOf(names: Iterable<string>): Record<string, unknown> {
    return Object.fromEntries(Array.from(names, (name) => [name, this.get(name)]))
  }

  /** Runs one operation at a time: throws `InvalidStateError` while another one runs. */
  async exclusively<R>(operation: string, work: () => Promise<R>): Promise<R> {
    this.requireIdle(operation)
    this.#operation = operation
    try {
      return await work()
    } finally {
      this.#operation = null
    }
  }

  /** Throws `InvalidStateError` while an operation runs. */
  requireIdle(operation: string): void {
    if (this.#operation === null) return
    const { modelName } = this.definition.schema
    throw new InvalidStateError(
      `Cannot ${operation} the record [${this.store.key}] of model [${modelName}] during its ${this.#operation}: await that first.`,
    )
  }

  #refuseOtherThanObjects(attributes: unknown): void {
    if (typeof attributes === 'object' && attributes !== null) return
    const { modelName } = this.definition.schema
    throw new InvalidArgumentError(
      `Attributes of model [${modelName}] are given as an object of values by name, not as ${quote(attributes)}.`,
    )
  }

  /** Where fields are assigned, not defined, nobody can tell an initial value from a change made by the application. */
  #refuseOverwriting(given: ReadonlySet<string>, assigned: ReadonlySet<string>): void {
    const lost = [...given].filter((name) => assigned.has(name))
    if (lost.length === 0) return
    const { modelName } = this.definition.schema
    throw new DefinitionError(
      modelName,
      `its class fields would overwrite ${lost.join(', ')} given to \`new ${modelName}(…)\`. Put @Entity() on the class, or make it with ${modelName}.make(…).`,
    )
  }

  #set(name: string, value: unknown): void {
    if (name === this.definition.schema.keyName) this.store.setKey(value)
    else this.store.set(this.attribute(name), value)
  }
}
