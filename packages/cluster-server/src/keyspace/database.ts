import { WRONG_TYPE } from '../wire-errors.js'
import { Deadlines } from './deadlines.js'
import { detach } from './detach.js'
import { Entry } from './entry.js'
import { EntryWalk, type Preserve } from './entry-walk.js'
import type { HashValue } from './hash-value.js'
import type { ListValue } from './list-value.js'
import type { SetValue } from './set-value.js'
import { SlotIndex } from './slot-index.js'
import type { SortedSetValue } from './sorted-set-value.js'
import type { StreamValue } from './stream-value.js'
import { type TextForm, TextForms } from './text-forms.js'
import type { StoredValue } from './value.js'

/** Hears of every change of a database: WATCH, blocked clients, notifications and replication hang there. */
export interface DatabaseListener {
  /** `event` is the name of Redis' keyspace event. */
  changed(database: Database, key: string, event: string): void
  /** Something changed that no transaction watches, such as a consumer group: it is replicated like any other change. */
  changedAside(database: Database, key: string): void
  /** Something is to be published of `key`. */
  notified(database: Database, key: string, event: string): void
  /** Clients that wait for `key` may find what they wait for, or that it is gone for good. */
  ready(database: Database, key: string): void
  /** `key` is stored, and was not before; `changed` follows. */
  created(database: Database, key: string): void
  /** A command that only reads did not find `key`. */
  missed(database: Database, key: string): void
  /** The deadline of `key` has passed and it was removed; `changed` is not called for it. */
  expired(database: Database, key: string): void
  /** Every key is about to be removed. */
  clearing(database: Database): void
  /** The contents of the two are about to be exchanged. */
  swapping(one: Database, other: Database): void
}

/**
 * What an access to an expired key does: `remove` it; `hide` it (a replica, which waits for its primary's DEL);
 * or `ignore` the deadline (a replica that applies its primary's stream).
 */
export type ExpiryMode = 'remove' | 'hide' | 'ignore'

export interface DatabaseOptions {
  readonly index: number
  /** Keeps an index by hash slot; only a cluster node needs it. Default false. */
  readonly slotIndex?: boolean
  readonly listener?: DatabaseListener
}

const NO_WALKS: readonly EntryWalk[] = []

/** One step of a scan. */
export interface ScanStep {
  /** 0 when the scan is complete. */
  readonly cursor: number
  readonly keys: readonly string[]
}

/** A key as a file has it. */
export interface LoadedEntry {
  readonly key: string
  readonly value: StoredValue
  /** Unix time in milliseconds; null for a key that does not expire. */
  readonly deadlineMs: number | null
  /** Unix time in seconds. */
  readonly accessedAt: number
}

/** What the active expiry cycle did. */
export interface ExpiryCycle {
  readonly sampled: number
  readonly removed: number
}

/**
 * The keys of one database: values, deadlines, the slot index. Expired keys are removed when they are met.
 * Keys and text are latin1. Keys are copied out of the network chunk here; whoever stores text inside a value copies
 * it with `detach` first. Changes are reported by the caller, with `changed`.
 */
export class Database {
  readonly index: number
  /** Unix time in milliseconds against which deadlines are judged; frozen while a command or script runs. */
  nowMs = 0
  expiryMode: ExpiryMode = 'remove'
  /** Number of changes since the start; grows with each `changed`. */
  dirty = 0
  /** Look-ups by `get` that found a key or did not, while `countsLookups` is on. */
  hits = 0
  misses = 0
  countsLookups = false
  /** Number of keys that were removed because their deadline had passed. */
  expiredKeys = 0
  #entries = new Map<string, Entry>()
  /** The same entries without gaps, for RANDOMKEY and SCAN. An entry only ever moves to a lower position. */
  #list: Entry[] = []
  #deadlines = new Deadlines()
  #forms = new TextForms()
  #slots: SlotIndex | null
  /** The walks over these entries that are under way; null when there is none. */
  #walks: readonly EntryWalk[] | null = null
  readonly #listener: DatabaseListener | null

  constructor(options: DatabaseOptions = { index: 0 }) {
    this.index = options.index
    this.#slots = options.slotIndex ? new SlotIndex() : null
    this.#listener = options.listener ?? null
  }

  /** Number of keys; expired ones count until they are removed, as in Redis. */
  get size(): number {
    return this.#entries.size
  }

  /** Number of keys with a deadline. */
  get deadlineCount(): number {
    return this.#deadlines.size
  }

  /** Mean time to live in milliseconds of the keys with a deadline; 0 when there is none. */
  get averageTtlMs(): number {
    return this.#deadlines.size === 0 ? 0 : Math.max(0, Math.round(this.#deadlines.meanMs - this.nowMs))
  }

  /** The index by hash slot; null without `slotIndex`. */
  get slots(): SlotIndex | null {
    return this.#slots
  }

  /** The live value. Counts as an access of the key. */
  get(key: string): StoredValue | undefined {
    const entry = this.#live(key)
    if (entry === undefined) {
      if (this.countsLookups) {
        this.misses++
        this.#listener?.missed(this, key)
      }
      return undefined
    }
    if (this.countsLookups) this.hits++
    // A command that writes may change the value that it is given.
    else if (this.#walks !== null) this.#beforeChange(entry)
    entry.accessedAt = (this.nowMs / 1000) | 0
    return entry.value
  }

  /** The live value, without counting as an access. */
  peek(key: string): StoredValue | undefined {
    const entry = this.#live(key)
    if (entry !== undefined && this.#walks !== null && !this.countsLookups) this.#beforeChange(entry)
    return entry?.value
  }

  /** @throws WRONG_TYPE when another type is stored, as do the next five. */
  getString(key: string): string | undefined {
    const value = this.get(key)
    if (value === undefined || typeof value === 'string') return value
    throw WRONG_TYPE
  }

  getHash(key: string): HashValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'hash') throw WRONG_TYPE
    return value
  }

  getList(key: string): ListValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'list') throw WRONG_TYPE
    return value
  }

  getSet(key: string): SetValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'set') throw WRONG_TYPE
    return value
  }

  getSortedSet(key: string): SortedSetValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'zset') throw WRONG_TYPE
    return value
  }

  getStream(key: string): StreamValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'stream') throw WRONG_TYPE
    return value
  }

  has(key: string): boolean {
    return this.#live(key) !== undefined
  }

  /** Whether a key is stored, be it that its deadline has passed; removes nothing. */
  isStored(key: string): boolean {
    return this.#entries.has(key)
  }

  /** Whether a key is stored and its deadline has passed; removes nothing. */
  isExpired(key: string): boolean {
    const deadline = this.#entries.get(key)?.deadline
    return deadline != null && deadline.atMs <= this.nowMs
  }

  /** How Redis would hold the text of a live key, where the text does not tell. */
  textForm(key: string): TextForm | undefined {
    const entry = this.#live(key)
    return entry && this.#forms.of(entry)
  }

  /** Stores `value` and drops a deadline. */
  set(key: string, value: StoredValue, form?: TextForm): void {
    const entry = this.#store(key, value, form)
    if (entry.deadline !== null) this.#deadlines.remove(entry)
  }

  /** Stores `value` and keeps the deadline of a live key. */
  replace(key: string, value: StoredValue, form?: TextForm): void {
    this.#live(key)
    this.#store(key, value, form)
  }

  /**
   * Takes over an entry from a file, without telling anybody.
   * @returns false, and nothing done, when there is such a key and `replaces` is false
   */
  load({ key, value, deadlineMs, accessedAt }: LoadedEntry, replaces: boolean): boolean {
    const existing = this.#entries.get(key)
    if (existing !== undefined) {
      if (!replaces) return false
      this.#remove(existing)
    }
    const entry = this.#add(key, value)
    entry.accessedAt = accessedAt
    if (deadlineMs !== null) this.#deadlines.set(entry, deadlineMs)
    return true
  }

  /** Removes a live key. @returns false when there was none. */
  delete(key: string): boolean {
    const entry = this.#live(key)
    if (entry === undefined) return false
    this.#remove(entry)
    return true
  }

  /** Unix time in milliseconds at which the key expires; undefined without a deadline or without the key. */
  deadline(key: string): number | undefined {
    return this.#live(key)?.deadline?.atMs
  }

  /** Sets the deadline of a live key; does nothing without one. */
  setDeadline(key: string, unixMs: number): void {
    const entry = this.#live(key)
    if (entry === undefined) return
    if (this.#walks !== null) this.#beforeChange(entry)
    this.#deadlines.set(entry, unixMs)
  }

  /** Drops the deadline. @returns false when there was none. */
  persist(key: string): boolean {
    const entry = this.#live(key)
    if (entry !== undefined && this.#walks !== null) this.#beforeChange(entry)
    return entry !== undefined && this.#deadlines.remove(entry)
  }

  /** Unix time in seconds of the last access; undefined without the key. */
  accessedAt(key: string): number | undefined {
    return this.#live(key)?.accessedAt
  }

  /** Reports a change; call it once after each change with the name of Redis' keyspace event (`set`, `hset`, `del` …). */
  changed(key: string, event: string): void {
    this.dirty++
    this.#listener?.changed(this, key, event)
  }

  /**
   * Reports a change that leaves transactions which watch the key alone, as Redis does for consumer groups. It is
   * replicated; `event` is published, if there is one.
   */
  changedAside(key: string, event: string | null = null): void {
    this.dirty++
    this.#listener?.changedAside(this, key)
    if (event !== null) this.#listener?.notified(this, key, event)
  }

  /** Publishes a second event of one change. */
  notify(key: string, event: string): void {
    this.#listener?.notified(this, key, event)
  }

  /** Wakes the clients that wait for `key`, after the command; a key that is new, or a stream that goes, does so by itself. */
  signalReady(key: string): void {
    this.#listener?.ready(this, key)
  }

  /** The value that `get` gives, for a command that changes it, and counts as a look-up for reading none the less. */
  getCounted(key: string): StoredValue | undefined {
    const value = this.get(key)
    if (this.countsLookups) return value
    if (value !== undefined) this.hits++
    else {
      this.misses++
      this.#listener?.missed(this, key)
    }
    return value
  }

  /** Deletes a container that lost its last member and reports `del`. */
  removeIfEmpty(key: string, value: { readonly size: number }): void {
    if (value.size !== 0) return
    if (this.delete(key)) this.#listener?.changed(this, key, 'del')
  }

  /** A random live key; undefined when there is none. `random` is uniform in [0, 1). */
  randomKey(random: () => number): string | undefined {
    let attempts = 100
    while (this.#list.length > 0) {
      const entry = this.#list[Math.floor(random() * this.#list.length)]
      if (entry === undefined) return undefined
      if (this.#live(entry.key) !== undefined) return entry.key
      // A replica cannot remove expired keys: it gives up and returns one, as Redis does.
      if (--attempts === 0) return entry.key
    }
    return undefined
  }

  /**
   * Visits up to `count` keys. The scan runs from the end of the list to its beginning, and the cursor is the number
   * of positions still to visit. As entries move to lower positions only, whatever is present all along is met; a key
   * can be met twice when others are deleted. Expired keys are left out.
   */
  scan(cursor: number, count: number): ScanStep {
    // What a negative cursor was read as: it lies behind every key.
    if (cursor === Number.MAX_SAFE_INTEGER) return { cursor: 0, keys: [] }
    const start = cursor === 0 ? this.#list.length : Math.min(cursor, this.#list.length)
    const end = Math.max(0, start - count)
    const entries = this.#list.slice(end, start)
    const keys: string[] = []
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i]
      if (entry !== undefined && this.#live(entry.key) === entry) keys.push(entry.key)
    }
    return { cursor: end, keys }
  }

  /** The live keys and their values; as with a Map, what is changed meanwhile is seen or not, but never twice. */
  *entries(): IterableIterator<readonly [key: string, value: StoredValue]> {
    for (const entry of this.#entries.values()) {
      if (entry.deadline === null || entry.deadline.atMs > this.nowMs) yield [entry.key, entry.value]
    }
  }

  /** All entries, expired ones too; not to be changed. */
  allEntries(): readonly Readonly<Entry>[] {
    return this.#list
  }

  /** All live keys, without removing expired ones. */
  *keys(): IterableIterator<string> {
    for (const entry of this.#entries.values()) {
      if (entry.deadline === null || entry.deadline.atMs > this.nowMs) yield entry.key
    }
  }

  /**
   * Begins a walk over all entries as they are now. Whoever calls it takes the entries from the walk, and is told of
   * each one that is about to change before it was taken; until `endWalk`.
   */
  beginWalk(preserve: Preserve): EntryWalk {
    const walk = new EntryWalk(this.#list, preserve)
    this.#walks = [...(this.#walks ?? []), walk]
    return walk
  }

  /** Ends a walk, if it is one over these entries. @returns whether it was */
  endWalk(walk: EntryWalk): boolean {
    const others = this.#walks?.filter((each) => each !== walk) ?? []
    const found = others.length !== (this.#walks?.length ?? 0)
    this.#walks = others.length === 0 ? null : others
    return found
  }

  /** Removes every key. @returns how many there were. */
  clear(): number {
    this.#listener?.clearing(this)
    const count = this.#entries.size
    this.#entries = new Map()
    this.#list = []
    this.#walks = null
    this.#deadlines = new Deadlines()
    this.#forms = new TextForms()
    this.#slots?.clear()
    return count
  }

  /** Exchanges the contents with `other`. */
  swap(other: Database): void {
    this.#listener?.swapping(this, other)
    const mine = {
      entries: this.#entries,
      list: this.#list,
      deadlines: this.#deadlines,
      forms: this.#forms,
      slots: this.#slots,
      walks: this.#walks,
    }
    this.#entries = other.#entries
    this.#list = other.#list
    this.#deadlines = other.#deadlines
    this.#forms = other.#forms
    this.#slots = other.#slots
    this.#walks = other.#walks
    other.#entries = mine.entries
    other.#list = mine.list
    other.#deadlines = mine.deadlines
    other.#forms = mine.forms
    other.#slots = mine.slots
    other.#walks = mine.walks
  }

  /** Looks at up to `count` random keys with a deadline and removes the expired ones; nothing unless they are removed here. */
  expireSample(count: number, random: () => number): ExpiryCycle {
    let removed = 0
    const samples = this.expiryMode === 'remove' ? Math.min(count, this.#deadlines.size) : 0
    for (let i = 0; i < samples; i++) {
      const deadline = this.#deadlines.sample(random)
      if (deadline === undefined || deadline.atMs > this.nowMs) continue
      this.#expire(deadline.entry)
      removed++
    }
    return { sampled: samples, removed }
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.deadline === null || entry.deadline.atMs > this.nowMs) return entry
    switch (this.expiryMode) {
      case 'ignore':
        return entry
      case 'hide':
        return undefined
      case 'remove':
        this.#expire(entry)
        return undefined
    }
  }

  #expire(entry: Entry): void {
    this.#remove(entry)
    this.expiredKeys++
    this.#listener?.expired(this, entry.key)
  }

  #store(key: string, value: StoredValue, form: TextForm | undefined): Entry {
    const existing = this.#entries.get(key)
    if (existing !== undefined) {
      if (this.#walks !== null) this.#beforeChange(existing)
      if (isStream(existing.value) && existing.value !== value) this.#listener?.ready(this, key)
      existing.value = value
      this.#forms.note(existing, value, form)
      existing.accessedAt = (this.nowMs / 1000) | 0
      return existing
    }
    const entry = this.#add(key, value)
    entry.accessedAt = (this.nowMs / 1000) | 0
    if (form !== undefined) this.#forms.note(entry, value, form)
    this.#listener?.created(this, entry.key)
    return entry
  }

  #add(key: string, value: StoredValue): Entry {
    const entry = new Entry(detach(key), value)
    entry.position = this.#list.length
    this.#list.push(entry)
    this.#entries.set(entry.key, entry)
    this.#slots?.add(entry)
    return entry
  }

  #beforeChange(entry: Entry): void {
    for (const walk of this.#walks ?? []) walk.beforeChange(entry)
  }

  #remove(entry: Entry): void {
    for (const walk of this.#walks ?? NO_WALKS) walk.beforeRemoval(entry, this.#list[this.#list.length - 1])
    if (isStream(entry.value)) this.#listener?.ready(this, entry.key)
    this.#entries.delete(entry.key)
    const last = this.#list.pop()
    if (last !== undefined && last !== entry) {
      this.#list[entry.position] = last
      last.position = entry.position
    }
    if (entry.deadline !== null) this.#deadlines.remove(entry)
    this.#forms.forget(entry)
    this.#slots?.remove(entry)
  }
}

const isStream = (value: StoredValue): boolean => typeof value !== 'string' && value.type === 'stream'
