import type { ModelSchema } from '../../schema/model-schema.js'
import { applyChange } from '../apply-change.js'
import type { Criterion } from '../criteria.js'
import { fieldOf, fieldsOf } from '../fields.js'
import { keyAfter, keyOfRecord } from '../record-keys.js'
import type { Conflict, Increment, OutOfRange, RecordChange, StoredRecord, UpdateOutcome } from '../repository.js'
import type { Wish } from './claim-session.js'
import type { Released } from './claimed-writes.js'
import { holderText } from './unique-claims.js'
import { type UniqueValue, uniqueNames, uniqueValuesOf } from './unique-values.js'

/** A change of a record that was read: what it needs, what it leaves, and the form in which it can be made. */
export interface PlannedChange {
  readonly type: 'planned'
  /** The values to be claimed. */
  readonly wishes: readonly Wish[]
  /** The values that the record leaves, under the key that it had. */
  readonly released: Released
  /**
   * The change, made only if the unique attributes are still as they were read: what others write to them meanwhile would be
   * claimed by nobody. Increments of unique attributes are set to their sums.
   */
  readonly change: RecordChange
  /** The outcome as the change as it was given has it. */
  outcome(made: UpdateOutcome): UpdateOutcome
}

/** Plans a change, or says why it cannot be made. @param expiresAtMs When the record expires; null: never. */
export function planChange(
  schema: ModelSchema,
  stored: StoredRecord,
  expiresAtMs: number | null,
  change: RecordChange,
): PlannedChange | Conflict | OutOfRange {
  const applied = applyChange(schema, stored, change)
  if (applied.type !== 'applied') return applied
  const { hashTag } = schema
  const before = keyOfRecord(schema, stored.id, stored.fields)
  const holder = keyAfter(schema, change, hashTag === undefined ? null : fieldOf(stored.fields, hashTag.name))
  const moves = holderText(before) !== holderText(holder)
  const old = uniqueValuesOf(schema, stored.fields)
  const next = uniqueValuesOf(schema, fieldsOf(applied.fields))
  const deadline = change.expiresAtMs === undefined ? expiresAtMs : change.expiresAtMs
  const isAmong = (values: readonly UniqueValue[]) => {
    const keys = new Set(values.map(({ claimKey }) => claimKey))
    return ({ claimKey }: UniqueValue) => keys.has(claimKey)
  }
  const isOld = isAmong(old)
  const isNext = isAmong(next)
  return {
    type: 'planned',
    wishes: (moves ? next : next.filter((value) => !isOld(value))).map((value) => {
      return { schema, value, holder, from: moves ? before : null, expiresAtMs: deadline }
    }),
    released: { holder: before, values: old.filter((value) => !isNext(value)) },
    ...withoutUniqueIncrements(schema, stored, change, applied.values),
  }
}

function withoutUniqueIncrements(
  schema: ModelSchema,
  stored: StoredRecord,
  change: RecordChange,
  values: readonly string[],
): Pick<PlannedChange, 'change' | 'outcome'> {
  const names = uniqueNames(schema)
  const { increments = [], ...rest } = change
  const isUnique = ({ attribute }: Increment) => names.has(attribute)
  const others = increments.filter((increment) => !isUnique(increment))
  const sums = increments.flatMap((increment, index) => {
    return isUnique(increment) ? [increment.attribute, values[index] ?? ''] : []
  })
  const unchanged: Criterion[] = Array.from(names, (attribute) => {
    return { type: 'equals', attribute, value: fieldOf(stored.fields, attribute) }
  })
  const condition: Criterion = {
    type: 'all',
    of: change.condition === undefined ? unchanged : [change.condition, ...unchanged],
  }
  return {
    change: {
      ...rest,
      set: [...change.set, ...sums],
      condition,
      ...(others.length > 0 && { increments: others }),
    },
    outcome(made) {
      const isUpdated = made === 'updated' || (typeof made === 'object' && made.type === 'updated')
      if (!isUpdated || increments.length === 0) return made
      const sumsOfOthers = typeof made === 'object' && made.type === 'updated' ? [...made.values] : []
      return {
        type: 'updated',
        values: increments.map((increment, index) => {
          return (isUnique(increment) ? values[index] : sumsOfOthers.shift()) ?? ''
        }),
      }
    },
  }
}
