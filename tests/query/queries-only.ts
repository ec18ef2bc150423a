/** The public methods of queries that classes do not have, and why. */
export const queriesOnly = {
  orWhere: 'a class has asked nothing that this could be an alternative to',
  orWhereNot: 'as orWhere',
  orWhereIn: 'as orWhere',
  orWhereNotIn: 'as orWhere',
  orWhereNull: 'as orWhere',
  orWhereNotNull: 'as orWhere',
  orWhereBetween: 'as orWhere',
  orWhereNotBetween: 'as orWhere',
  orWhereLike: 'as orWhere',
  orWhereNotLike: 'as orWhere',
  orWhereStartsWith: 'as orWhere',
  orWhereEndsWith: 'as orWhere',
  orWhereContains: 'as orWhere',
  orWhereKey: 'as orWhere',
  orWhereKeyNot: 'as orWhere',
  strict: 'a static field of this name declares the class strict',
  update: 'on a class it reads as one record: all are meant by query().update()',
  updateMany: 'as update',
  delete: 'on a class it reads as one record: all are meant by query().delete(), or truncate()',
  deleteMany: 'as delete',
} as const

/** Statics of these names are about one record, by its key. */
export const otherMeaning = ['increment', 'decrement']

/** Names of `queriesOnly`. */
export type NotOnClasses = keyof typeof queriesOnly
