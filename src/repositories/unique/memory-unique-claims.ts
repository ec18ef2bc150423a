import type { RecordKey } from '../repository.js'
import {
  type Claim,
  holderText,
  type TakenClaim,
  type TakeOutcome,
  type UniqueClaims,
  type WantedClaim,
} from './unique-claims.js'

/** Claims within this process. They do not expire: a claim whose record is gone is given up when its value is wanted. */
export class MemoryUniqueClaims implements UniqueClaims {
  readonly #now: () => number
  readonly #claims = new Map<string, Claim & { readonly untilMs: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  async take(key: string, { holder, from, token, leaseMs }: WantedClaim): Promise<TakeOutcome> {
    const claim = this.#claims.get(key)
    const untilMs = this.#now() + leaseMs
    if (claim === undefined) {
      this.#claims.set(key, { holder, from, token, state: 'pending', untilMs })
      return { type: 'taken', before: null }
    }
    const before = claim.holder
    if (claim.state === 'confirmed' && (isSame(before, holder) || isSame(before, from))) {
      const left = isSame(before, holder) ? null : before
      this.#claims.set(key, { holder, from: left, token, state: 'pending', untilMs })
      return { type: 'taken', before }
    }
    const leftMs = claim.state === 'pending' ? claim.untilMs - this.#now() : 0
    return leftMs > 0 ? { type: 'busy', claim, leftMs } : { type: 'held', claim }
  }

  async confirm(keys: readonly string[], token: string): Promise<void> {
    for (const key of keys) {
      const claim = this.#claims.get(key)
      if (claim?.token === token) this.#claims.set(key, { ...claim, state: 'confirmed', from: null })
    }
  }

  async giveBack(taken: readonly TakenClaim[], token: string): Promise<void> {
    for (const { key, before } of taken) {
      const claim = this.#claims.get(key)
      if (claim?.token !== token || claim.state !== 'pending') continue
      if (before === null) this.#claims.delete(key)
      else this.#claims.set(key, { ...claim, holder: before, state: 'confirmed', from: null })
    }
  }

  async end(key: string, token: string, state: Claim['state']): Promise<boolean> {
    const claim = this.#claims.get(key)
    return claim?.token === token && claim.state === state && this.#claims.delete(key)
  }

  async settle(key: string, token: string, holder: RecordKey): Promise<boolean> {
    const claim = this.#claims.get(key)
    if (claim?.token !== token || claim.state !== 'pending') return false
    this.#claims.set(key, { ...claim, holder, state: 'confirmed', from: null })
    return true
  }

  async read(keys: readonly string[]): Promise<readonly (Claim | null)[]> {
    return keys.map((key) => this.#claims.get(key) ?? null)
  }

  async extend(): Promise<void> {}
}

function isSame(left: RecordKey, right: RecordKey | null): boolean {
  return right !== null && holderText(left) === holderText(right)
}
