import { ModelRecord, stateOf } from './model-record.js'

/** Attributes as stored text by name, the key among them; null: no value. */
export type RawAttributes = Readonly<Record<string, string | null>>

/** What has changed in a record since it was stored, and its attributes as stored text. */
export abstract class TrackedRecord extends ModelRecord {
  /** Whether any attribute, or one of these, differs from the stored record. Changes in place count. */
  isDirty(...names: readonly ((keyof this & string) | readonly (keyof this & string)[])[]): boolean {
    const { store } = stateOf(this)
    return anyAmong(this, names.flat(), store.changes(), store.isKeyChanged)
  }

  /** The opposite of `isDirty`. */
  isClean(...names: readonly ((keyof this & string) | readonly (keyof this & string)[])[]): boolean {
    return !this.isDirty(...names)
  }

  /** Whether the last update wrote any attribute, or one of these. */
  wasChanged(...names: readonly ((keyof this & string) | readonly (keyof this & string)[])[]): boolean {
    return anyAmong(this, names.flat(), stateOf(this).written, false)
  }

  /** The attributes that differ from the stored record, with their new values. */
  getDirty(): Record<string, unknown> {
    const state = stateOf(this)
    const dirty = state.valuesOf(state.store.changes().keys())
    return state.store.isKeyChanged ? { [this.getKeyName()]: state.store.key, ...dirty } : dirty
  }

  /** The attributes that the last update wrote; empty before one. */
  getChanges(): Record<string, unknown> {
    const state = stateOf(this)
    return state.valuesOf(state.written.keys())
  }

  /** The stored values of all attributes, before changes, the key first. */
  getOriginal(): Record<string, unknown>
  /** The stored value of an attribute, before changes; `fallback`, by default null, where there is none. */
  getOriginal(name: keyof this & string, fallback?: unknown): unknown
  getOriginal(name?: string, fallback: unknown = null): unknown {
    const state = stateOf(this)
    const { keyName } = state.definition.schema
    const original = (one: string): unknown =>
      one === keyName ? state.store.storedId : state.store.original(state.attribute(one))
    if (name !== undefined) return original(name) ?? fallback
    return Object.fromEntries(readNames(this).map((one) => [one, original(one)]))
  }

  /** All attributes as they would be stored, the key first; null where there is no value. */
  getRawAttributes(): Record<string, string | null> {
    const state = stateOf(this)
    const { keyName } = state.definition.schema
    return Object.fromEntries(
      state.knownNames().map((name) => [name, name === keyName ? state.store.key : state.store.raw(name)]),
    )
  }

  /** All attributes as they are stored, before changes, the key first. */
  getRawOriginal(): Record<string, string | null> {
    const { store, definition } = stateOf(this)
    const { keyName } = definition.schema
    return Object.fromEntries(
      readNames(this).map((name) => [name, name === keyName ? store.storedId : store.rawOriginal(name)]),
    )
  }

  /**
   * Replaces all attributes by stored text, as it is: casts read it, but do not check it. What is not named loses its value; the
   * key stays if it is not named. With `sync` it counts as stored. Throws `InvalidArgumentError` for an unknown name.
   */
  setRawAttributes(raw: RawAttributes, sync = false): this {
    const state = stateOf(this)
    const { schema } = state.definition
    for (const name of Object.keys(raw)) if (name !== schema.keyName) state.attribute(name)
    for (const name of schema.attributes.keys())
      state.store.setRaw(name, Object.hasOwn(raw, name) ? (raw[name] ?? null) : null)
    if (Object.hasOwn(raw, schema.keyName)) state.store.setKey(raw[schema.keyName])
    return sync ? this.syncOriginal() : this
  }

  /** Whether an attribute has its stored value; other texts of the same value are the same. */
  originalIsEquivalent(name: keyof this & string): boolean {
    const state = stateOf(this)
    if (name === state.definition.schema.keyName) return !state.store.isKeyChanged
    return state.store.isOriginal(state.attribute(name))
  }

  /** Takes the attributes as they are for the stored ones: nothing is dirty any more, and nothing is written. */
  syncOriginal(): this {
    const state = stateOf(this)
    state.store.syncOriginal(state.exists)
    return this
  }

  /** Takes what is dirty now for what the last update wrote: what `getChanges` returns. */
  syncChanges(): this {
    const state = stateOf(this)
    state.written = new Map(state.store.changes())
    return this
  }
}

function anyAmong(
  record: ModelRecord,
  names: readonly string[],
  changed: ReadonlyMap<string, string | null>,
  isKeyChanged: boolean,
): boolean {
  if (names.length === 0) return isKeyChanged || changed.size > 0
  const state = stateOf(record)
  const { keyName } = state.definition.schema
  return names.some((name) => (name === keyName ? isKeyChanged : changed.has(state.attribute(name).name)))
}

/** The key and the attributes that were read. */
function readNames(record: ModelRecord): readonly string[] {
  const { store, definition } = stateOf(record)
  return definition.names.filter((name) => name === definition.schema.keyName || store.wasRead(name))
}
