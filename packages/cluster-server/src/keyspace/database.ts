import { AccessTracking } from './access-tracking.js'
import type { DatabaseListener, ExpiryMode, LazyFreeing } from './database-listener.js'
import type { DatabaseOptions } from './database-options.js'
import type { ExpiryCycle, LoadedEntry, ScanStep } from './database-steps.js'
import { Deadlines } from './deadlines.js'
import { detach } from './detach.js'
import { Entry } from './entry.js'
import { EntryWalk, type Preserve } from './entry-walk.js'
import { isFreedLazily } from './free-effort.js'
import { DEADLINE_BYTES, entryBytes, valueBytes } from './memory-cost.js'
import { OwnDeadlines } from './own-deadlines.js'
import { SlotIndex } from './slot-index.js'
import { type TextForm, TextForms } from './text-forms.js'
import { TypedLookUps } from './typed-look-ups.js'
import type { StoredValue } from './value.js'

export type { DatabaseListener, DatabaseOptions, ExpiryCycle, ExpiryMode, LazyFreeing, LoadedEntry, ScanStep }

const NO_WALKS: readonly EntryWalk[] = []

/**
 * The keys of one database: values, deadlines, the slot index. Expired keys are removed when they are met.
 * Keys and text are latin1. Keys are copied out of the network chunk here; whoever stores text inside a value copies
 * it with `detach` first. Changes are reported by the caller, with `changed`.
 */
export class Database extends TypedLookUps {
  readonly index: number
  /** Unix time in milliseconds against which deadlines are judged; frozen while a command or script runs. */
  nowMs = 0
  expiryMode: ExpiryMode = 'remove'
  /** Number of changes since the start; grows with each `changed`. */
  dirty = 0
  /** Number of keys that were removed because their deadline had passed. */
  expiredKeys = 0
  /** Number of keys that were removed to make room. */
  evictedKeys = 0
  /** Number of values that Redis would have freed in the background; here they are garbage at once. */
  lazyFreed = 0
  readonly ownDeadlines = new OwnDeadlines()
  lazyFreeing: LazyFreeing = { expired: false, overwritten: false }
  readonly access: AccessTracking
  #entries = new Map<string, Entry>()
  /** The same entries without gaps, for RANDOMKEY and SCAN. An entry only ever moves to a lower position. */
  #list: Entry[] = []
  #deadlines = new Deadlines()
  #forms = new TextForms()
  #slots: SlotIndex | null
  /** The walks over these entries that are under way; null when there is none. */
  #walks: readonly EntryWalk[] | null = null
  readonly #listener: DatabaseListener | null
  /** Bytes of keys, values and entries; without the deadlines. */
  #bytes = 0
  /** The entry that was used last: most changes that are reported are changes of it. */
  #last: Entry | null = null
  /** The text by which it was asked for: mostly the very same one comes again, which is seen without reading it. */
  #lastKey = ''

  constructor(options: DatabaseOptions = { index: 0 }) {
    super()
    this.index = options.index
    this.#slots = options.slotIndex ? new SlotIndex() : null
    this.#listener = options.listener ?? null
    this.access = options.access ?? new AccessTracking()
  }

  /** Number of keys; expired ones count until they are removed, as in Redis. */
  get size(): number {
    return this.#entries.size
  }

  /** What keys, values and deadlines cost in the heap, by count; a change counts as soon as it is reported. */
  get bytes(): number {
    return this.#bytes + this.#deadlines.size * DEADLINE_BYTES
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
    if (this.countsLookups) this.countLookup(key, entry !== undefined)
    if (entry === undefined) return undefined
    // A command that writes may change the value that it is given.
    if (this.#walks !== null && !this.countsLookups) this.#beforeChange(entry)
    entry.access = this.access.used(entry.access, this.nowMs)
    this.#last = entry
    this.#lastKey = key
    return entry.value
  }

  /** The live value, without counting as an access. */
  peek(key: string): StoredValue | undefined {
    const entry = this.#live(key)
    if (entry !== undefined && this.#walks !== null && !this.countsLookups) this.#beforeChange(entry)
    return entry?.value
  }

  has(key: string): boolean {
    return this.#live(key) !== undefined
  }

  protected reportMiss(key: string): void {
    this.#listener?.missed(this, key)
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
  load({ key, value, deadlineMs, access }: LoadedEntry, replaces: boolean): boolean {
    const existing = this.#entries.get(key)
    if (existing !== undefined) {
      if (!replaces) return false
      this.#remove(existing, false)
    }
    const entry = this.#add(key, value)
    entry.access = access
    if (deadlineMs !== null) this.#deadlines.set(entry, deadlineMs)
    return true
  }

  /** Removes a live key, `lazily` as UNLINK does. @returns false when there was none. */
  delete(key: string, lazily = false): boolean {
    const entry = this.expiryMode === 'hideFromReads' ? this.#entries.get(key) : this.#live(key)
    if (entry === undefined) return false
    this.#remove(entry, lazily)
    return true
  }

  /** Removes a key, expired or not, in favour of a result that is empty. @returns false when there is none. */
  discard(key: string, lazily = false): boolean {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#remove(entry, lazily)
    return entry !== undefined
  }

  /** Removes a key, expired or not, to make room. @returns false when there is none. */
  evict(key: string, lazily: boolean): boolean {
    if (!this.discard(key, lazily)) return false
    this.evictedKeys++
    this.#listener?.evicted(this, key)
    return true
  }

  /** A random entry, of those with a deadline if `expiring`; expired ones too. `random` is uniform in [0, 1). */
  sample(random: () => number, expiring: boolean): Entry | undefined {
    if (expiring) return this.#deadlines.sample(random)?.entry
    return this.#list[Math.floor(random() * this.#list.length)]
  }

  /** Whether the key is stored, expired or not, and has a deadline if `expiring`. */
  holds(key: string, expiring: boolean): boolean {
    const entry = this.#entries.get(key)
    return entry !== undefined && (!expiring || entry.deadline !== null)
  }

  /** What a key, expired or not, its value and its deadline cost in the heap; undefined without the key. */
  bytesOf(key: string): number | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#settle(entry)
    return entryBytes(entry) + entry.valueBytes + (entry.deadline === null ? 0 : DEADLINE_BYTES)
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
    if (this.expiryMode === 'hideFromReads') this.ownDeadlines.add(entry.key)
  }

  /** Drops the deadline. @returns false when there was none. */
  persist(key: string): boolean {
    const entry = this.#live(key)
    if (entry !== undefined && this.#walks !== null) this.#beforeChange(entry)
    return entry !== undefined && this.#deadlines.remove(entry)
  }

  /** The entry of a live key, without counting as an access. Nothing of it may be changed but its note of the access. */
  entry(key: string): Entry | undefined {
    return this.#live(key)
  }

  /** Reports a change; call it once after each change with the name of Redis' keyspace event (`set`, `hset`, `del` …). */
  changed(key: string, event: string): void {
    this.dirty++
    this.#settleKey(key)
    this.#listener?.changed(this, key, event)
  }

  /**
   * Reports a change that leaves transactions which watch the key alone, as Redis does for consumer groups. It is
   * replicated; `event` is published, if there is one.
   */
  changedAside(key: string, event: string | null = null): void {
    this.dirty++
    this.#settleKey(key)
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
   * can be met twice when others are deleted. Expired keys are among them: the caller decides which ones it meets.
   */
  scan(cursor: number, count: number): ScanStep {
    // What a negative cursor was read as: it lies behind every key.
    if (cursor === Number.MAX_SAFE_INTEGER) return { cursor: 0, keys: [] }
    const start = cursor === 0 ? this.#list.length : Math.min(cursor, this.#list.length)
    const end = Math.max(0, start - count)
    const entries = this.#list.slice(end, start)
    return { cursor: end, keys: entries.map(({ key }) => key).reverse() }
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

  /** Removes every key, `lazily` as FLUSHDB ASYNC does. @returns how many there were. */
  clear(lazily = false): number {
    this.#listener?.clearing(this)
    const count = this.#entries.size
    if (lazily) this.lazyFreed += count
    this.#bytes = 0
    this.#last = null
    this.#entries = new Map()
    this.#list = []
    this.#walks = null
    this.#deadlines = new Deadlines()
    this.#forms = new TextForms()
    this.ownDeadlines.clear()
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
      bytes: this.#bytes,
    }
    this.#last = null
    other.#last = null
    this.#entries = other.#entries
    this.#list = other.#list
    this.#deadlines = other.#deadlines
    this.#forms = other.#forms
    this.#slots = other.#slots
    this.#walks = other.#walks
    this.#bytes = other.#bytes
    other.#entries = mine.entries
    other.#list = mine.list
    other.#deadlines = mine.deadlines
    other.#forms = mine.forms
    other.#slots = mine.slots
    other.#walks = mine.walks
    other.#bytes = mine.bytes
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

  /** Removes a key whose deadline has passed. @returns whether it is there and will expire later. */
  expireIfDue(key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.deadline === null) return false
    if (entry.deadline.atMs > this.nowMs) return true
    this.#expire(entry)
    return false
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.deadline === null || entry.deadline.atMs > this.nowMs) return entry
    const mode = this.expiryMode
    if (mode === 'ignore') return entry
    if (mode === 'remove' || (mode === 'hideFromReads' && !this.countsLookups)) this.#expire(entry)
    return undefined
  }

  #expire(entry: Entry): void {
    this.#remove(entry, this.lazyFreeing.expired)
    this.expiredKeys++
    this.#listener?.expired(this, entry.key)
  }

  #store(key: string, value: StoredValue, form: TextForm | undefined): Entry {
    let existing = this.#last !== null && this.#lastKey === key ? this.#last : this.#entries.get(key)
    // Replicas and subscribers are told that a key ended by time before it is written anew.
    if (existing?.deadline != null && (this.expiryMode === 'remove' || this.expiryMode === 'hideFromReads'))
      existing = this.#live(key)
    if (existing !== undefined) {
      if (this.#walks !== null) this.#beforeChange(existing)
      // Asked in this order as the old value is seldom in the processor's cache.
      if (this.#listener?.awaitsKeys && existing.value !== value && isStream(existing.value)) {
        this.#listener.ready(this, key)
      }
      if (this.lazyFreeing.overwritten && existing.value !== value && isFreedLazily(existing.value)) this.lazyFreed++
      existing.value = value
      this.#forms.note(existing, value, form)
      existing.access = this.access.used(existing.access, this.nowMs)
      this.#settle(existing)
      this.#last = existing
      this.#lastKey = key
      return existing
    }
    const entry = this.#add(key, value)
    entry.access = this.access.created(this.nowMs)
    this.#last = entry
    this.#lastKey = key
    if (form !== undefined) this.#forms.note(entry, value, form)
    this.#listener?.created(this, entry.key)
    return entry
  }

  #add(key: string, value: StoredValue): Entry {
    const entry = new Entry(detach(key), value)
    entry.valueBytes = valueBytes(value)
    this.#bytes += entryBytes(entry) + entry.valueBytes
    entry.position = this.#list.length
    this.#list.push(entry)
    this.#entries.set(entry.key, entry)
    this.#slots?.add(entry)
    return entry
  }

  #beforeChange(entry: Entry): void {
    for (const walk of this.#walks ?? []) walk.beforeChange(entry)
  }

  #settleKey(key: string): void {
    const entry = this.#last !== null && this.#lastKey === key ? this.#last : this.#entries.get(key)
    // Text never changes in place, and was counted when it was stored.
    if (entry !== undefined && typeof entry.value !== 'string') this.#settle(entry)
  }

  /** Counts a value anew that may have changed. */
  #settle(entry: Entry): void {
    const bytes = valueBytes(entry.value)
    this.#bytes += bytes - entry.valueBytes
    entry.valueBytes = bytes
  }

  #remove(entry: Entry, lazily: boolean): void {
    for (const walk of this.#walks ?? NO_WALKS) walk.beforeRemoval(entry, this.#list[this.#list.length - 1])
    if (this.#listener?.awaitsKeys && isStream(entry.value)) this.#listener.ready(this, entry.key)
    this.#entries.delete(entry.key)
    if (lazily && isFreedLazily(entry.value)) this.lazyFreed++
    this.#bytes -= entryBytes(entry) + entry.valueBytes
    if (this.#last === entry) this.#last = null
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
