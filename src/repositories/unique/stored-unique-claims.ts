import type { Request, Script } from '../../connections/connection.js'
import type { ConnectionSource } from '../connection-source.js'
import { texts, valueOfOutcome } from '../replies.js'
import type { RecordKey } from '../repository.js'
import {
  confirmClaimScript,
  endClaimScript,
  extendClaimScript,
  giveBackClaimScript,
  readClaimScript,
  settleClaimScript,
  takeClaimScript,
} from './claim-scripts.js'
import {
  CLAIM_GRACE_MS,
  type Claim,
  holderOf,
  holderText,
  type TakenClaim,
  type TakeOutcome,
  type UniqueClaims,
  type WantedClaim,
} from './unique-claims.js'

/** Claims on a server: one key for each, one script call for each change. */
export class StoredUniqueClaims implements UniqueClaims {
  readonly #connection: ConnectionSource

  constructor(connection: ConnectionSource) {
    this.#connection = connection
  }

  async take(key: string, { holder, from, token, leaseMs, expiresAtMs }: WantedClaim): Promise<TakeOutcome> {
    const args = [holderText(holder), token, leaseMs, from === null ? '' : holderText(from), lastMoment(expiresAtMs)]
    const [type = '', name = '', ...rest] = texts(await this.#one(takeClaimScript, key, args))
    if (type === 'taken') return { type, before: name === '' ? null : holderOf(name) }
    const claim = claimOf([name, ...rest])
    return type === 'busy' ? { type, claim, leftMs: Number(rest[3]) } : { type: 'held', claim }
  }

  async confirm(keys: readonly string[], token: string, expiresAtMs: number | null): Promise<void> {
    await this.#all(keys.map((key) => call(confirmClaimScript, key, [token, lastMoment(expiresAtMs)])))
  }

  async giveBack(taken: readonly TakenClaim[], token: string): Promise<void> {
    await this.#all(
      taken.map(({ key, before }) => {
        return call(giveBackClaimScript, key, [token, before === null ? '' : holderText(before)])
      }),
    )
  }

  async end(key: string, token: string, state: Claim['state']): Promise<boolean> {
    return Number(await this.#one(endClaimScript, key, [token, state])) === 1
  }

  async settle(key: string, token: string, holder: RecordKey): Promise<boolean> {
    return Number(await this.#one(settleClaimScript, key, [token, holderText(holder)])) === 1
  }

  async read(keys: readonly string[]): Promise<readonly (Claim | null)[]> {
    const replies = await this.#all(keys.map((key) => call(readClaimScript, key, [])))
    return replies.map((reply) => {
      const fields = texts(reply)
      return fields.length === 0 ? null : claimOf(fields)
    })
  }

  async extend(keys: readonly string[], holder: RecordKey, expiresAtMs: number | null): Promise<void> {
    await this.#all(keys.map((key) => call(extendClaimScript, key, [holderText(holder), lastMoment(expiresAtMs)])))
  }

  async #one(script: Script, key: string, args: readonly (string | number)[]): Promise<unknown> {
    return (await this.#connection()).send(call(script, key, args))
  }

  async #all(requests: readonly Request[]): Promise<readonly unknown[]> {
    if (requests.length === 0) return []
    return (await (await this.#connection()).execute(requests)).map(valueOfOutcome)
  }
}

function call(script: Script, key: string, args: readonly (string | number)[]): Request {
  return { type: 'script', script, keys: [key], args }
}

function lastMoment(expiresAtMs: number | null): string {
  return expiresAtMs === null ? '' : String(expiresAtMs + CLAIM_GRACE_MS)
}

function claimOf([holder = '', state, token = '', from = '']: readonly string[]): Claim {
  return {
    holder: holderOf(holder),
    state: state === 'confirmed' ? 'confirmed' : 'pending',
    token,
    from: from === '' ? null : holderOf(from),
  }
}
