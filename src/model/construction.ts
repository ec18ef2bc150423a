import { ActiveRedisError } from '../errors/active-redis-error.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { StoredRecord } from '../repositories/repository.js'
import { inUse, replaceClass } from './class-in-use.js'

/**
 * How a record object comes into being. Class fields of a model (`ip!: string`, `status = 'new'`) are set after the base
 * constructor: as properties of the object, which would hide the attributes behind them, or through their setters.
 * Which of the two is a compiler option of the application, so both must come to the same.
 *
 * - `fresh` a new record made by this package, `loading` one that was read: the fields are settled after construction.
 * - `wrapped` `new Visit(…)` of a class with `@Entity`, whose constructor calls `settle` at its end.
 * - `direct` `new Visit(…)` of any other class: nothing runs at its end. The object is a proxy if, and only if, fields would
 *   hide attributes; it turns them into defaults while they are defined.
 */
export type ConstructionMode = 'fresh' | 'loading' | 'wrapped' | 'direct'

/** What the constructor of a class does to its attributes; learnt once from a trial object. */
export interface ConstructorTraits {
  /** Attributes that class fields define on the object. */
  readonly shadowed: ReadonlySet<string>
  /** Attributes that class fields or the constructor assign. */
  readonly assigned: ReadonlySet<string>
  /** Whether new records get values that nobody gave them. */
  readonly hasDefaults: boolean
}

/** A class of records, for construction. */
export type RecordClass<T extends object> = new (...args: never[]) => T

/** The same, if abstract. */
export type AbstractRecordClass<T extends object> = abstract new (...args: never[]) => T

/** What the base class of records lets construction do to an object. */
export const settleConstruction = Symbol('settleConstruction')
export const defineInitialValue = Symbol('defineInitialValue')

/** How the constructor that runs now was called. */
export interface Construction {
  readonly mode: ConstructionMode
  /** The record to be loaded. Whoever asks for the construction takes it at once. */
  record: StoredRecord | null
  /** The attributes of it that were read; null: all. */
  readonly read: ReadonlySet<string> | null
}

/** A constructor that leaves the attributes alone. */
export const noTraits: ConstructorTraits = { shadowed: new Set(), assigned: new Set(), hasDefaults: false }

const direct: Construction = { mode: 'direct', record: null, read: null }
const fresh: Construction = { mode: 'fresh', record: null, read: null }
const wrappedConstruction: Construction = { mode: 'wrapped', record: null, read: null }

/** The next constructor whose class is `pendingTarget` was called like `pending`. */
let pending: Construction | null = null
let pendingTarget: unknown = null
let running: Construction = direct
const traits = new WeakMap<object, ConstructorTraits>()
/** The class whose traits were asked for last: most records follow one of the same class. */
let lastSettled: unknown = null

/** Constructs a record, a new one or one that was read, and settles its fields. */
export function construct<T extends ConstructedRecord>(
  written: RecordClass<T>,
  record: StoredRecord | null,
  read: ReadonlySet<string> | null = null,
): T {
  return constructIn(inUse(written), record === null ? fresh : { mode: 'loading', record, read })
}

/** Constructs the records that were read. */
export function constructAll<T extends ConstructedRecord>(
  written: RecordClass<T>,
  records: readonly StoredRecord[],
  read: ReadonlySet<string> | null = null,
): T[] {
  const recordClass = inUse(written)
  // One for all: an object more for each record is as much more for the garbage collector.
  const construction: Construction = { mode: 'loading', record: null, read }
  return records.map((record) => {
    construction.record = record
    return constructIn(recordClass, construction)
  })
}

function constructIn<T extends ConstructedRecord>(recordClass: RecordClass<T>, construction: Construction): T {
  const outer = pending
  const outerTarget = pendingTarget
  pending = construction
  pendingTarget = recordClass
  try {
    const constructed = new recordClass()
    settle(constructed, recordClass)
    return constructed
  } catch (cause) {
    throw constructorFailure(recordClass, cause)
  } finally {
    pending = outer
    pendingTarget = outerTarget
  }
}

/**
 * A subclass whose constructor settles what it made; it has the name of the class and takes its place. A subclass, because
 * libraries that know classes by their constructor find what they know of a base class.
 */
export function withSettledConstruction<C extends AbstractRecordClass<ConstructedRecord>>(recordClass: C): C {
  const settling = class extends (recordClass as AbstractRecordClass<ConstructedRecord> as typeof ConstructedRecord) {
    constructor(...given: readonly unknown[]) {
      if (new.target !== settling || pendingTarget === settling) {
        super(...given)
        return
      }
      const outer = pending
      const outerTarget = pendingTarget
      pending = wrappedConstruction
      pendingTarget = settling
      try {
        super(...given)
        settle(this, settling)
      } finally {
        pending = outer
        pendingTarget = outerTarget
      }
    }
  }
  Object.defineProperty(settling, 'name', { value: recordClass.name, configurable: true })
  replaceClass(recordClass, settling)
  return settling as AbstractRecordClass<ConstructedRecord> as C
}

/** What the constructor of a class does, by a trial: it is called once without arguments. */
export function constructorTraits(written: RecordClass<ConstructedRecord>): ConstructorTraits {
  const recordClass = inUse(written)
  const known = traits.get(recordClass.prototype)
  if (known) return known
  construct(recordClass, null)
  return traits.get(recordClass.prototype) ?? noTraits
}

/** How the record constructor that runs now was called; to be asked by it, right after `super()`. */
export function runningConstruction(): Construction {
  return running
}

/** The base of all records: its constructor decides what `this` is for the constructors below it. */
export class ConstructedRecord {
  constructor(..._given: readonly unknown[]) {
    running = takeConstruction(new.target)
    if (running.mode !== 'direct') return
    const replacement = inUse(new.target)
    if (replacement !== new.target) Object.setPrototypeOf(this, replacement.prototype)
    const { shadowed } = constructorTraits(replacement)
    running = direct
    // biome-ignore lint/correctness/noConstructorReturn: only a proxy sees the fields of subclasses being defined
    if (shadowed.size > 0) return guard(this)
  }

  /** Ends construction: own properties become attributes, and what was assigned becomes defaults. */
  [settleConstruction](): ConstructorTraits {
    return noTraits
  }

  /** Takes the initial value of a class field; true if it names an attribute. */
  [defineInitialValue](_name: PropertyKey, _value: unknown): boolean {
    return false
  }
}

function settle(record: ConstructedRecord, recordClass: AbstractRecordClass<ConstructedRecord>): void {
  const found = record[settleConstruction]()
  if (recordClass === lastSettled) return
  lastSettled = recordClass
  if (!traits.has(recordClass.prototype)) traits.set(recordClass.prototype, found)
}

function constructorFailure(recordClass: RecordClass<ConstructedRecord>, cause: unknown): unknown {
  if (cause instanceof ActiveRedisError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const remedy = 'It is called without arguments for every record that is read: give its parameters defaults.'
  return new DefinitionError(recordClass.name, `its constructor failed: ${reason}. ${remedy}`, { cause })
}

/** Constructors of other classes may run before the awaited one reaches its base: they are not meant. */
function takeConstruction(newTarget: unknown): Construction {
  if (pending === null || pendingTarget !== newTarget) return direct
  const construction = pending
  pending = null
  pendingTarget = null
  return construction
}

function guard<T extends ConstructedRecord>(record: T): T {
  const proxy: T = new Proxy(record, {
    defineProperty(target, name, descriptor) {
      const isAttribute = 'value' in descriptor && proxy[defineInitialValue](name, descriptor.value)
      return isAttribute || Reflect.defineProperty(target, name, descriptor)
    },
  })
  return proxy
}
