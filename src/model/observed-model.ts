// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import { ConfiguredModel } from './configured-model.js'
import {
  addHandler,
  currentDispatcher,
  type EventDispatcher,
  type EventHandler,
  type ModelEvent,
  modelEvents,
  removeHandlers,
  setDispatcher,
  withoutEvents,
} from './model-events.js'
import type { ModelRecord } from './model-record.js'
import { type Observers, observe } from './observers.js'

/** What happens to records, and who is told. */
export abstract class ObservedModel extends ConfiguredModel {
  /** Runs after a record was read: by a query, `find` or `fresh`; not after `refresh`. Once for each. */
  static retrieved<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'retrieved', handler)
  }

  /**
   * Runs first in every save; `false` cancels it. Like all of these, for this class and its subclasses, awaited, handlers of
   * base classes first; the returned function removes the handler.
   */
  static saving<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'saving', handler)
  }

  /** Runs last in every save that was not cancelled, also when nothing had changed. */
  static saved<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'saved', handler)
  }

  /** Runs before a new record is stored, when it has its key; `false` cancels. */
  static creating<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'creating', handler)
  }

  /** Runs after a new record was stored. */
  static created<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'created', handler)
  }

  /** Runs before changes are stored, only if there are any; `false` cancels. */
  static updating<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'updating', handler)
  }

  /** Runs after changes were stored. */
  static updated<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'updated', handler)
  }

  /** Runs before a record is removed; `false` cancels. */
  static deleting<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'deleting', handler)
  }

  /** Runs after a record was removed, also when somebody else had removed it before. */
  static deleted<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'deleted', handler)
  }

  /** Runs after `replicate` made a copy, with the copy. */
  static replicating<T extends ModelRecord>(this: { prototype: T }, handler: EventHandler<T>): () => void {
    return addHandler(this.prototype, 'replicating', handler)
  }

  /**
   * Registers the methods of an observer that are named after events as handlers; a class of observers is made first, and a list
   * registers all of them. Returns the function that removes them again. Throws `InvalidArgumentError` for anything else.
   *
   *     Visit.observe({ created: (visit) => log(visit.id) })
   */
  static observe<T extends ModelRecord>(this: { prototype: T }, observers: Observers<T>): () => void {
    return observe(this.prototype, observers)
  }

  /** The names of the events for which handlers can be registered. */
  static getObservableEvents(): readonly ModelEvent[] {
    return modelEvents
  }

  /** Removes the handlers and observers of this class; those of its base classes stay. */
  static flushEventListeners(this: { prototype: ModelRecord }): void {
    removeHandlers(this.prototype)
  }

  /**
   * Runs a function in which no event of any model happens: in what it awaits too, and nowhere else, whatever runs beside it.
   * Returns what the function returns.
   */
  static withoutEvents<R>(work: () => R): R {
    return withoutEvents(work)
  }

  /** Has every event of every model told to an `EventEmitter`, after the handlers, as `redis.model.created: Visit`. */
  static setEventDispatcher(dispatcher: EventDispatcher): void {
    setDispatcher(dispatcher)
  }

  /** What `setEventDispatcher` set; null for nothing. */
  static getEventDispatcher(): EventDispatcher | null {
    return currentDispatcher()
  }

  /** Takes back `setEventDispatcher`. */
  static unsetEventDispatcher(): void {
    setDispatcher(null)
  }

  /** The names of the events for which handlers can be registered. */
  getObservableEvents(): readonly ModelEvent[] {
    return modelEvents
  }
}
