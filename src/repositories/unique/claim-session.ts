import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { UniqueConstraintError } from '../../errors/conflict-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { idOf } from '../record-keys.js'
import type { RecordKey, StoredRecord } from '../repository.js'
import type { Claim, TakenClaim } from './unique-claims.js'
import { holderText } from './unique-claims.js'
import type { UniqueSupport } from './unique-support.js'
import { castValues, hasValues, type UniqueValue } from './unique-values.js'

/** Longest pause before a claim that somebody else is about to confirm is asked for again. */
const MOST_PAUSE_MS = 50
/** How often a claim that keeps changing hands is tried for. */
const MOST_ATTEMPTS = 1000

/** Values that a record is to have. */
export interface Wish {
  readonly schema: ModelSchema
  readonly value: UniqueValue
  readonly holder: RecordKey
  /** The key that the record has now, where it gets another one. */
  readonly from: RecordKey | null
  readonly expiresAtMs: number | null
}

/**
 * The claims of one write: taken before it, confirmed or given back after it. They are taken one after the other in the order
 * of their keys, so that writers never wait for each other in a circle.
 */
export class ClaimSession {
  readonly token = randomUUID()
  readonly #support: UniqueSupport
  readonly #leaseMs: number
  readonly #taken: (TakenClaim & { readonly expiresAtMs: number | null })[] = []

  constructor(support: UniqueSupport, leaseMs: number) {
    this.#support = support
    this.#leaseMs = leaseMs
  }

  /**
   * Takes claims, or none of them. Waits while others have a pending one, at most for its lease. Throws
   * `UniqueConstraintError` for values that another record has.
   */
  async take(wishes: readonly Wish[]): Promise<void> {
    const ordered = [...wishes].sort((left, right) => (left.value.claimKey < right.value.claimKey ? -1 : 1))
    try {
      for (const [place, wish] of ordered.entries()) {
        const before = ordered[place - 1]
        if (before?.value.claimKey === wish.value.claimKey) throw violation(wish, before.holder)
        await this.#takeOne(wish)
      }
    } catch (error) {
      await this.giveBack()
      throw error
    }
  }

  /** After the write. An error is not one of the write: whoever finds the claims reads the record, and confirms them. */
  async confirm(): Promise<void> {
    const byDeadline = new Map<number | null, string[]>()
    for (const { key, expiresAtMs } of this.#taken) {
      byDeadline.set(expiresAtMs, [...(byDeadline.get(expiresAtMs) ?? []), key])
    }
    for (const [expiresAtMs, keys] of byDeadline) await this.#support.claims.confirm(keys, this.token, expiresAtMs)
  }

  /** After a write that certainly did not happen. */
  async giveBack(): Promise<void> {
    await this.#support.claims.giveBack(this.#taken, this.token)
  }

  async #takeOne(wish: Wish): Promise<void> {
    const { schema, value, holder, from, expiresAtMs } = wish
    const key = value.claimKey
    let pauseMs = 1
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const wanted = { holder, from, token: this.token, leaseMs: this.#leaseMs, expiresAtMs }
      const outcome = await this.#support.claims.take(key, wanted)
      switch (outcome.type) {
        case 'taken':
          this.#taken.push({ key, before: outcome.before, expiresAtMs })
          return
        case 'busy':
          await setTimeout(Math.min(outcome.leftMs, pauseMs))
          pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2)
          break
        case 'held':
          if (outcome.claim.state === 'pending') await this.#judge(schema, key, value, outcome.claim)
          else await this.#contest(wish, outcome.claim)
          break
        default:
          throw new TypeError(`Unknown outcome: ${String(outcome satisfies never)}`)
      }
    }
    throw new Error(`A unique value of model [${schema.modelName}] could not be claimed: others kept claiming it.`)
  }

  /** Ends a claim whose lease is over: first its writer can write nothing any more, then its record tells what it did. */
  async #judge(schema: ModelSchema, key: string, value: UniqueValue, claim: Claim): Promise<void> {
    const { claims } = this.#support
    const record = await this.#support.fence(schema, claim.holder, claim.token)
    if (hasValues(record, value)) await claims.settle(key, claim.token, claim.holder)
    else if (claim.from !== null && hasValues(await this.#read(schema, claim.from), value)) {
      await claims.settle(key, claim.token, claim.from)
    } else await claims.end(key, claim.token, 'pending')
  }

  /** Throws if the holder of a confirmed claim has the values; else ends the claim. */
  async #contest(wish: Wish, claim: Claim): Promise<void> {
    const { schema, value } = wish
    if (hasValues(await this.#read(schema, claim.holder), value)) throw violation(wish, claim.holder)
    await this.#support.claims.end(value.claimKey, claim.token, 'confirmed')
  }

  async #read(schema: ModelSchema, key: RecordKey): Promise<StoredRecord | null> {
    const [record] = await this.#support.read(schema, [key])
    return record ?? null
  }
}

/**
 * Ends the claims of values that a record does not have any more. Each claim is read before the record: one that is taken
 * anew in between has another token, and stays.
 */
export async function release(
  support: UniqueSupport,
  schema: ModelSchema,
  given: readonly { readonly holder: RecordKey; readonly values: readonly UniqueValue[] }[],
): Promise<void> {
  const wanted = given.flatMap(({ holder, values }) => values.map((value) => ({ holder, value })))
  const { claims } = support
  const found = await claims.read(wanted.map(({ value }) => value.claimKey))
  const own = wanted.flatMap(({ holder, value }, index) => {
    const claim = found[index]
    const isOwn = claim?.state === 'confirmed' && holderText(claim.holder) === holderText(holder)
    return isOwn ? [{ claim, value }] : []
  })
  if (own.length === 0) return
  const records = await support.read(
    schema,
    own.map(({ claim }) => claim.holder),
  )
  await Promise.all(
    own.map(async ({ claim, value }, index) => {
      if (!hasValues(records[index] ?? null, value)) await claims.end(value.claimKey, claim.token, 'confirmed')
    }),
  )
}

function violation({ schema, value }: Wish, holder: RecordKey): UniqueConstraintError {
  const names = value.unique.attributes.map(({ name }) => name)
  return new UniqueConstraintError(schema.modelName, names, castValues(schema, value), idOf(holder))
}
