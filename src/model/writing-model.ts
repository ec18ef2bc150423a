// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import { InvalidStateError } from '../errors/usage-errors.js'
import type { NumberName } from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import type { RecordClass } from './construction.js'
import { CreatingModel } from './creating-model.js'
import { type IncrementOptions, incrementByKey, incrementRecord, negated } from './increment.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { type InsertOptions, removeIf, save } from './persistence.js'
import type { RecordState } from './record-state.js'
import { criterionOfPredicate, type Predicate } from './stored-condition.js'

/** Writes that depend on what is stored: with a condition, or relative to a number. Each is one step on the server. */
export abstract class WritingModel extends CreatingModel {
  /**
   * Adds to a number of the record with this key, without reading it and without events; returns the value afterwards. See
   * the method of records.
   *
   *     await Page.increment('home', 'views')
   */
  static async increment<T extends ModelRecord, K extends NumberName<T>>(
    this: RecordClass<T>,
    key: KeyInput,
    attribute: K,
    by: number | bigint = 1,
    options: IncrementOptions<T> = {},
  ): Promise<NonNullable<T[K]>> {
    return (await incrementByKey(this, key, attribute, by, options)) as NonNullable<T[K]>
  }

  /** Subtracts; see `increment`. */
  static async decrement<T extends ModelRecord, K extends NumberName<T>>(
    this: RecordClass<T>,
    key: KeyInput,
    attribute: K,
    by: number | bigint = 1,
    options: IncrementOptions<T> = {},
  ): Promise<NonNullable<T[K]>> {
    return (await incrementByKey(this, key, attribute, negated(by), options)) as NonNullable<T[K]>
  }

  /**
   * Saves the record if the stored one fulfils a condition, tested in the same step; true if something was written, false if
   * nothing had changed or a handler cancelled. The condition may be about any attribute, with an index or without.
   *
   *     await order.saveIf({ status: 'open' })
   *     await order.saveIf((stored) => stored.where('total', '<=', 100).whereNull('lockedBy'))
   *
   * Throws `StaleModelError` with the stored record when it does not fulfil the condition; `InvalidStateError` for a record
   * that is not stored; else as `save` does.
   */
  async saveIf(predicate: Predicate<this>, options: InsertOptions = {}): Promise<boolean> {
    const { definition } = requireStored(this, 'saved')
    return save(this, { ...options, condition: criterionOfPredicate(definition.schema, predicate) })
  }

  /**
   * Removes the record if the stored one fulfils a condition; true if this call removed it. Throws `StaleModelError` with the
   * stored record when it does not, `InvalidStateError` for a record that is not stored.
   */
  async deleteIf(predicate: Predicate<this>): Promise<boolean> {
    const { definition } = requireStored(this, 'removed')
    return removeIf(this, criterionOfPredicate(definition.schema, predicate))
  }

  /**
   * Adds to a number of the stored record in one step, together with its index entries, whatever others write at the same
   * time; returns the value afterwards. No value counts as 0. Integers and bigints are exact; floats are the double nearest
   * to the exact sum. The time of the last update is set, the version raised; other changes of this object stay unsaved.
   *
   *     const left = await product.decrement('stock', 2, { min: 0, set: { lastSoldAt: new Date() } })
   *
   * Throws `OutOfRangeError` when the result would be below `min` or above `max`, or more than the attribute can hold;
   * `ModelNotFoundError` when the record was removed; `InvalidArgumentError` for an attribute that is no number;
   * `InvalidStateError` for a record that is not stored.
   */
  async increment<K extends NumberName<this>>(
    attribute: K,
    by: number | bigint = 1,
    options: IncrementOptions<this> = {},
  ): Promise<NonNullable<this[K]>> {
    return (await incrementRecord(this, attribute, by, options)) as NonNullable<this[K]>
  }

  /** Subtracts; see `increment`. */
  async decrement<K extends NumberName<this>>(
    attribute: K,
    by: number | bigint = 1,
    options: IncrementOptions<this> = {},
  ): Promise<NonNullable<this[K]>> {
    return (await incrementRecord(this, attribute, negated(by), options)) as NonNullable<this[K]>
  }
}

function requireStored(record: ModelRecord, done: string): RecordState {
  const state = stateOf(record)
  if (record.exists) return state
  throw new InvalidStateError(
    `The record [${state.store.key}] of model [${state.definition.schema.modelName}] is not stored: it cannot be ${done} if it fulfils a condition.`,
  )
}
