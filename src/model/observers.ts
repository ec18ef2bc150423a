import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { addHandler, type EventHandler, type ModelEvent, modelEvents } from './model-events.js'

/** An object whose methods named after events are their handlers: `creating(visit) {}`. */
export type Observer<T> = { readonly [Event in ModelEvent]?: EventHandler<T> }

/** A class of observers, made without arguments. */
export type ObserverClass<T> = new () => Observer<T>

/** Observers of a model: an object, a class, or a list of them. */
export type Observers<T> = Observer<T> | ObserverClass<T> | readonly (Observer<T> | ObserverClass<T>)[]

/**
 * Registers the methods of observers as handlers; other methods are ignored. Returns the function that removes them again. Throws
 * `InvalidArgumentError` for what is neither an object nor a class; then nothing was registered.
 */
export function observe<T>(prototype: object, observers: Observers<T>): () => void {
  const list: readonly unknown[] = Array.isArray(observers) ? observers : [observers]
  const removers = list.map(instanceOf).flatMap((observer) =>
    modelEvents.flatMap((event) => {
      const method: unknown = Reflect.get(observer, event)
      if (typeof method !== 'function') return []
      return [addHandler(prototype, event, (record) => Reflect.apply(method, observer, [record]))]
    }),
  )
  return () => {
    for (const remove of removers) remove()
  }
}

function instanceOf(observer: unknown): object {
  if (typeof observer === 'object' && observer !== null) return observer
  if (isConstructor(observer)) return new observer()
  throw new InvalidArgumentError(
    `Unable to find observer: ${typeof observer === 'string' ? observer : quote(observer)}. Give an object or a class with methods named after events.`,
  )
}

function isConstructor(value: unknown): value is new () => object {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null
}
