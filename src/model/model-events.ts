import { AsyncLocalStorage } from 'node:async_hooks'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { inUse } from './class-in-use.js'

/** Before a write; a handler that returns `false` cancels it. */
export type CancellableEvent = 'saving' | 'creating' | 'updating' | 'deleting'

/** What happens to a record. */
export type ModelEvent = CancellableEvent | 'retrieved' | 'created' | 'updated' | 'saved' | 'deleted' | 'replicating'

/** Is awaited; only the answer `false` to an -ing event that comes before a write has a meaning. */
export type EventHandler<T> = (record: T) => unknown

/** What is told of every event of every model, after the handlers; an `EventEmitter` is one. Its answer has no meaning. */
export interface EventDispatcher {
  /** @param event `redis.model.created: Visit` */
  emit(event: string, record: object): unknown
}

/** All events, in the order in which they can happen to a record. */
export const modelEvents: readonly ModelEvent[] = [
  'retrieved',
  'creating',
  'created',
  'updating',
  'updated',
  'saving',
  'saved',
  'deleting',
  'deleted',
  'replicating',
]

type Handlers = Map<ModelEvent, readonly EventHandler<never>[]>

const handlersByClass = new WeakMap<object, Handlers>()
let dispatcher: EventDispatcher | null = null
/** Made when it is first needed: looking it up costs time in every write. */
let muted: AsyncLocalStorage<true> | null = null
/** The events for which any class ever had a handler. */
const everHandled = new Set<ModelEvent>()

/** Registers a handler for a class and its subclasses; returns the function that removes it again. */
export function addHandler<T>(prototype: object, event: ModelEvent, handler: EventHandler<T>): () => void {
  if (typeof handler !== 'function') {
    throw new InvalidArgumentError(`A handler of '${event}' must be a function, not ${quote(handler)}.`)
  }
  everHandled.add(event)
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

/** Removes the handlers of a class, not those of its base classes. */
export function removeHandlers(prototype: object): void {
  const owner = inUse(prototype)
  for (let level = owner; inUse(level) === owner; level = Object.getPrototypeOf(level)) handlersByClass.delete(level)
}

/** Whether an event of a class would call anybody. */
export function hasHandlers(prototype: object, event: ModelEvent): boolean {
  return !isMuted() && (dispatcher !== null || handlersOf(prototype, event).length > 0)
}

/** Runs a function in which, and in whatever it awaits, no event of any model happens. */
export function withoutEvents<R>(work: () => R): R {
  muted ??= new AsyncLocalStorage()
  return muted.run(true, work)
}

/** Sets what is told of every event, or null for nobody; returns what was set before. */
export function setDispatcher(next: EventDispatcher | null): EventDispatcher | null {
  const before = dispatcher
  dispatcher = next
  return before
}

/** What is told of every event. */
export function currentDispatcher(): EventDispatcher | null {
  return dispatcher
}

/**
 * Calls the handlers of an event one after the other, those of base classes first, each in order of registration. False when one
 * cancelled, which ends the chain; errors of handlers pass through.
 */
export function fire(record: object, event: ModelEvent): Promise<boolean> {
  return isHeard(event) ? callHandlers(record, event) : passed
}

/** Whether `fire` may call anybody; to await it for nothing costs time in every write. */
export function isHeard(event: ModelEvent): boolean {
  return (dispatcher !== null || everHandled.has(event)) && !isMuted()
}

/** What most events end with, without any work. */
const passed = Promise.resolve(true)

async function callHandlers(record: object, event: ModelEvent): Promise<boolean> {
  const prototype: object = Object.getPrototypeOf(record)
  for (const handler of handlersOf(prototype, event)) {
    const answer = await handler(record as never)
    if (answer === false && isCancellable(event)) return false
  }
  dispatcher?.emit(`redis.model.${event}: ${prototype.constructor.name}`, record)
  return true
}

function isMuted(): boolean {
  return muted?.getStore() === true
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
