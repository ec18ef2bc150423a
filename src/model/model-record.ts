import { type InspectOptions, inspect } from 'node:util'
import dayjs from 'dayjs'
import type { AttributeValues } from '../schema/attribute-types.js'
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
import { plainForm } from './plain-form.js'
import { RecordState } from './record-state.js'

/** Of what records hold: see `[contents]`. */
const contents = Symbol('contents')

/** Opens a record for persistence; not for applications. */
export let stateOf: (record: ModelRecord) => RecordState

/**
 * The attributes of a record: reading, setting, what has changed, and its form as plain data. Each attribute is also a
 * property. Values are copied when they are set; what is read may be changed in place (`visit.metadata.tags.push('x')`).
 */
export abstract class ModelRecord extends ConstructedRecord {
  readonly #state: RecordState
  /**
   * The key and the stored form of the attributes, to be iterated. Not for applications: an own property, so that jest's and
   * vitest's `toEqual`, which know own properties and iterators alone, tell one record from another.
   */
  declare readonly [contents]: Iterable<readonly [string, string | null]>

  static {
    stateOf = (record) => record.#state
  }

  /** @param attributes Initial values; they come before those of class fields. Throws as `fill` does. */
  constructor(attributes?: object) {
    super()
    this.#state = new RecordState(definitionOf(Object.getPrototypeOf(this)), runningConstruction())
    this[contents] = this.#state.store
    if (attributes !== undefined) {
      this.#state.give(attributes, () => constructorTraits(this.constructor as RecordClass<ModelRecord>).assigned)
    }
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

  /** All attributes with their values, the key first; null where there is none. */
  getAttributes(): Record<string, unknown> {
    const { keyName, attributes } = this.#state.definition.schema
    return this.#state.valuesOf([keyName, ...attributes.keys()])
  }

  /**
   * Sets many attributes. A property that is undefined is left alone; an unknown one is an `InvalidArgumentError`, and then
   * none is set. Methods of the class itself set properties instead: the compiler cannot look into the type of `this`.
   */
  fill(attributes: AttributeValues<this>): this {
    this.#state.fill(attributes)
    return this
  }

  /** Whether any attribute, or one of these, differs from the stored record. Changes in place count. */
  isDirty(...names: (keyof this & string)[]): boolean {
    const changes = this.#state.store.changes()
    const { keyName } = this.#state.definition.schema
    if (names.length === 0) return this.#state.store.isKeyChanged || changes.size > 0
    return names.some((name) =>
      name === keyName ? this.#state.store.isKeyChanged : changes.has(this.#state.attribute(name).name),
    )
  }

  /** The opposite of `isDirty`. */
  isClean(...names: (keyof this & string)[]): boolean {
    return !this.isDirty(...names)
  }

  /** The attributes that differ from the stored record, with their new values. */
  getDirty(): Record<string, unknown> {
    const dirty = this.#state.valuesOf(this.#state.store.changes().keys())
    return this.#state.store.isKeyChanged ? { [this.getKeyName()]: this.#state.store.key, ...dirty } : dirty
  }

  /** The attributes that the last update wrote; empty before one. */
  getChanges(): Record<string, unknown> {
    return this.#state.valuesOf(this.#state.written.keys())
  }

  /** The stored value of an attribute, before changes. */
  getOriginal(name: keyof this & string): unknown {
    const { keyName } = this.#state.definition.schema
    return name === keyName ? this.#state.store.storedId : this.#state.store.original(this.#state.attribute(name))
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
    const { keyName, attributes, modelName } = this.#state.definition.schema
    return plainForm(this, modelName, [keyName, ...attributes.keys()])
  }

  /** The record as JSON text. */
  override toString(): string {
    return JSON.stringify(this.toJSON())
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
