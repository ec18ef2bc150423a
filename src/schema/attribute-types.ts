import type { Dayjs } from 'dayjs'

/** Properties of every record that are neither methods nor attributes. */
export type RecordState = 'exists' | 'wasRecentlyCreated'

/** The names of a class's attributes, the key among them: its properties without methods. */
export type AttributeName<T> = {
  // biome-ignore lint/complexity/noBannedTypes: every callable is meant
  [K in keyof T & string]: K extends RecordState ? never : T[K] extends Function ? never : K
}[keyof T & string]

/** What may be given for an attribute of type `Value`: moments in any form that the date casts read, all else as it is. */
export type AttributeInput<Value> = Value extends Dayjs | Date ? Dayjs | Date | string | number : Value

/** What may be compared with an attribute: null stands for "no value". */
export type ComparedValue<Value> = AttributeInput<NonNullable<Value>> | null

/** Attributes to be set. A property that is undefined is left alone. */
export type AttributeValues<T> = { readonly [K in AttributeName<T>]?: AttributeInput<T[K]> | undefined }

/** Attributes that must have these values. */
export type AttributeConditions<T> = { readonly [K in AttributeName<T>]?: ComparedValue<T[K]> }
