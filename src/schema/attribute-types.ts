import type { Dayjs } from 'dayjs'

/** Properties of every record that are neither methods nor attributes. */
export type RecordState = 'exists' | 'wasRecentlyCreated'

/** The names of a class's attributes, the key among them: its properties without methods. */
export type AttributeName<T> = {
  // biome-ignore lint/complexity/noBannedTypes: every callable is meant
  [K in keyof T & string]: K extends RecordState ? never : T[K] extends Function ? never : K
}[keyof T & string]

declare const rangeIndex: unique symbol

/** What the type of a property with a range index carries. No value has it: it is for the compiler alone. */
export interface WithRangeIndex {
  readonly [rangeIndex]?: true
}

/**
 * The type of a property with `@Searchable({ range: true })`, which demands it: a `T` for reading and assigning, of which
 * ranges and orders may be asked. Its cast is named, because compilers record nothing of a generic type.
 *
 *     @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare population: Ranged<number> | null
 */
export type Ranged<T> = T extends null | undefined ? T : T & WithRangeIndex

/** `Value` without the mark of `Ranged`. */
type Unmarked<Value> = Value extends infer Bare & WithRangeIndex ? Bare : Value

/** What the compiler says of a property that the decorator does not fit. */
interface Needs<What extends string> {
  readonly needs: What
}

/** The name of a property that may have a range index: its type is a `Ranged` one. */
export type RangedProperty<Owner, Name> = Name extends keyof Owner
  ? HasRangeIndex<Owner[Name]> extends true
    ? Name
    : Needs<'its type in Ranged<…>'>
  : Name

/** The name of a property that may have an index by equality alone: its type is no `Ranged` one. */
export type UnrangedProperty<Owner, Name> = Name extends keyof Owner
  ? HasRangeIndex<Owner[Name]> extends true
    ? Needs<'{ range: true }'>
    : Name
  : Name

/** Every value whose type is no `Ranged` one. */
// biome-ignore lint/complexity/noBannedTypes: numbers and texts are meant too, and no object type but this one takes them
export type UnrangedValue = (Object & { readonly [rangeIndex]?: never }) | null | undefined

type HasRangeIndex<Value> = typeof rangeIndex extends keyof NonNullable<Value> ? true : false

/** What may be given for an attribute of type `Value`: moments in any form that the date casts read, all else as it is. */
export type AttributeInput<Value> = Value extends Dayjs | Date ? Dayjs | Date | string | number : Unmarked<Value>

/** What may be compared with an attribute: null stands for "no value", where the attribute can be without one. */
export type ComparedValue<Value> = Value extends undefined ? null : AttributeInput<Value>

/** Attributes to be set. A property that is undefined is left alone. */
export type AttributeValues<T> = { readonly [K in AttributeName<T>]?: AttributeInput<T[K]> | undefined }

/** Attributes that must have these values. */
export type AttributeConditions<T> = { readonly [K in AttributeName<T>]?: ComparedValue<T[K]> }

/** The names of the attributes that may be without a value: their type has null or undefined in it. */
export type NullableName<T> = {
  [K in AttributeName<T>]: null extends T[K] ? K : undefined extends T[K] ? K : never
}[AttributeName<T>]

/** The names of the attributes that ranges and orders may be asked of: those of a `Ranged` type, and the key `id`. */
export type RangedName<T> = {
  [K in AttributeName<T>]: IsOrdered<K, T[K]> extends true ? K : never
}[AttributeName<T>]

/** The names of the attributes of which text patterns may be asked: text, and not an enum. */
export type TextName<T> = {
  [K in AttributeName<T>]: IsText<NonNullable<T[K]>> extends true ? K : never
}[AttributeName<T>]

/** The names of the attributes whose values can be added up. */
export type NumberName<T> = {
  [K in AttributeName<T>]: NonNullable<T[K]> extends number | bigint ? K : never
}[AttributeName<T>]

/** The names of the attributes whose values have a least and a greatest: numbers, moments and text. */
export type ComparableName<T> = {
  [K in AttributeName<T>]: NonNullable<T[K]> extends string | number | bigint | Dayjs | Date ? K : never
}[AttributeName<T>]

/** The operators that an attribute has the type and the index for: of every attribute, with an order, for text, for both. */
interface Operators {
  readonly equality: '=' | '!=' | 'in' | 'not in'
  readonly order: Operators['equality'] | '>' | '>=' | '<' | '<=' | 'between' | 'not between'
  readonly text: Operators['equality'] | 'like' | 'not like'
  readonly orderedText: Operators['order'] | Operators['text']
}

/** The operators that the attribute `K` of the class `T` has the type and the index for. */
export type OperatorOf<T, K extends keyof T> = Operators[OperatorsKey<IsOrdered<K, T[K]>, IsText<NonNullable<T[K]>>>]

/** The operator `Given`, if it is one of those; else those, for the compiler's message. */
export type CheckedOperator<T, K extends keyof T, Given> = Given extends OperatorOf<T, K> ? Given : OperatorOf<T, K>

type OperatorsKey<Ordered, Text> = Ordered extends true
  ? Text extends true
    ? 'orderedText'
    : 'order'
  : Text extends true
    ? 'text'
    : 'equality'

/** What an operator compares an attribute of type `Value` with. */
export type OperandOf<Value, Operator> = Operator extends '=' | '!='
  ? ComparedValue<Value>
  : Operator extends 'in' | 'not in'
    ? readonly ComparedValue<Value>[]
    : Operator extends 'between' | 'not between'
      ? readonly [min: AttributeInput<NonNullable<Value>>, max: AttributeInput<NonNullable<Value>>]
      : Operator extends 'like' | 'not like'
        ? string
        : AttributeInput<NonNullable<Value>>

/** The value of the least or greatest of an attribute: as it is read, and null where no row has one. */
export type ExtremeOf<Value> = Unmarked<NonNullable<Value>> | null

type IsOrdered<Name, Value> = Name extends 'id' ? true : HasRangeIndex<Value>

type IsText<Value> = IsBareText<Unmarked<Value>>

/** An enum of texts is none: its members are no assignable texts. */
type IsBareText<Value> = [Value] extends [string] ? (`${Value & string}` extends Value ? true : false) : false
