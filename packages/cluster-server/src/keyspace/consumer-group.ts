import { detach } from './detach.js'
import { IdTable } from './id-table.js'
import { OBJECT_BYTES } from './memory-cost.js'
import type { StreamId } from './stream-id.js'

/** A pending entry, its id, and its places in the tables of the group and of its consumer. */
const PENDING_BYTES = 128

/** An entry that was delivered to a consumer and not acknowledged yet. */
export class PendingEntry {
  constructor(
    readonly id: StreamId,
    public consumer: Consumer,
    /** Unix time in milliseconds of the last delivery. */
    public deliveredAtMs: number,
    /** A signed integer of 64 bits. */
    public deliveryCount: number | bigint = 1,
  ) {}
}

/** Who reads for a group. */
export class Consumer {
  /** What it has not acknowledged: the same objects as in the group. */
  readonly pending = new IdTable<PendingEntry>()

  constructor(
    readonly name: string,
    /** Unix time in milliseconds at which a command last named it. */
    public seenAtMs: number,
  ) {}
}

/** A consumer group of a stream. */
export class ConsumerGroup {
  /** The entries of all consumers. */
  readonly pending = new IdTable<PendingEntry>()
  readonly #consumers = new Map<string, Consumer>()

  constructor(
    readonly name: string,
    /** The last entry that was delivered. */
    public lastId: StreamId,
    /** How many entries of the stream were read, the deleted ones too; a signed integer of 64 bits, -1: not known. */
    public entriesRead: number | bigint,
  ) {}

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
    return consumer
  }

  /** Removes a consumer and what it has not acknowledged. */
  removeConsumer(consumer: Consumer): void {
    for (const { id } of consumer.pending) this.pending.delete(id)
    this.#consumers.delete(consumer.name)
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
    return entry
  }

  /** Hands an entry over to another consumer. */
  reassign(entry: PendingEntry, consumer: Consumer): void {
    if (entry.consumer === consumer) return
    entry.consumer.pending.delete(entry.id)
    entry.consumer = consumer
    consumer.pending.set(entry)
  }

  /** Forgets an entry. */
  removePending(entry: PendingEntry): void {
    this.pending.delete(entry.id)
    entry.consumer.pending.delete(entry.id)
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
