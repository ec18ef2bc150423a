import { type InspectOptions, inspect } from 'node:util'
import dayjs from 'dayjs'
import type { AttributeValues } from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import {
  ConstructedRecord,
  type ConstructorTraits,
  constructorTraits,
  defineInitialValue,
  type RecordClass,
  runningConstruction,
  settleConstruction,
} from './construction.js'
import { definitionOf } from './definition-of.js'
import { RecordState } from './record-state.js'

/** Opens a record for persistence; not for applications. */
export let stateOf: (record: ModelRecord) => RecordState

/**
 * The attributes of a record: reading and setting. Each attribute is also a property. Values are copied when they are set; what is read may be changed in place (`visit.metadata.tags.push('x')`).
 */
export abstract class ModelRecord extends ConstructedRecord {
  readonly #state: RecordState
  static {
    stateOf = (record) => record.#state
    // Not for applications, and so not in the type: jest's and vitest's `toEqual` know own properties and iterators alone, and
    // tell by these one record from another.
    Object.defineProperty(ModelRecord.prototype, Symbol.iterator, {
      value(this: ModelRecord) {
        return this.#state.store[Symbol.iterator]()
      },
    })
  }

  /** @param attributes Initial values; they come before those of class fields. Throws as `fill` does. */
  constructor(attributes?: object) {
    super()
    const definition = definitionOf(Object.getPrototypeOf(this))
    this.#state = new RecordState(definition, runningConstruction())
    if (definition.initialisers.length > 0) initialise(this, definition.initialisers)
    if (attributes !== undefined) give(this, attributes)
  }

  /** Whether the record is stored, as far as this object knows. */
  get exists(): boolean {
    return this.#state.exists
  }

  /** Whether this object created the record. */
  get wasRecentlyCreated(): boolean {
    return this.#state.wasRecentlyCreated
  }

  /** The key; null for a new record that has none yet. */
  getKey(): string | null {
    return this.#state.store.key
  }

  /** Sets the key; null is none. Throws `InvalidKeyError`. */
  setKey(key: KeyInput | null): this {
    return this.setAttribute(this.getKeyName(), key)
  }

  /** Makes the key of a new record that has none; may be async. The class's `keyGenerator`, unless it is overridden. */
  getNewKey(): KeyInput | Promise<KeyInput> {
    return this.#state.definition.generateKey()
  }

  /** The moment that a write sets as the time of creation or of the update: now, unless a class says otherwise. */
  freshTimestamp(): Date {
    return new Date()
  }

  /** Name of the key attribute. */
  getKeyName(): string {
    return this.#state.definition.schema.keyName
  }

  /** The value of an attribute or of the key; null where there is none. Throws `InvalidArgumentError` for an unknown name. */
  getAttribute(name: string): unknown {
    return this.#state.get(name)
  }

  /**
   * Sets an attribute or the key; null and undefined are "no value". Throws `CastError` for a value that does not fit,
   * `InvalidKeyError` for a blank key, `InvalidArgumentError` for an unknown name.
   */
  setAttribute(name: string, value: unknown): this {
    this.#state.set(name, value)
    return this
  }

  /** Takes the value off an attribute; saving removes it from the stored record. The same as setting it to null. */
  unset(...names: (keyof this & string)[]): this {
    for (const name of names) this.setAttribute(name, null)
    return this
  }

  /** Whether the record has an attribute of this name, with a value or without; of `select`ed records, whether it was read. */
  hasAttribute(name: string): boolean {
    return this.#state.isAttribute(name) && this.#state.knows(name)
  }

  /** All attributes with their values, the key first; null where there is none. */
  getAttributes(): Record<string, unknown> {
    return this.#state.valuesOf(this.#state.knownNames())
  }

  /**
   * Sets many attributes, or none: an unknown one is an `InvalidArgumentError`, a value that does not fit a `CastError`. A property
   * that is undefined is left alone. What the class guards (`fillable`, `guarded`) is left out.
   * Methods of the class itself set properties instead: the compiler cannot look into the type of `this`.
   */
  fill(attributes: AttributeValues<this>): this {
    this.#state.fill(attributes)
    return this
  }

  /** As `fill`, but also sets what the class guards. */
  forceFill(attributes: AttributeValues<this>): this {
    this.#state.fill(attributes, 'all')
    return this
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

  /** What `console.log` shows: the class and the attributes. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { name } = this.constructor
    if (depth < 0) return `[${name}]`
    // The fields of a dayjs are a dozen lines that nobody reads.
    const shown = Object.entries(this.getAttributes()).map(([attribute, value]) => [
      attribute,
      dayjs.isDayjs(value) ? value.toDate() : value,
    ])
    return `${name} ${inspect(Object.fromEntries(shown), options)}`
  }

  override [settleConstruction](): ConstructorTraits {
    return this.#state.settle(this)
  }

  override [defineInitialValue](name: PropertyKey, value: unknown): boolean {
    return this.#state.initialise(name, value)
  }
}

// Functions, because a closure in the constructor would cost every record an allocation.
function initialise(record: ModelRecord, initialisers: readonly string[]): void {
  for (const name of initialisers) (Reflect.get(record, name) as () => unknown).call(record)
}

function give(record: ModelRecord, attributes: object): void {
  stateOf(record).give(attributes, () => constructorTraits(record.constructor as RecordClass<ModelRecord>).assigned)
}
