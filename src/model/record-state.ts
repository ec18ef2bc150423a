import { DefinitionError, InvalidStateError } from '../errors/usage-errors.js'
import type { StoredRecord } from '../repositories/repository.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import type { AttributeSchema } from '../schema/model-schema.js'
import { toKey } from '../schema/record-key.js'
import { requireValuesByName } from '../schema/require-values.js'
import { AttributeStore } from './attribute-store.js'
import { type Construction, type ConstructionMode, type ConstructorTraits, noTraits } from './construction.js'
import { assignable } from './mass-assignment.js'
import { requireAttribute } from './require-attribute.js'

const unwritten: ReadonlyMap<string, string | null> = new Map()

/** Which names a serialised form shows. */
export interface ShownNames {
  readonly hidden: readonly string[]
  /** Empty: all. */
  readonly visible: readonly string[]
  /** Computed ones. */
  readonly appends: readonly string[]
}

/** What a record object knows while it is being constructed; one that nothing ends, `direct`, keeps it. */
class Building {
  readonly mode: ConstructionMode
  /** Names that were given to the constructor: initial values of class fields do not replace them. */
  given: ReadonlySet<string> | null = null
  /** Whether the class gave initial values through accessors. */
  hasInitialValues = false
  /** What the constructor assigned so far. */
  assigned: Map<string, unknown> | null = null

  constructor(mode: ConstructionMode) {
    this.mode = mode
  }
}

/** That of all records that are read, until one of them differs. */
const loading = new Building('loading')

/**
 * All that a record object knows, in one place: its attributes, whether it is stored, and what is being done with it. The
 * record shows the public part; persistence works on this.
 *
 * There is one for every record of a query, so it is made with the least work: a loaded one has no store before it is asked
 * for, and the fields are declared, set once by the constructor, and private by their types alone. (In V8 11, `#` fields and
 * methods cost several times the rest.)
 */
export class RecordState {
  declare readonly definition: ModelDefinition
  declare exists: boolean
  declare wasRecentlyCreated: boolean
  /** What the last update wrote, as stored text. */
  declare written: ReadonlyMap<string, string | null>
  /** What the serialised form of this record shows, where it differs from that of its class. */
  declare shown: ShownNames | null
  /** What is known of the construction; null when it has ended. */
  declare private building: Building | null
  declare private operation: string | null
  /** What was read, until the store is made of it; a record without all of its attributes has its store from the beginning. */
  declare private source: AttributeStore | StoredRecord | null

  constructor(definition: ModelDefinition, { mode, record, read }: Construction) {
    this.definition = definition
    this.exists = mode === 'loading'
    this.wasRecentlyCreated = false
    this.written = unwritten
    this.shown = null
    this.building = mode === 'loading' ? loading : new Building(mode)
    this.operation = null
    this.source = read === null ? record : new AttributeStore(definition.schema, record, read)
    if (mode === 'loading') return
    for (const { attribute, text } of definition.behaviour.defaults) this.store.setRaw(attribute.name, text())
  }

  get store(): AttributeStore {
    const { source } = this
    if (source instanceof AttributeStore) return source
    const opened = new AttributeStore(this.definition.schema, source)
    this.source = opened
    return opened
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
    const assigned = this.building?.assigned?.get(name)
    if (assigned !== undefined) return assigned
    return name === this.definition.schema.keyName ? this.store.key : this.store.get(this.attribute(name))
  }

  set(name: string, value: unknown): void {
    if (this.building !== null && this.building.mode !== 'direct') {
      if (this.building === loading) this.building = new Building('loading')
      this.building.assigned ??= new Map()
      this.building.assigned.set(name, value)
    } else this.setNow(name, value)
  }

  /**
   * Sets many, in the order of their names; none, if one of the names is unknown or one of the values does not fit. Undefined values
   * are left out, and so are those that the model guards (`all`: none is).
   */
  fill(attributes: object, guard: 'guarded' | 'all' = 'guarded'): void {
    requireValuesByName('Attributes', this.definition.schema.modelName, attributes)
    const names = guard === 'all' ? Object.keys(attributes) : assignable(this.definition, attributes)
    const { keyName, modelName } = this.definition.schema
    const { store } = this
    const fitting: AttributeSchema[] = []
    const texts: (string | null)[] = []
    let key: string | null | undefined
    for (const name of names.sort()) {
      const value: unknown = Reflect.get(attributes, name)
      if (value === undefined) continue
      if (name === keyName) {
        key = value === null ? null : toKey(modelName, value)
        continue
      }
      const attribute = this.attribute(name)
      fitting.push(attribute)
      texts.push(store.textOf(attribute, value))
    }
    if (key !== undefined) store.setKey(key)
    for (const [place, attribute] of fitting.entries()) store.setText(attribute, texts[place] ?? null)
  }

  /** Takes what the constructor was given. `assignedBy` tells what class fields assign, asked only when it matters. */
  give(attributes: object, assignedBy: () => ReadonlySet<string>): void {
    const { building } = this
    if (building === null || building === loading) return
    requireValuesByName('Attributes', this.definition.schema.modelName, attributes)
    const given = assignable(this.definition, attributes).filter((name) => Reflect.get(attributes, name) !== undefined)
    if (given.length === 0) return
    building.given = new Set(given)
    if (building.mode === 'direct') this.refuseOverwriting(building.given, assignedBy())
    this.fill(attributes)
  }

  /** The initial value of a class field; true if it names an attribute. */
  initialise(name: PropertyKey, value: unknown): boolean {
    if (typeof name !== 'string' || !this.isAttribute(name)) return false
    if (value !== undefined && !this.building?.given?.has(name)) this.setNow(name, value)
    return true
  }

  /** The initial value of an `accessor` of the class: a default of new records, unless it was given. */
  initialiseAccessor(name: string, value: unknown): void {
    const { building } = this
    if (building === null || building.mode === 'loading' || value === undefined) return
    building.hasInitialValues = true
    this.initialise(name, value)
  }

  /**
   * Ends construction: properties that class fields defined on the record are taken off it, and they and what was assigned become
   * defaults of a new record.
   */
  settle(record: object): ConstructorTraits {
    const { mode, given, assigned, hasInitialValues } = this.building ?? loading
    this.building = null
    const properties = Object.keys(record)
    if (assigned === null && properties.length === 0 && !hasInitialValues) return noTraits
    const own = properties.filter((name) => this.isAttribute(name))
    if (assigned === null && own.length === 0 && !hasInitialValues) return noTraits
    const initial = new Map(assigned)
    for (const name of own) {
      const value: unknown = Reflect.get(record, name)
      Reflect.deleteProperty(record, name)
      if (value !== undefined) initial.set(name, value)
    }
    if (mode !== 'loading') {
      for (const [name, value] of initial) if (!given?.has(name)) this.setNow(name, value ?? null)
    }
    return {
      shadowed: new Set(own),
      assigned: new Set(assigned?.keys()),
      hasDefaults: initial.size > 0 || hasInitialValues,
    }
  }

  /** Whether the value of an attribute, or of the key, is known: it was read or set. */
  knows(name: string): boolean {
    return name === this.definition.schema.keyName || this.store.knows(name)
  }

  /** The key and all attributes whose values are known. */
  knownNames(): readonly string[] {
    const { names } = this.definition
    return this.exists ? names.filter((name) => this.knows(name)) : names
  }

  /** Values of the attributes with these names. */
  valuesOf(names: Iterable<string>): Record<string, unknown> {
    return Object.fromEntries(Array.from(names, (name) => [name, this.get(name)]))
  }

  /** Runs one operation at a time: throws `InvalidStateError` while another one runs. */
  async exclusively<R>(operation: string, work: () => Promise<R>): Promise<R> {
    this.begin(operation)
    try {
      return await work()
    } finally {
      this.end()
    }
  }

  /** Begins an operation, to be ended in any case. Throws `InvalidStateError` while another one runs. */
  begin(operation: string): void {
    this.requireIdle(operation)
    this.operation = operation
  }

  end(): void {
    this.operation = null
  }

  /** Throws `InvalidStateError` while an operation runs. */
  requireIdle(operation: string): void {
    if (this.operation === null) return
    const { modelName } = this.definition.schema
    throw new InvalidStateError(
      `Cannot ${operation} the record [${this.store.key}] of model [${modelName}] during its ${this.operation}: await that first.`,
    )
  }

  /** Where fields are assigned, not defined, nobody can tell an initial value from a change made by the application. */
  private refuseOverwriting(given: ReadonlySet<string>, assigned: ReadonlySet<string>): void {
    const lost = [...given].filter((name) => assigned.has(name))
    if (lost.length === 0) return
    const { modelName } = this.definition.schema
    throw new DefinitionError(
      modelName,
      `its class fields would overwrite ${lost.join(', ')} given to \`new ${modelName}(…)\`. Put @Entity() on the class, or make it with ${modelName}.make(…).`,
    )
  }

  private setNow(name: string, value: unknown): void {
    if (name === this.definition.schema.keyName) this.store.setKey(value)
    else this.store.set(this.attribute(name), value)
  }
}
