import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { inUse } from './class-in-use.js'

/** Before a write; a handler that returns `false` cancels it. */
export type CancellableEvent = 'saving' | 'creating' | 'updating' | 'deleting'

/** What happens to a record. */
export type ModelEvent = CancellableEvent | 'retrieved' | 'created' | 'updated' | 'saved' | 'deleted'

/** Is awaited; only the answer `false` to an -ing event has a meaning. */
export type EventHandler<T> = (record: T) => unknown

type Handlers = Map<ModelEvent, readonly EventHandler<never>[]>

const handlersByClass = new WeakMap<object, Handlers>()

/** Registers a handler for a class and its subclasses; returns the function that removes it again. */
export function addHandler<T>(prototype: object, event: ModelEvent, handler: EventHandler<T>): () => void {
  if (typeof handler !== 'function') {
    throw new InvalidArgumentError(`A handler of '${event}' must be a function, not ${quote(handler)}.`)
  }
  const own = handlersByClass.get(prototype) ?? new Map<ModelEvent, readonly EventHandler<never>[]>()
  handlersByClass.set(prototype, own)
  const registered: EventHandler<never> = (record) => handler(record)
  own.set(event, [...(own.get(event) ?? []), registered])
  return () => {
    own.set(
      event,
      (own.get(event) ?? []).filter((one) => one !== registered),
    )
  }
}

/** Whether an event of a class would call anybody. */
export function hasHandlers(prototype: object, event: ModelEvent): boolean {
  return handlersOf(prototype, event).length > 0
}

/**
 * Calls the handlers of an event one after the other, those of base classes first, each in order of registration. False when one
 * cancelled, which ends the chain; errors of handlers pass through.
 */
export async function fire(record: object, event: ModelEvent): Promise<boolean> {
  for (const handler of handlersOf(Object.getPrototypeOf(record), event)) {
    const answer = await handler(record as never)
    if (answer === false && isCancellable(event)) return false
  }
  return true
}

function isCancellable(event: ModelEvent): event is CancellableEvent {
  return event === 'saving' || event === 'creating' || event === 'updating' || event === 'deleting'
}

function handlersOf(prototype: object, event: ModelEvent): readonly EventHandler<never>[] {
  let found: readonly EventHandler<never>[] = []
  for (let level: object | null = inUse(prototype); level !== null; level = Object.getPrototypeOf(level)) {
    const own = handlersByClass.get(level)?.get(event)
    if (own) found = found.length > 0 ? [...own, ...found] : own
  }
  return found
}
