import { InvalidStateError } from '../errors/usage-errors.js'
import type { Fields, RecordChange, RecordKey, StoredRecord } from '../repositories/repository.js'
import { fromStoredText, toStoredText } from '../schema/attribute-value.js'
import type { AttributeSchema, ModelSchema } from '../schema/model-schema.js'
import { toKey } from '../schema/record-key.js'

/** A value that was handed out and may be changed in place, with the text that it was made of. */
interface Decoded {
  readonly value: object
  readonly text: string
}

const noFields: Fields = []

/**
 * The attributes of one record: the stored fields as they came, what was changed since, and the objects handed out. Values
 * are cast when they are read; nothing is copied before the first write.
 *
 * The fields are private by their types alone: there is a store for every record of a query, and `#` fields cost four times the
 * rest of making one (V8 11).
 */
export class AttributeStore {
  private readonly schema: ModelSchema
  private idStored: string | null
  private stored: Fields
  private currentKey: string | null
  private changed: Map<string, string | null> | null = null
  /** Whether `changed` was given away, and must be copied before it is changed. */
  private isLent = false
  private decoded: Map<string, Decoded> | null = null
  /** The attributes that were read, of a record of which only some were; null: all. */
  private read: ReadonlySet<string> | null

  /** @param read The attributes that were read; null: all. */
  constructor(schema: ModelSchema, record: StoredRecord | null, read: ReadonlySet<string> | null = null) {
    this.schema = schema
    this.idStored = record?.id ?? null
    this.stored = record?.fields ?? noFields
    this.currentKey = this.idStored
    this.read = read
  }

  /** The key as it is now; null for none yet. */
  get key(): string | null {
    return this.currentKey
  }

  /** The key under which the record is stored; null when it is not. */
  get storedId(): string | null {
    return this.idStored
  }

  /** What names the stored record in its repository: its id, with its hash tag where that was read; null when it is not stored. */
  get storedKey(): RecordKey | null {
    const { hashTag } = this.schema
    const id = this.idStored
    if (id === null || hashTag === undefined || !(this.read?.has(hashTag.name) ?? true)) return id
    return { id, tag: storedText(this.stored, hashTag.name) }
  }

  /** Whether the value of an attribute is known: it was read or set. */
  knows(name: string): boolean {
    return this.read === null || this.read.has(name) || (this.changed?.has(name) ?? false)
  }

  /** Whether an attribute was read with the record. */
  wasRead(name: string): boolean {
    return this.read?.has(name) ?? true
  }

  /** The names of the attributes whose values are known. */
  knownNames(): Iterable<string> {
    const names = this.schema.attributes.keys()
    return this.read === null ? names : Array.from(names).filter((name) => this.knows(name))
  }

  /** The value of an attribute; null where there is none. The same object every time, if it is an object. */
  get(attribute: AttributeSchema): unknown {
    const decoded = this.decoded?.get(attribute.name)
    if (decoded !== undefined) return decoded.value
    const text = this.text(attribute.name)
    if (text === null) return null
    const value = fromStoredText(this.schema.modelName, attribute, text)
    if (typeof value === 'object' && value !== null) {
      this.decoded ??= new Map()
      this.decoded.set(attribute.name, { value, text })
    }
    return value
  }

  /** Sets an attribute to a copy of a value; null and undefined are "no value". Throws `CastError`. */
  set(attribute: AttributeSchema, value: unknown): void {
    this.setText(attribute, this.textOf(attribute, value))
  }

  /** The stored text of a value that an attribute could have; null for "no value". Throws `CastError`. */
  textOf(attribute: AttributeSchema, value: unknown): string | null {
    return value === null || value === undefined ? null : toStoredText(this.schema.modelName, attribute, value)
  }

  /** Sets an attribute to stored text that its cast wrote; another text of the value that is stored is no change. */
  setText(attribute: AttributeSchema, text: string | null): void {
    this.decoded?.delete(attribute.name)
    const stored = this.knows(attribute.name) ? storedText(this.stored, attribute.name) : null
    const isSame = text !== null && stored !== null && text !== stored && text === this.canonical(attribute, stored)
    this.changeText(attribute.name, isSame ? stored : text)
  }

  /** Sets an attribute to stored text as it is, without its cast. */
  setRaw(name: string, text: string | null): void {
    this.decoded?.delete(name)
    this.changeText(name, text)
  }

  /** The stored text of an attribute with all changes; null where there is none. */
  raw(name: string): string | null {
    this.findChangesInPlace()
    return this.text(name)
  }

  /** The stored text of an attribute before changes. */
  rawOriginal(name: string): string | null {
    this.requireKnown(name, this.wasRead(name))
    return storedText(this.stored, name)
  }

  /** Whether the value of an attribute is that of the stored record, in whatever form that was written. */
  isOriginal(attribute: AttributeSchema): boolean {
    const original = this.rawOriginal(attribute.name)
    const now = this.raw(attribute.name)
    return now === original || (now !== null && original !== null && now === this.canonical(attribute, original))
  }

  /** Takes all changes for stored. */
  syncOriginal(exists: boolean): void {
    this.stored = merge(this.stored, this.changes())
    this.changed = null
    if (exists) this.idStored = this.currentKey
  }

  /** The key and all attributes as stored text: what makes two records equal. */
  *[Symbol.iterator](): Generator<readonly [string, string | null]> {
    this.findChangesInPlace()
    yield [this.schema.keyName, this.currentKey]
    for (const name of this.knownNames()) yield [name, this.text(name)]
  }

  /** Takes back what was set of an attribute. */
  discard(name: string): void {
    this.ownChanges()?.delete(name)
    this.decoded?.delete(name)
  }

  /** Sets the key; null is none. Throws `InvalidKeyError`. */
  setKey(value: unknown): void {
    this.currentKey = value === null || value === undefined ? null : toKey(this.schema.modelName, value)
  }

  /** The stored value of an attribute, before changes. */
  original(attribute: AttributeSchema): unknown {
    const text = this.rawOriginal(attribute.name)
    return text === null ? null : fromStoredText(this.schema.modelName, attribute, text)
  }

  /** What differs from the stored fields, as stored text: also objects that were changed in place. Without the key. */
  changes(): ReadonlyMap<string, string | null> {
    this.findChangesInPlace()
    return this.changed ?? new Map()
  }

  /** The same, as it is now, whatever is set later. */
  snapshot(): ReadonlyMap<string, string | null> {
    this.findChangesInPlace()
    this.isLent = this.changed !== null
    return this.changed ?? new Map()
  }

  /** Whether the key or any attribute differs from what is stored. */
  get isChanged(): boolean {
    return this.isKeyChanged || this.changes().size > 0
  }

  get isKeyChanged(): boolean {
    return this.currentKey !== this.idStored
  }

  /** All attributes that have a value, to be stored as a new record. */
  fields(): Fields {
    return merge(this.stored, this.changes())
  }

  /** The change that brings the stored record up to date. */
  change(id: string): RecordChange {
    const set: string[] = []
    const unset: string[] = []
    for (const [name, text] of this.changes()) {
      if (text === null) unset.push(name)
      else set.push(name, text)
    }
    const key = this.storedKey
    if (typeof key === 'string' && this.currentKey === id) return { id, set, unset }
    return {
      id,
      ...(key !== null && typeof key !== 'string' && { tag: key.tag }),
      ...(this.currentKey !== null && this.currentKey !== id && { newId: this.currentKey }),
      set,
      unset,
    }
  }

  /** The record was stored with these changes over the fields known before. What was set meanwhile stays a change. */
  markStored(id: string, written: ReadonlyMap<string, string | null>): void {
    this.stored = merge(this.stored, written)
    this.idStored = id
    if (this.read !== null) this.read = new Set([...this.read, ...written.keys()])
    const isAll = this.changed === written
    this.isLent = false
    if (isAll || this.changed === null) {
      this.changed = null
      return
    }
    const since = new Map<string, string | null>()
    for (const [name, text] of this.changed) {
      if (text !== storedText(this.stored, name)) since.set(name, text)
    }
    this.changed = since.size > 0 ? since : null
  }

  /** Attributes of the stored record were written past this object, which takes over their texts. Its own changes of them end. */
  markWritten(written: ReadonlyMap<string, string | null>): void {
    this.stored = merge(this.stored, written)
    for (const name of written.keys()) this.discard(name)
    if (this.read !== null) this.read = new Set([...this.read, ...written.keys()])
  }

  /** Takes the stored record as it is and forgets all changes. */
  reset(record: StoredRecord): void {
    this.idStored = record.id
    this.currentKey = record.id
    this.stored = record.fields
    this.changed = null
    this.decoded = null
    this.read = null
  }

  private text(name: string): string | null {
    const changed = this.changed?.get(name)
    if (changed !== undefined) return changed
    if (this.read !== null) this.requireKnown(name, this.read.has(name))
    return storedText(this.stored, name)
  }

  private requireKnown(name: string, isKnown: boolean): void {
    if (isKnown) return
    throw new InvalidStateError(
      `The attribute [${name}] of the record [${this.currentKey}] of model [${this.schema.modelName}] was not read: add it to select, or refresh the record.`,
    )
  }

  private changeText(name: string, text: string | null): void {
    if (text === storedText(this.stored, name) && this.wasRead(name)) {
      this.ownChanges()?.delete(name)
    } else {
      this.changed = this.ownChanges() ?? new Map()
      this.changed.set(name, text)
    }
  }

  private ownChanges(): Map<string, string | null> | null {
    if (this.isLent) {
      this.changed = new Map(this.changed)
      this.isLent = false
    }
    return this.changed
  }

  private findChangesInPlace(): void {
    for (const [name, { value, text }] of this.decoded ?? []) {
      const attribute = this.schema.attributes.get(name)
      if (!attribute) continue
      const now = toStoredText(this.schema.modelName, attribute, value)
      if (now === text || now === this.canonical(attribute, text)) continue
      this.decoded?.set(name, { value, text: now })
      this.changeText(name, now)
    }
  }

  /** Text that others wrote need not be canonical: `{"b":1, "a":2}` is not a change of `{"a":2,"b":1}`. Null: not readable. */
  private canonical({ cast }: AttributeSchema, text: string): string | null {
    try {
      return cast.toStored(cast.fromStored(text))
    } catch {
      return null
    }
  }
}

/** The value at a name; null where there is none. */
function storedText(fields: Fields, name: string): string | null {
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] === name) return fields[index + 1] ?? null
  }
  return null
}

function merge(fields: Fields, changes: ReadonlyMap<string, string | null>): Fields {
  const merged: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const [name, text] = [fields[index], fields[index + 1]]
    if (name !== undefined && text !== undefined && !changes.has(name)) merged.push(name, text)
  }
  for (const [name, text] of changes) if (text !== null) merged.push(name, text)
  return merged
}
