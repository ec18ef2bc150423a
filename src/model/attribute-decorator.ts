import 'reflect-metadata'
import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { RangedProperty, UnrangedProperty, UnrangedValue, WithRangeIndex } from '../schema/attribute-types.js'
import { type AttributeDeclaration, declareAttribute } from '../schema/declaration.js'
import { declareLater, isStandardContext, type StandardContext } from '../schema/standard-metadata.js'
import { attributeAccessor } from './definition-of.js'
import { type ModelRecord, stateOf } from './model-record.js'

/** A decorator of fields, and of fields with `accessor`, of a type within `Value`; as ECMAScript defines it. */
export interface StandardDecorator<Value> {
  <V extends Value>(field: undefined, context: ClassFieldDecoratorContext<object, V>): void
  <V extends Value>(
    accessor: ClassAccessorDecoratorTarget<object, V>,
    context: ClassAccessorDecoratorContext<object, V>,
  ): ClassAccessorDecoratorResult<object, V>
}

/** A decorator of properties, as TypeScript's `experimentalDecorators` and as ECMAScript calls it. */
export interface AttributeDecorator extends StandardDecorator<unknown> {
  (prototype: object, name: string | symbol, descriptor?: PropertyDescriptor): void
}

/** A decorator of properties that have a `Ranged` type. */
export interface RangedDecorator extends StandardDecorator<WithRangeIndex | null | undefined> {
  <Owner extends object, Name extends string | symbol>(
    prototype: Owner,
    name: Name & RangedProperty<Owner, Name>,
    descriptor?: PropertyDescriptor,
  ): void
}

/**
 * A decorator of properties that have another type than a `Ranged` one. The first form takes type parameters, of which the compiler
 * knows too little for the second; the second private properties.
 */
export interface UnrangedDecorator extends StandardDecorator<UnrangedValue> {
  <Name extends string | symbol>(
    prototype: { readonly [Property in Name]?: UnrangedValue },
    name: Name,
    descriptor?: PropertyDescriptor,
  ): void
  <Owner extends object, Name extends string | symbol>(
    prototype: Owner,
    name: Name & UnrangedProperty<Owner, Name>,
    descriptor?: PropertyDescriptor,
  ): void
}

/** What a decorator declares of an attribute. */
type Declaration = Omit<AttributeDeclaration, 'name' | 'designType'>

/**
 * A decorator that makes a property an attribute, called by either convention; `declareMore` declares what is not part of the
 * attribute. Standard decorators know no class yet: what they declare waits in the metadata of the class.
 */
export function attributeDecorator(
  decorator: string,
  declaration: Declaration,
  declareMore: (prototype: object, name: string) => void = () => {},
): AttributeDecorator {
  function decorate<V>(field: undefined, context: ClassFieldDecoratorContext<object, V>): void
  function decorate<V>(
    accessor: ClassAccessorDecoratorTarget<object, V>,
    context: ClassAccessorDecoratorContext<object, V>,
  ): ClassAccessorDecoratorResult<object, V>
  function decorate(prototype: object, name: string | symbol, descriptor?: PropertyDescriptor): void
  function decorate(
    target: object | undefined,
    where: string | symbol | StandardContext,
    descriptor?: PropertyDescriptor,
  ): unknown {
    if (isStandardContext(where)) {
      const name = standardName(where, decorator)
      declareLater(where, decorator, (prototype) => {
        declareAttribute(prototype, { ...declaration, name, designType: undefined })
        declareMore(prototype, name)
      })
      return where.kind === 'accessor' ? accessorOf(name) : undefined
    }
    const prototype = target ?? {}
    const name = legacyName(prototype, where, descriptor, decorator)
    const designType: unknown = Reflect.getMetadata('design:type', prototype, name)
    declareAttribute(prototype, { ...declaration, name, designType })
    declareMore(prototype, name)
    return undefined
  }
  return decorate
}

/** What takes the place of an `accessor`: its values are the attribute's, its initial value is a default of new records. */
function accessorOf(name: string): ClassAccessorDecoratorResult<ModelRecord, unknown> {
  return {
    ...attributeAccessor(name),
    init(this: ModelRecord, value: unknown) {
      stateOf(this).initialiseAccessor(name, value)
      return undefined
    },
  }
}

function standardName({ kind, name, ...context }: StandardContext, decorator: string): string {
  const isField = kind === 'field' || kind === 'accessor'
  if (isField && typeof name === 'string' && !context.static && !context.private) return name
  throw new DefinitionError(
    '?',
    `${decorator} stands at ${quote(name)}, which is no property of instances; methods, getters, statics, private names and symbols cannot be attributes.`,
  )
}

function legacyName(
  prototype: object,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  decorator: string,
): string {
  if (typeof prototype !== 'function' && typeof name !== 'symbol' && descriptor === undefined) return name
  throw new DefinitionError(
    typeof prototype === 'function' ? prototype.name : prototype.constructor.name,
    `${decorator} stands at ${quote(name)}, which is no property of instances: declare it as \`declare ${String(name)}: …\`; methods, accessors, statics and symbols cannot be attributes.`,
  )
}
