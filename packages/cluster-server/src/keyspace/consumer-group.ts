import { detach } from './detach.js'
import { IdTable } from './id-table.js'
import { OBJECT_BYTES } from './memory-cost.js'
import type { StreamId } from './stream-id.js'
import { type Undoable, undoLog } from './undo-log.js'

/** A pending entry, its id, and its places in the tables of the group and of its consumer. */
const PENDING_BYTES = 128

/** An entry that was delivered to a consumer and not acknowledged yet. */
export class PendingEntry implements Undoable<'delivered'> {
  #deliveredAtMs: number
  #deliveryCount: number | bigint

  constructor(
    readonly id: StreamId,
    public consumer: Consumer,
    deliveredAtMs: number,
    deliveryCount: number | bigint = 1,
  ) {
    this.#deliveredAtMs = deliveredAtMs
    this.#deliveryCount = deliveryCount
  }

  /** Unix time in milliseconds of the last delivery. */
  get deliveredAtMs(): number {
    return this.#deliveredAtMs
  }

  set deliveredAtMs(unixMs: number) {
    this.#delivering()
    this.#deliveredAtMs = unixMs
  }

  /** A signed integer of 64 bits. */
  get deliveryCount(): number | bigint {
    return this.#deliveryCount
  }

  set deliveryCount(count: number | bigint) {
    this.#delivering()
    this.#deliveryCount = count
  }

  undo(_change: 'delivered', deliveryCount: unknown, _second: unknown, deliveredAtMs: number): void {
    this.#deliveryCount = deliveryCount as number | bigint
    this.#deliveredAtMs = deliveredAtMs
  }

  #delivering(): void {
    if (undoLog.isOpen) undoLog.note(this, 'delivered', this.#deliveryCount, null, this.#deliveredAtMs)
  }
}

/** Who reads for a group. */
export class Consumer implements Undoable<'seen'> {
  /** What it has not acknowledged: the same objects as in the group. */
  readonly pending = new IdTable<PendingEntry>()

  #seenAtMs: number

  constructor(
    readonly name: string,
    seenAtMs: number,
  ) {
    this.#seenAtMs = seenAtMs
  }

  /** Unix time in milliseconds at which a command last named it. */
  get seenAtMs(): number {
    return this.#seenAtMs
  }

  set seenAtMs(unixMs: number) {
    if (undoLog.isOpen) undoLog.note(this, 'seen', null, null, this.#seenAtMs)
    this.#seenAtMs = unixMs
  }

  undo(_change: 'seen', _first: unknown, _second: unknown, seenAtMs: number): void {
    this.#seenAtMs = seenAtMs
  }
}

type GroupChange = 'position' | 'consumerAdded' | 'consumerRemoved' | 'added' | 'removed' | 'reassigned'

/** A consumer group of a stream. */
export class ConsumerGroup implements Undoable<GroupChange> {
  /** The entries of all consumers. */
  readonly pending = new IdTable<PendingEntry>()
  readonly #consumers = new Map<string, Consumer>()
  #lastId: StreamId
  #entriesRead: number | bigint

  constructor(
    readonly name: string,
    lastId: StreamId,
    entriesRead: number | bigint,
  ) {
    this.#lastId = lastId
    this.#entriesRead = entriesRead
  }

  /** The last entry that was delivered. */
  get lastId(): StreamId {
    return this.#lastId
  }

  set lastId(id: StreamId) {
    this.#moving()
    this.#lastId = id
  }

  /** How many entries of the stream were read, the deleted ones too; a signed integer of 64 bits, -1: not known. */
  get entriesRead(): number | bigint {
    return this.#entriesRead
  }

  set entriesRead(count: number | bigint) {
    this.#moving()
    this.#entriesRead = count
  }

  /** What the group costs in the heap. */
  get bytes(): number {
    return (2 + 2 * this.#consumers.size) * OBJECT_BYTES + this.pending.size * PENDING_BYTES
  }

  get consumerCount(): number {
    return this.#consumers.size
  }

  /** In the order of their names. */
  consumers(): readonly Consumer[] {
    return [...this.#consumers.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name)
  }

  /** Adds a consumer; there is none of this name. */
  addConsumer(name: string, seenAtMs: number): Consumer {
    const consumer = new Consumer(detach(name), seenAtMs)
    this.#consumers.set(consumer.name, consumer)
    if (undoLog.isOpen) undoLog.note(this, 'consumerAdded', consumer)
    return consumer
  }

  /** Removes a consumer and what it has not acknowledged. */
  removeConsumer(consumer: Consumer): void {
    for (const { id } of consumer.pending) this.pending.delete(id)
    this.#consumers.delete(consumer.name)
    if (undoLog.isOpen) undoLog.note(this, 'consumerRemoved', consumer)
  }

  /** Makes an entry pending for `consumer`; it is for nobody else. */
  addPending(
    id: StreamId,
    consumer: Consumer,
    deliveredAtMs: number,
    deliveryCount: number | bigint = 1,
  ): PendingEntry {
    const entry = new PendingEntry(id, consumer, deliveredAtMs, deliveryCount)
    this.pending.set(entry)
    consumer.pending.set(entry)
    if (undoLog.isOpen) undoLog.note(this, 'added', entry)
    return entry
  }

  /** Hands an entry over to another consumer. */
  reassign(entry: PendingEntry, consumer: Consumer): void {
    const { consumer: former } = entry
    if (former === consumer) return
    former.pending.delete(entry.id)
    entry.consumer = consumer
    consumer.pending.set(entry)
    if (undoLog.isOpen) undoLog.note(this, 'reassigned', entry, former)
  }

  /** Forgets an entry. */
  removePending(entry: PendingEntry): void {
    this.pending.delete(entry.id)
    entry.consumer.pending.delete(entry.id)
    if (undoLog.isOpen) undoLog.note(this, 'removed', entry)
  }

  undo(change: GroupChange, first: unknown, second: unknown): void {
    switch (change) {
      case 'position':
        this.#lastId = first as StreamId
        this.#entriesRead = second as number | bigint
        break
      case 'consumerAdded':
        this.#consumers.delete((first as Consumer).name)
        break
      case 'consumerRemoved': {
        const consumer = first as Consumer
        this.#consumers.set(consumer.name, consumer)
        for (const entry of consumer.pending) this.pending.set(entry)
        break
      }
      case 'reassigned':
        this.reassign(first as PendingEntry, second as Consumer)
        break
      case 'added':
        this.removePending(first as PendingEntry)
        break
      case 'removed': {
        const entry = first as PendingEntry
        this.pending.set(entry)
        entry.consumer.pending.set(entry)
        break
      }
      default:
        change satisfies never
    }
  }

  /** To be called before what it has delivered changes. */
  #moving(): void {
    if (undoLog.isOpen) undoLog.note(this, 'position', this.#lastId, this.#entriesRead)
  }

  /** An independent copy. */
  copy(): ConsumerGroup {
    const copy = new ConsumerGroup(this.name, this.lastId, this.entriesRead)
    for (const { name, seenAtMs } of this.#consumers.values()) copy.addConsumer(name, seenAtMs)
    for (const { id, consumer, deliveredAtMs, deliveryCount } of this.pending) {
      const owner = copy.consumer(consumer.name)
      if (owner) copy.addPending(id, owner, deliveredAtMs, deliveryCount)
    }
    return copy
  }
}
