import { ActiveRedisError } from '../errors/active-redis-error.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { StoredRecord } from '../repositories/repository.js'

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
  /** The record to be loaded. */
  readonly record: StoredRecord | null
}

/** The next constructor whose class is `newTarget` was called like this. */
interface PendingConstruction {
  readonly newTarget: unknown
  readonly construction: Construction
}

const direct: Construction = { mode: 'direct', record: null }
let pending: PendingConstruction | null = null
let running: Construction = direct
const noTraits: ConstructorTraits = { shadowed: new Set(), assigned: new Set() }
const traits = new WeakMap<object, ConstructorTraits>()

/** Constructs a record and settles its fields. */
export function construct<T extends ConstructedRecord>(
  recordClass: RecordClass<T>,
  mode: 'fresh' | 'loading',
  record: StoredRecord | null,
): T {
  return settled(recordClass, { mode, record }, () => callConstructor(recordClass))
}

/** The class with a constructor that settles what it made. Its prototype, statics and name stay. */
export function withSettledConstruction<C extends AbstractRecordClass<ConstructedRecord>>(recordClass: C): C {
  const wrapped: C = new Proxy(recordClass, {
    construct(target, args, newTarget) {
      const build = (): ConstructedRecord => Reflect.construct(target, args, newTarget)
      if (newTarget !== wrapped || pending?.newTarget === newTarget) return build()
      return settled(newTarget as C, { mode: 'wrapped', record: null }, build)
    },
  })
  recordClass.prototype.constructor = wrapped
  return wrapped
}

/** What the constructor of a class does, by a trial: it is called once without arguments. */
export function constructorTraits(recordClass: RecordClass<ConstructedRecord>): ConstructorTraits {
  const known = traits.get(recordClass.prototype)
  if (known) return known
  construct(recordClass, 'fresh', null)
  return traits.get(recordClass.prototype) ?? noTraits
}

/** How the record constructor that runs now was called; to be asked by it, right after `super()`. */
export function runningConstruction(): Construction {
  return running
}

/** The base of all records: its constructor decides what `this` is for the constructors below it. */
export class ConstructedRecord {
  constructor() {
    running = takeConstruction(new.target)
    if (running.mode !== 'direct') return
    const { shadowed } = constructorTraits(new.target)
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

function settled<T extends ConstructedRecord>(
  newTarget: AbstractRecordClass<T>,
  construction: Construction,
  build: () => T,
): T {
  const outer = pending
  pending = { newTarget, construction }
  try {
    const record = build()
    const found = record[settleConstruction]()
    if (!traits.has(newTarget.prototype)) traits.set(newTarget.prototype, found)
    return record
  } finally {
    pending = outer
  }
}

function callConstructor<T extends ConstructedRecord>(recordClass: RecordClass<T>): T {
  try {
    return new recordClass()
  } catch (cause) {
    if (cause instanceof ActiveRedisError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const remedy = 'It is called without arguments for every record that is read: give its parameters defaults.'
    throw new DefinitionError(recordClass.name, `its constructor failed: ${reason}. ${remedy}`, { cause })
  }
}

/** Constructors of other classes may run before the awaited one reaches its base: they are not meant. */
function takeConstruction(newTarget: unknown): Construction {
  if (pending === null || pending.newTarget !== newTarget) return direct
  const { construction } = pending
  pending = null
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
