import { AccessTracking } from './access-tracking.js'
import { DatabaseContents } from './database-contents.js'
import type { DatabaseListener, ExpiryMode, LazyFreeing } from './database-listener.js'
import type { DatabaseOptions } from './database-options.js'
import type { ExpiryCycle, LoadedEntry, ScanStep } from './database-steps.js'
import type { Entry } from './entry.js'
import { EntryWalk, type Preserve } from './entry-walk.js'
import { isFreedLazily } from './free-effort.js'
import { DEADLINE_BYTES, entryBytes } from './memory-cost.js'
import { OwnDeadlines } from './own-deadlines.js'
import type { SlotIndex } from './slot-index.js'
import type { TextForm } from './text-forms.js'
import { TypedLookUps } from './typed-look-ups.js'
import { type Undoable, undoLog } from './undo-log.js'
import type { StoredValue } from './value.js'

export type { DatabaseListener, DatabaseOptions, ExpiryCycle, ExpiryMode, LazyFreeing, LoadedEntry, ScanStep }

type DatabaseChange = 'reported' | 'cleared' | 'swapped' | 'ownDeadline'

/**
 * The keys of one database: values, deadlines, the slot index. Expired keys are removed when they are met.
 * Keys and text are latin1. Keys are copied out of the network chunk here; whoever stores text inside a value copies
 * it with `detach` first. Changes are reported by the caller, with `changed`.
 */
export class Database extends TypedLookUps implements Undoable<DatabaseChange> {
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
  ownDeadlines = new OwnDeadlines()
  lazyFreeing: LazyFreeing = { expired: false, overwritten: false }
  readonly access: AccessTracking
  readonly #listener: DatabaseListener | null
  #contents: DatabaseContents

  constructor(options: DatabaseOptions = { index: 0 }) {
    super()
    this.index = options.index
    this.#contents = new DatabaseContents(options.slotIndex ?? false)
    this.#listener = options.listener ?? null
    this.access = options.access ?? new AccessTracking()
  }

  /** Number of keys; expired ones count until they are removed, as in Redis. */
  get size(): number {
    return this.#contents.entries.size
  }

  /** What keys, values and deadlines cost in the heap, by count; a change counts as soon as it is reported. */
  get bytes(): number {
    return this.#contents.bytes
  }

  /** Number of keys with a deadline. */
  get deadlineCount(): number {
    return this.#contents.deadlines.size
  }

  /** Mean time to live in milliseconds of the keys with a deadline; 0 when there is none. */
  get averageTtlMs(): number {
    const { deadlines } = this.#contents
    return deadlines.size === 0 ? 0 : Math.max(0, Math.round(deadlines.meanMs - this.nowMs))
  }

  /** The index by hash slot; null without `slotIndex`. */
  get slots(): SlotIndex | null {
    return this.#contents.slots
  }

  /** The live value. Counts as an access of the key. */
  get(key: string): StoredValue | undefined {
    const entry = this.#live(key)
    if (this.countsLookups) this.countLookup(key, entry !== undefined)
    if (entry === undefined) return undefined
    // A command that writes may change the value that it is given.
    const contents = this.#contents
    if (contents.walks !== null && !this.countsLookups) contents.beforeChange(entry)
    entry.access = this.access.used(entry.access, this.nowMs)
    contents.used(entry, key, true)
    return entry.value
  }

  /** The live value, without counting as an access. */
  peek(key: string): StoredValue | undefined {
    const entry = this.#live(key)
    if (entry !== undefined && !this.countsLookups) this.#contents.beforeChange(entry)
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
    return this.#contents.entries.has(key)
  }

  /** Whether a key is stored and its deadline has passed; removes nothing. */
  isExpired(key: string): boolean {
    const deadline = this.#contents.entries.get(key)?.deadline
    return deadline != null && deadline.atMs <= this.nowMs
  }

  /** How Redis would hold the text of a live key, where the text does not tell. */
  textForm(key: string): TextForm | undefined {
    const entry = this.#live(key)
    return entry && this.#contents.formOf(entry)
  }

  /** Stores `value` and drops a deadline. */
  set(key: string, value: StoredValue, form?: TextForm): void {
    const entry = this.#store(key, value, form)
    if (entry.deadline !== null) this.#contents.dropDeadline(entry)
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
    const existing = this.#contents.entries.get(key)
    if (existing !== undefined) {
      if (!replaces) return false
      this.#remove(existing, false)
    }
    const entry = this.#contents.add(key, value, undefined)
    entry.access = access
    if (deadlineMs !== null) this.#contents.setDeadline(entry, deadlineMs)
    return true
  }

  /** Removes a live key, `lazily` as UNLINK does. @returns false when there was none. */
  delete(key: string, lazily = false): boolean {
    const entry = this.expiryMode === 'hideFromReads' ? this.#contents.entries.get(key) : this.#live(key)
    if (entry === undefined) return false
    this.#remove(entry, lazily)
    return true
  }

  /** Removes a key, expired or not, in favour of a result that is empty. @returns false when there is none. */
  discard(key: string, lazily = false): boolean {
    const entry = this.#contents.entries.get(key)
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
    if (expiring) return this.#contents.deadlines.sample(random)?.entry
    return this.#contents.list[Math.floor(random() * this.#contents.list.length)]
  }

  /** Whether the key is stored, expired or not, and has a deadline if `expiring`. */
  holds(key: string, expiring: boolean): boolean {
    const entry = this.#contents.entries.get(key)
    return entry !== undefined && (!expiring || entry.deadline !== null)
  }

  /** What a key, expired or not, its value and its deadline cost in the heap; undefined without the key. */
  bytesOf(key: string): number | undefined {
    const entry = this.#contents.entries.get(key)
    if (entry === undefined) return undefined
    this.#contents.recount(entry)
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
    this.#contents.beforeChange(entry)
    this.#contents.setDeadline(entry, unixMs)
    if (this.expiryMode === 'hideFromReads' && this.ownDeadlines.add(entry.key) && undoLog.isOpen) {
      undoLog.note(this, 'ownDeadline', entry.key)
    }
  }

  /** Drops the deadline. @returns false when there was none. */
  persist(key: string): boolean {
    const entry = this.#live(key)
    if (entry === undefined) return false
    this.#contents.beforeChange(entry)
    return this.#contents.dropDeadline(entry)
  }

  /** The entry of a live key, without counting as an access. Nothing of it may be changed but its note of the access. */
  entry(key: string): Entry | undefined {
    return this.#live(key)
  }

  /** Reports a change; call it once after each change with the name of Redis' keyspace event (`set`, `hset`, `del` …). */
  changed(key: string, event: string): void {
    this.#report(key)
    this.#listener?.changed(this, key, event)
  }

  /**
   * Reports a change that leaves transactions which watch the key alone, as Redis does for consumer groups. It is
   * replicated; `event` is published, if there is one.
   */
  changedAside(key: string, event: string | null = null): void {
    this.#report(key)
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
    while (this.#contents.list.length > 0) {
      const entry = this.#contents.list[Math.floor(random() * this.#contents.list.length)]
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
    const start = cursor === 0 ? this.#contents.list.length : Math.min(cursor, this.#contents.list.length)
    const end = Math.max(0, start - count)
    const entries = this.#contents.list.slice(end, start)
    return { cursor: end, keys: entries.map(({ key }) => key).reverse() }
  }

  /** The live keys and their values; as with a Map, what is changed meanwhile is seen or not, but never twice. */
  *entries(): IterableIterator<readonly [key: string, value: StoredValue]> {
    for (const entry of this.#contents.entries.values()) {
      if (entry.deadline === null || entry.deadline.atMs > this.nowMs) yield [entry.key, entry.value]
    }
  }

  /** All entries, expired ones too; not to be changed. */
  allEntries(): readonly Readonly<Entry>[] {
    return this.#contents.list
  }

  /** All live keys, without removing expired ones. */
  *keys(): IterableIterator<string> {
    for (const entry of this.#contents.entries.values()) {
      if (entry.deadline === null || entry.deadline.atMs > this.nowMs) yield entry.key
    }
  }

  /**
   * Begins a walk over all entries as they are now. Whoever calls it takes the entries from the walk, and is told of
   * each one that is about to change before it was taken; until `endWalk`.
   */
  beginWalk(preserve: Preserve): EntryWalk {
    const walk = new EntryWalk(this.#contents.list, preserve)
    this.#contents.walks = [...(this.#contents.walks ?? []), walk]
    return walk
  }

  /** Ends a walk, if it is one over these entries. @returns whether it was */
  endWalk(walk: EntryWalk): boolean {
    const { walks } = this.#contents
    const others = walks?.filter((each) => each !== walk) ?? []
    this.#contents.walks = others.length === 0 ? null : others
    return others.length !== (walks?.length ?? 0)
  }

  /** Removes every key, `lazily` as FLUSHDB ASYNC does. @returns how many there were. */
  clear(lazily = false): number {
    this.#listener?.clearing(this)
    const old = this.#contents
    if (undoLog.isOpen) undoLog.note(this, 'cleared', old, this.ownDeadlines, this.dirty)
    if (lazily) this.lazyFreed += old.entries.size
    this.#contents = new DatabaseContents(old.slots !== null)
    this.ownDeadlines = new OwnDeadlines()
    return old.entries.size
  }

  /** Exchanges the contents with `other`. */
  swap(other: Database): void {
    this.#listener?.swapping(this, other)
    this.#exchange(other)
    if (undoLog.isOpen) undoLog.note(this, 'swapped', other)
  }

  /** An empty database of which nobody hears, for contents that `takeOver` is to be called with. */
  emptyTwin(): Database {
    const { index, access } = this
    return new Database({ index, access, slotIndex: this.slots !== null })
  }

  /** Replaces all contents by those of a twin. */
  takeOver(twin: Database): void {
    this.swap(twin)
    this.ownDeadlines = new OwnDeadlines()
    this.dirty++
  }

  /** Looks at up to `count` random keys with a deadline and removes the expired ones; nothing unless they are removed here. */
  expireSample(count: number, random: () => number): ExpiryCycle {
    let removed = 0
    const samples = this.expiryMode === 'remove' ? Math.min(count, this.#contents.deadlines.size) : 0
    for (let i = 0; i < samples; i++) {
      const deadline = this.#contents.deadlines.sample(random)
      if (deadline === undefined || deadline.atMs > this.nowMs) continue
      this.#expire(deadline.entry)
      removed++
    }
    return { sampled: samples, removed }
  }

  /** Removes a key whose deadline has passed. @returns whether it is there and will expire later. */
  expireIfDue(key: string): boolean {
    const entry = this.#contents.entries.get(key)
    if (entry === undefined || entry.deadline === null) return false
    if (entry.deadline.atMs > this.nowMs) return true
    this.#expire(entry)
    return false
  }

  #live(key: string): Entry | undefined {
    const entry = this.#contents.entries.get(key)
    if (entry === undefined || entry.deadline === null || entry.deadline.atMs > this.nowMs) return entry
    const mode = this.expiryMode
    if (mode === 'ignore') return entry
    if (mode === 'remove' || (mode === 'hideFromReads' && !this.countsLookups)) this.#expire(entry)
    return undefined
  }

  #expire(entry: Entry): void {
    // Not a part of the command that meets the key: it is gone whatever becomes of that.
    if (undoLog.isOpen) undoLog.aside(() => this.#remove(entry, this.lazyFreeing.expired))
    else this.#remove(entry, this.lazyFreeing.expired)
    this.expiredKeys++
    this.#listener?.expired(this, entry.key)
  }

  #store(key: string, value: StoredValue, form: TextForm | undefined): Entry {
    const contents = this.#contents
    let existing = contents.findToStore(key)
    // Replicas and subscribers are told that a key ended by time before it is written anew.
    if (existing?.deadline != null && (this.expiryMode === 'remove' || this.expiryMode === 'hideFromReads'))
      existing = this.#live(key)
    if (existing !== undefined) {
      if (contents.walks !== null) contents.beforeChange(existing)
      // Asked in this order as the old value is seldom in the processor's cache.
      if (this.#listener?.awaitsKeys && existing.value !== value && isStream(existing.value)) {
        this.#listener.ready(this, key)
      }
      if (this.lazyFreeing.overwritten && existing.value !== value && isFreedLazily(existing.value)) this.lazyFreed++
      contents.store(existing, value, form)
      existing.access = this.access.used(existing.access, this.nowMs)
      contents.used(existing, key, false)
      return existing
    }
    const entry = contents.add(key, value, form)
    entry.access = this.access.created(this.nowMs)
    contents.used(entry, key, false)
    this.#listener?.created(this, entry.key)
    return entry
  }

  /** Counts a change, and anew what may have changed. Text never changes in place, and was counted when it was stored. */
  #report(key: string): void {
    const contents = this.#contents
    const entry = contents.findAgain(key)
    const mayDiffer = entry !== undefined && typeof entry.value !== 'string'
    this.dirty++
    if (undoLog.isOpen && undoLog.database !== this) undoLog.note(this, 'reported')
    if (mayDiffer) contents.recount(entry)
  }

  undo(change: DatabaseChange, first: unknown, second: unknown, number: number): void {
    switch (change) {
      case 'reported':
        this.dirty--
        break
      case 'cleared':
        this.#contents = first as DatabaseContents
        this.ownDeadlines = second as OwnDeadlines
        this.dirty = number
        break
      case 'swapped':
        this.#exchange(first as Database)
        break
      case 'ownDeadline':
        this.ownDeadlines.remove(first as string)
        break
      default:
        change satisfies never
    }
  }

  #exchange(other: Database): void {
    const mine = this.#contents
    this.#contents = other.#contents
    other.#contents = mine
  }

  #remove(entry: Entry, lazily: boolean): void {
    if (this.#listener?.awaitsKeys && isStream(entry.value)) this.#listener.ready(this, entry.key)
    if (lazily && isFreedLazily(entry.value)) this.lazyFreed++
    this.#contents.remove(entry)
  }
}

const isStream = (value: StoredValue): boolean => typeof value !== 'string' && value.type === 'stream'
