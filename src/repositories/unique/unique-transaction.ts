import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { keyOfWrite } from '../one-slot.js'
import type { Repository, TransactionOutcome, TransactionWrite } from '../repository.js'
import type { Wish } from './claim-session.js'
import { type ClaimedWrites, MOST_ATTEMPTS, ownedBy, type Released, releasedBy } from './claimed-writes.js'
import { planChange } from './planned-change.js'
import { touchesUnique } from './unique-values.js'

/** A transaction over records with unique values: all claims, one step, all confirmed. */
export async function transactUniquely(
  repository: Repository,
  claimed: ClaimedWrites,
  writes: readonly TransactionWrite[],
): Promise<TransactionOutcome> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const wishes: Wish[] = []
    const released: (Released & { readonly schema: ModelSchema })[] = []
    const planned: TransactionWrite[] = []
    for (const [place, write] of writes.entries()) {
      const plan = await planWrite(repository, claimed, write)
      if ('outcome' in plan) return { type: 'refused', write: place, outcome: plan.outcome }
      wishes.push(...plan.wishes)
      planned.push(plan.write)
      if (plan.released !== null) released.push({ ...plan.released, schema: write.schema })
    }
    const outcome = await claimed.write(handedOver(wishes, released), async (guarded) => {
      const result = await guarded.transact?.(planned)
      if (result === undefined) throw new TypeError(`The repository '${repository.name}' has no transactions.`)
      return { result, isDone: result.type === 'applied' }
    })
    if (outcome.type === 'applied') {
      for (const { schema, ...one } of released) await claimed.release(schema, [one])
      return outcome
    }
    const refused = writes[outcome.write]
    const { outcome: reason } = outcome
    if (refused === undefined || typeof reason !== 'object' || reason.type !== 'conflict') return outcome
    const condition = conditionOf(refused)
    if (condition !== undefined && !matches(refused.schema, condition, reason.stored)) return outcome
  }
  throw new Error('The transaction could not be applied: others kept changing unique attributes of its records.')
}

/**
 * The wishes, where a value that one record of the transaction leaves and another one gets is taken over from the first: as a record
 * that changes its key takes its own along. Both are written in one step, so that one of them has it at any time.
 */
function handedOver(wishes: readonly Wish[], released: readonly Released[]): readonly Wish[] {
  const leaving = new Map(
    released.flatMap(({ holder, values }) => values.map(({ claimKey }) => [claimKey, holder] as const)),
  )
  return wishes.map((wish) => ({ ...wish, from: wish.from ?? leaving.get(wish.value.claimKey) ?? null }))
}

async function planWrite(
  repository: Repository,
  claimed: ClaimedWrites,
  write: TransactionWrite,
): Promise<
  | { readonly write: TransactionWrite; readonly wishes: readonly Wish[]; readonly released: Released | null }
  | { readonly outcome: (TransactionOutcome & { readonly type: 'refused' })['outcome'] }
> {
  const { schema } = write
  if (schema.uniques === undefined) return { write, wishes: [], released: null }
  const isInsert = write.type === 'insert'
  const [stored = null] = isInsert && !write.replace ? [] : await repository.fetch(schema, [keyOfWrite(write)])
  if (isInsert) {
    const released = stored === null ? null : releasedBy(schema, stored, write.record)
    return { write, wishes: claimed.wishesOf(schema, write.record), released }
  }
  if (write.type === 'delete') return { write, wishes: [], released: stored && ownedBy(schema, stored) }
  const { change } = write
  if (stored === null) return { outcome: 'missing' }
  if (change.expiresAtMs !== undefined) await claimed.extend(schema, [keyOfWrite(write)], change.expiresAtMs)
  if (!touchesUnique(schema, change)) return { write, wishes: [], released: null }
  const plan = planChange(schema, stored, (await repository.expiry(schema, keyOfWrite(write))) ?? null, change)
  if (plan.type !== 'planned') return { outcome: plan }
  // A transaction computes increments itself, from values that it compares: they may stay.
  const { condition } = plan.change
  const guarded = { ...change, ...(condition !== undefined && { condition }) }
  return {
    write: { ...write, change: guarded },
    wishes: plan.wishes,
    released: plan.released,
  }
}

function conditionOf(write: TransactionWrite): Criterion | undefined {
  if (write.type === 'insert') return undefined
  return write.type === 'delete' ? write.condition : write.change.condition
}
