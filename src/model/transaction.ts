import { ConfigurationError, CrossSlotError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError, InvalidStateError } from '../errors/usage-errors.js'
import type { Repository, TransactionWrite } from '../repositories/repository.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import { toStoredText } from '../schema/attribute-value.js'
import { hashSlot } from '../schema/hash-slot.js'
import { confirmed } from './confirmed.js'
import { construct, type RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import { fire } from './model-events.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { repositoryOf } from './model-settings.js'
import type { InsertOptions } from './persistence.js'
import {
  bothOperations,
  confirmationOf,
  type PlannedOperation,
  type PlannedWrite,
  planWrite,
  refusal,
} from './planned-write.js'
import { storageOf } from './storage-of.js'
import { criterionOfPredicate, type Predicate } from './stored-condition.js'

/**
 * Collects the writes of a transaction; see `transaction`. Nothing is sent before the function that was given it has ended.
 */
export class Transaction {
  readonly #hashTag: unknown
  readonly #operations: PlannedOperation[] = []
  readonly #pending: Promise<unknown>[] = []
  #repository: { readonly model: string; readonly of: Repository } | null = null
  #isOpen = true

  private constructor(hashTag: unknown) {
    this.#hashTag = hashTag
  }

  /** Not for applications. */
  static async run<R>(hashTag: unknown, work: (tx: Transaction) => R | Promise<R>): Promise<R> {
    const transaction = new Transaction(hashTag)
    let result: R
    try {
      result = await work(transaction)
    } finally {
      transaction.#isOpen = false
    }
    await transaction.#commit()
    return result
  }

  /**
   * A new record with its key, to be created when the transaction ends; also if nobody awaits it. The hash tag is set where
   * `attributes` do not name it.
   * Throws as `Model.create` does for attributes that do not fit, `CrossSlotError` for another hash tag.
   */
  create<T extends ModelRecord>(
    model: RecordClass<T>,
    attributes: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    const created = this.#create(model, attributes, options)
    this.#pending.push(created)
    // Whoever does not await it hears of its error when the transaction ends.
    created.catch(() => {})
    return created
  }

  async #create<T extends ModelRecord>(
    model: RecordClass<T>,
    attributes: AttributeValues<T>,
    options: InsertOptions,
  ): Promise<T> {
    const record = construct(model, null).fill(attributes)
    const { store, definition } = stateOf(record)
    const { hashTag } = definition.schema
    if (
      hashTag !== undefined &&
      Reflect.get(attributes, hashTag.name) === undefined &&
      store.raw(hashTag.name) === null
    ) {
      store.set(hashTag, this.#hashTag)
    }
    this.#add({ type: 'save', record, options })
    if (store.key === null) store.setKey(await record.getNewKey())
    return record
  }

  /**
   * Creates or updates a record when the transaction ends, with what it holds then. Of several calls for one record the options of
   * the last count, and all conditions. With `waitReplicas` replicas confirm the whole transaction. Throws `CrossSlotError` for
   * another hash tag.
   */
  save(record: ModelRecord, options: InsertOptions = {}): void {
    this.#add({ type: 'save', record, options })
  }

  /**
   * As `save`, if the stored record fulfils a condition when the transaction ends; else nothing at all is written, with a
   * `StaleModelError`. Of a record without changes the condition is tested all the same.
   */
  saveIf<T extends ModelRecord>(record: T, predicate: Predicate<T>, options: InsertOptions = {}): void {
    this.#requireStored(record, 'saved on a condition')
    const condition = criterionOfPredicate(stateOf(record).definition.schema, predicate)
    this.#add({ type: 'save', record, options: { ...options, condition } })
  }

  /** Removes a record when the transaction ends. Throws `CrossSlotError` for another hash tag. */
  delete(record: ModelRecord): void {
    this.#requireStored(record, 'deleted')
    this.#add({ type: 'delete', record })
  }

  /** As `delete`, if the stored record fulfils a condition when the transaction ends; else as `saveIf`. */
  deleteIf<T extends ModelRecord>(record: T, predicate: Predicate<T>): void {
    this.#requireStored(record, 'deleted')
    const condition = criterionOfPredicate(stateOf(record).definition.schema, predicate)
    this.#add({ type: 'delete', record, condition })
  }

  #requireStored(record: ModelRecord, verb: string): void {
    if (!record.exists) {
      throw new InvalidStateError(
        `The record [${record.getKey()}] is not stored: it cannot be ${verb} in a transaction.`,
      )
    }
  }

  #add(operation: PlannedOperation): void {
    if (!this.#isOpen) throw new InvalidStateError('The transaction has ended: it takes no more writes.')
    const { record } = operation
    this.#requireRepository(record)
    this.#requireTag(record)
    const place = this.#operations.findIndex((one) => one.record === record)
    const earlier = this.#operations[place]
    if (earlier === undefined) this.#operations.push(operation)
    else this.#operations[place] = bothOperations(earlier, operation)
  }

  async #commit(): Promise<void> {
    await Promise.all(this.#pending)
    if (this.#operations.length === 0) return
    await confirmed(confirmationOf(this.#operations), async () => {
      const events = await this.#exclusively(this.#operations, () => this.#write())
      for (const [record, event] of events) await fire(record, event)
    })
  }

  /** Holds all records, so that no other operation on them begins meanwhile. */
  #exclusively<R>([operation, ...others]: readonly PlannedOperation[], work: () => Promise<R>): Promise<R> {
    if (operation === undefined) return work()
    return stateOf(operation.record).exclusively('transaction', () => this.#exclusively(others, work))
  }

  async #write() {
    const planned: PlannedWrite[] = []
    try {
      for (const operation of this.#operations) {
        planned.push(await planWrite(operation))
        // Handlers may have changed the tag.
        this.#requireTag(operation.record)
      }
      const values = await this.#apply(
        planned.flatMap(({ write }, place) => (write === null ? [] : [{ write, place }])),
      )
      for (const [place, plan] of planned.entries()) plan.done(values.get(place) ?? [])
    } catch (error) {
      for (const plan of planned) plan.undone()
      throw error
    }
    return planned.flatMap(({ events }, place) => {
      const record = this.#operations[place]?.record
      return record === undefined ? [] : events.map((event) => [record, event] as const)
    })
  }

  /** The texts of increments by the place of the operation. */
  async #apply(
    writes: readonly { readonly write: TransactionWrite; readonly place: number }[],
  ): Promise<ReadonlyMap<number, readonly string[]>> {
    // The repository of a model with unique attributes looks after them; that of another model does not know of any.
    const claiming = writes.find(({ write }) => write.schema.uniques !== undefined) ?? writes[0]
    const operation = claiming && this.#operations[claiming.place]
    if (operation === undefined) return new Map()
    const outcome = await transactOf(storageFor(operation.record))(writes.map(({ write }) => write))
    if (outcome.type === 'applied') {
      return new Map(writes.map(({ place }, index) => [place, outcome.values[index] ?? []]))
    }
    const refused = this.#operations[writes[outcome.write]?.place ?? -1]
    throw refused === undefined
      ? new TypeError('A transaction was refused for no write.')
      : refusal(refused, outcome.outcome)
  }

  /** One script writes to one connection. */
  #requireRepository(record: ModelRecord): void {
    const { modelName } = stateOf(record).definition.schema
    transactOf(storageFor(record))
    const repository = repositoryOf(Object.getPrototypeOf(record))
    this.#repository ??= { model: modelName, of: repository }
    if (this.#repository.of === repository) return
    throw new InvalidArgumentError(
      `The models [${this.#repository.model}] and [${modelName}] of one transaction have different repositories or connections.`,
    )
  }

  /** Throws `CrossSlotError` for a record that has, or had when it was read, another hash tag than the transaction. */
  #requireTag(record: ModelRecord): void {
    const { store, definition } = stateOf(record)
    const { schema } = definition
    const { hashTag, modelName } = schema
    if (hashTag === undefined) {
      throw new InvalidArgumentError(
        `The model [${modelName}] has no hash tag: a transaction is over records with @HashTag() on one attribute.`,
      )
    }
    const expected =
      this.#hashTag === null || this.#hashTag === undefined ? null : toStoredText(modelName, hashTag, this.#hashTag)
    const tags = record.exists ? [store.rawOriginal(hashTag.name), store.raw(hashTag.name)] : [store.raw(hashTag.name)]
    const other = tags.find((tag) => tag !== expected)
    if (other === undefined) return
    const keyUnder = (tag: string | null) => {
      const fields = tag === null ? [] : [hashTag.name, tag]
      const key = storageFor(record).keyOf(schema, { id: store.key ?? '?', fields })
      return { key, slot: hashSlot(key) }
    }
    throw new CrossSlotError(
      keyUnder(expected),
      keyUnder(other),
      `The record [${store.key ?? 'new'}] of model [${modelName}] has ${hashTag.name} ${quote(other)}, the transaction ${quote(expected)}`,
    )
  }
}

/**
 * Collects writes to records with one hash tag, also of several models, and applies them in one step with all changes of
 * indexes: all, or none. The function is awaited first; if it throws, nothing is sent, and its answer is the answer here.
 *
 *     await transaction('tenant-7', (tx) => {
 *       account.balance -= 5
 *       tx.save(account)
 *       tx.create(Entry, { accountId: account.id, amount: -5 })
 *     })
 *
 * Events: those that end in -ing before the write, in the order of the operations, the others after it. A handler that
 * cancels ends the whole transaction with a `TransactionCancelledError`.
 * Throws, with nothing written: `CrossSlotError` for a record with another hash tag or number of partitions, with both keys
 * and slots, before anything is sent; `DuplicateKeyError`, `ModelNotFoundError`, `StaleModelError`, as the write alone would;
 * `ConfigurationError` where the repository has no transactions (`redis`, `cluster`).
 *
 * @param hashTag The value of the attribute with `@HashTag()`; null: records without a value.
 */
export function transaction<R>(hashTag: unknown, work: (tx: Transaction) => R | Promise<R>): Promise<R> {
  if (typeof work !== 'function') {
    throw new InvalidArgumentError(`transaction takes a hash tag and a function, not ${quote(work)}.`)
  }
  return Transaction.run(hashTag, work)
}

function storageFor(record: ModelRecord): Repository {
  return storageOf(Object.getPrototypeOf(record), definitionOf(Object.getPrototypeOf(record)).schema)
}

function transactOf(repository: Repository): NonNullable<Repository['transact']> {
  if (repository.transact !== undefined) return repository.transact.bind(repository)
  throw new ConfigurationError(
    `The repository '${repository.name}' has no transactions: use 'indexed' (or 'array' in tests) for these models.`,
  )
}
