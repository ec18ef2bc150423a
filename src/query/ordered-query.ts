import type { ReplicaReadOptions } from '../connections/connection.js'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Order } from '../repositories/criteria.js'
import type { AttributeName, RangedName } from '../schema/attribute-types.js'
import { ConditionalQuery } from './conditional-query.js'
import { wholeNumber } from './query-base.js'
import type { TraceListener } from './question.js'
import { knownAttribute, orderedTarget } from './search-target.js'

/** Which of the rows come, in which order, and what is read of them. */
export abstract class OrderedQuery<T extends object> extends ConditionalQuery<T> {
  /**
   * Orders the rows by an attribute with a range index or by the key; what earlier orders leave equal is ordered by it. Rows
   * without a value come last either way; what all orders leave equal is in order of creation, in the direction of the last.
   * Without an order rows come in order of creation.
   */
  orderBy(attribute: RangedName<T>, direction: 'asc' | 'desc' = 'asc'): this {
    if (direction !== 'asc' && direction !== 'desc') {
      throw new InvalidArgumentError(`The direction of an order is 'asc' or 'desc', not ${quote(direction)}.`)
    }
    return this.#ordered({ attribute: orderedTarget(this.schema, attribute).name, direction })
  }

  /** The greatest first. */
  orderByDesc(attribute: RangedName<T>): this {
    return this.orderBy(attribute, 'desc')
  }

  /** Forgets all orders; with an attribute, orders by it alone. */
  reorder(attribute?: RangedName<T>, direction: 'asc' | 'desc' = 'asc'): this {
    const unordered = this.with({ order: [] })
    return attribute === undefined ? unordered : unordered.orderBy(attribute, direction)
  }

  /** The newest first: by an attribute, or by creation. */
  latest(attribute?: RangedName<T>): this {
    return attribute === undefined
      ? this.#ordered({ attribute: null, direction: 'desc' })
      : this.orderBy(attribute, 'desc')
  }

  /** The oldest first: by an attribute, or by creation. */
  oldest(attribute?: RangedName<T>): this {
    return attribute === undefined
      ? this.#ordered({ attribute: null, direction: 'asc' })
      : this.orderBy(attribute, 'asc')
  }

  /** At most so many rows; null: all. */
  limit(rows: number | null): this {
    return this.with({ limit: rows === null ? null : wholeNumber('limit', rows, 0) })
  }

  /** The same as `limit`. */
  take(rows: number | null): this {
    return this.limit(rows)
  }

  /** Leaves out so many rows at the beginning. They are walked over: `after` is cheaper for deep pages. */
  offset(rows: number): this {
    return this.with({ offset: wholeNumber('offset', rows, 0) })
  }

  /** The same as `offset`. */
  skip(rows: number): this {
    return this.offset(rows)
  }

  /** The rows of a page of `size` rows; the first page is 1. */
  forPage(page: number, size: number): this {
    const rows = wholeNumber('size', size, 1)
    return this.offset((wholeNumber('page', page, 1) - 1) * rows).limit(rows)
  }

  /** Continues after a page: its `next`; null begins at the beginning. The question must be the same when it runs. */
  after(cursor: string | null): this {
    return this.with({ cursor })
  }

  /**
   * Reads these attributes only, and the key, the hash tag and the version: the others do not travel. The records know it: to read an attribute that was not
   * selected is an `InvalidStateError`, never a null. Replaces an earlier selection; `select()` reads everything again.
   */
  select(...attributes: readonly (AttributeName<T> | readonly AttributeName<T>[])[]): this {
    const names = attributes.flat()
    if (names.length === 0) return this.with({ fields: null })
    const fields = new Set(names.map((name) => knownAttribute(this.schema, name)))
    fields.delete(this.schema.keyName)
    for (const name of this.source.alwaysRead ?? []) fields.add(name)
    if (this.schema.hashTag !== undefined) fields.add(this.schema.hashTag.name)
    return this.with({ fields: [...fields] })
  }

  /**
   * Lets replicas answer, where the repository can: their answers may be some milliseconds old, but are complete. With
   * `readYourWrites` they reflect every write that was acknowledged on the model's connection before; a replica that is
   * behind is waited for `maxWaitMs` (default 25). What no replica can answer, the primary does: `servedBy` of the trace says.
   * Throws `InvalidArgumentError` for an option of a wrong type or out of range when the query runs.
   */
  fromReplica(options: ReplicaReadOptions = {}): this {
    return this.with({ replicas: options })
  }

  /**
   * Refuses what no index answers, by `ScanRefusedError`, before anything is sent: conditions that would be tested on every record,
   * the order by the key of a whole model, patterns that do not say that they are (`where('ip', '10.*')`), queries of a model with
   * a hash tag that do not name it, and every search of `redis` and `cluster`. False allows it, whatever the model says.
   */
  strict(isStrict = true): this {
    return this.with({ strict: isStrict })
  }

  /** Has a function called with what each later answer cost: slots, round trips, the plan. */
  onTrace(listener: TraceListener): this {
    return this.with({ listeners: [...this.question.listeners, listener] })
  }

  /**
   * Refines the query if a condition is truthy, by the function that is given it; otherwise by `otherwise`, if there is one.
   *
   *     Visit.query().when(request.ip, (query, ip) => query.where('ip', '=', ip))
   */
  when<Value>(
    condition: Value,
    refine: (query: this, value: NonNullable<Value>) => this,
    otherwise?: (query: this) => this,
  ): this {
    if (condition) return refine(this, condition)
    return otherwise === undefined ? this : otherwise(this)
  }

  /** Refines the query if a condition is falsy. */
  unless(condition: unknown, refine: (query: this) => this): this {
    return condition ? this : refine(this)
  }

  /** Calls a function with the query, and returns the query as it is. */
  tap(look: (query: this) => unknown): this {
    look(this)
    return this
  }

  #ordered(order: Order): this {
    return this.with({ order: [...this.question.order, order] })
  }
}
