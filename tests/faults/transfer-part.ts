import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionManager } from '../../src/index.js'
import {
  Attribute,
  confirmed,
  Entity,
  HashTag,
  Model,
  type Ranged,
  Searchable,
  transaction,
  Version,
} from '../../src/index.js'
import { createRandom, type Random } from '../repositories/random.js'
import { ErrorCount } from './error-count.js'
import { type Part, WAIT } from './part.js'

@Entity({ partitions: 12, prefix: 'accounts' })
class Account extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Searchable({ range: true, cast: 'integer' }) declare balance: Ranged<number>
  /** What entries that are gone have summed up to. */
  @Attribute({ cast: 'integer' }) declare settled: number
  @Version() declare version: number
}

@Entity({ partitions: 12, prefix: 'entries' })
class Entry extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Searchable() declare transferId: string
  @Searchable() declare accountId: string
  @Attribute({ cast: 'integer' }) declare amount: number
}

const TENANTS = ['t0', 't1', 't2', 't3']
const ACCOUNTS = 5
const BALANCE = 1_000
/** Entries of a tenant, two for each transfer, above which the oldest transfer is settled. */
const MOST_ENTRIES = 40

/** Transfers between accounts under one hash tag: two accounts and two entries change in one step, or none. */
export class TransferPart implements Part {
  readonly #seed: number
  readonly #connections: ConnectionManager
  readonly #errors = new ErrorCount('STALE_MODEL', 'MODEL_NOT_FOUND')
  readonly #violations: string[] = []
  /** Transfers that replicas confirmed, with their tenants, and those that somebody tried to settle. */
  readonly #confirmed = new Map<string, string>()
  readonly #settled = new Set<string>()
  #work: Promise<void>[] = []
  #applied = 0
  #reads = 0

  /** The models use the connection 'default' while work goes on. */
  constructor(connections: ConnectionManager, seed: number) {
    this.#connections = connections
    this.#seed = seed
  }

  async prepare(): Promise<void> {
    Model.useConnections(this.#connections)
    Model.setRepository('indexed')
    for (const tenantId of TENANTS) {
      for (let index = 0; index < ACCOUNTS; index += 1) {
        await Account.create({ id: `${tenantId}-${index}`, tenantId, balance: BALANCE, settled: 0 })
      }
    }
  }

  start(isRunning: () => boolean): void {
    this.#work = [
      ...[0, 1, 2].map((index) => this.#transfer(`w${index}`, createRandom(this.#seed + index), isRunning)),
      ...[0, 1].map((index) => this.#read(createRandom(this.#seed + 10 + index), isRunning)),
    ]
  }

  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  async faults(): Promise<readonly string[]> {
    const faults = [...this.#errors.unexpected, ...this.#violations]
    for (const tenantId of TENANTS) {
      faults.push(...(await this.#faultsOf(tenantId)))
      const accounts = await Account.where('tenantId', tenantId).get()
      const entries = await Entry.where('tenantId', tenantId).get()
      for (const { id, balance, settled } of accounts) {
        const moved = entries.filter(({ accountId }) => accountId === id).reduce((sum, { amount }) => sum + amount, 0)
        // One slot: what a failover takes back, it takes back of all of them.
        if (balance !== BALANCE + settled + moved) faults.push(`${id} has ${balance}, not ${BALANCE + settled + moved}`)
      }
      for (const [transferId, of] of this.#confirmed) {
        if (
          of !== tenantId ||
          this.#settled.has(transferId) ||
          entries.some((entry) => entry.transferId === transferId)
        )
          continue
        faults.push(`the transfer ${transferId} was confirmed, and is gone`)
      }
    }
    for (const model of [Account, Entry]) {
      const report = await model.index.verify({ scanKeys: true })
      if (!report.isClean) faults.push(`indexes of ${report.model}: ${JSON.stringify(report)}`)
    }
    return faults
  }

  get summary(): string {
    return `transfers: ${this.#applied} transactions (${this.#confirmed.size} confirmed), ${this.#reads} reads; errors: ${this.#errors.text}`
  }

  async #transfer(name: string, random: Random, isRunning: () => boolean): Promise<void> {
    for (let count = 0; isRunning(); count += 1) {
      const tenantId = random.of(TENANTS)
      const transferId = `${name}-${count}`
      const isConfirming = random.below(2) === 0
      try {
        const entries = await Entry.where('tenantId', tenantId).get()
        if (entries.length > MOST_ENTRIES) await this.#settle(tenantId, entries[0]!.transferId)
        const work = () => this.#move(tenantId, transferId, random)
        if (isConfirming) {
          await confirmed({ waitReplicas: WAIT.replicas, timeoutMs: WAIT.timeoutMs }, work)
          this.#confirmed.set(transferId, tenantId)
        } else await work()
        this.#applied += 1
      } catch (error) {
        this.#errors.note(name, error)
      }
      await delay(random.below(8))
    }
  }

  async #move(tenantId: string, transferId: string, random: Random): Promise<void> {
    const from = random.below(ACCOUNTS)
    const to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS
    const amount = 1 + random.below(50)
    const [payer, payee] = await Promise.all([from, to].map((index) => this.#account(tenantId, `${tenantId}-${index}`)))
    if (!payer || !payee) return
    await transaction(tenantId, (tx) => {
      payer.balance -= amount
      payee.balance += amount
      tx.save(payer)
      tx.save(payee)
      tx.create(Entry, { id: `${transferId}-out`, transferId, accountId: payer.id, amount: -amount })
      tx.create(Entry, { id: `${transferId}-in`, transferId, accountId: payee.id, amount })
    })
  }

  /** Accounts are never deleted: one that is not found is a wrong answer. */
  async #account(tenantId: string, id: string): Promise<Account | null> {
    const account = await Account.where('tenantId', tenantId).find(id)
    if (account === null) this.#violations.push(`the account ${id} was not found`)
    return account
  }

  /** Removes the entries of a transfer, and keeps their sums in the accounts. */
  async #settle(tenantId: string, transferId: string): Promise<void> {
    this.#settled.add(transferId)
    const entries = await Entry.where('tenantId', tenantId).where('transferId', transferId).get()
    const accounts = await Promise.all(entries.map(({ accountId }) => this.#account(tenantId, accountId)))
    if (accounts.includes(null)) return
    await transaction(tenantId, (tx) => {
      for (const [index, entry] of entries.entries()) {
        const account = accounts[index]!
        account.settled += entry.amount
        tx.delete(entry)
        tx.save(account)
      }
    })
    this.#applied += 1
  }

  async #read(random: Random, isRunning: () => boolean): Promise<void> {
    while (isRunning()) {
      try {
        this.#violations.push(...(await this.#faultsOf(random.of(TENANTS))))
        this.#reads += 1
      } catch (error) {
        this.#errors.note('reader', error)
      }
      await delay(random.below(6))
    }
  }

  /** What a reader can tell of one tenant at any moment. */
  async #faultsOf(tenantId: string): Promise<string[]> {
    const faults: string[] = []
    const accounts = await Account.where('tenantId', tenantId).orderBy('balance').get()
    const sum = accounts.reduce((total, { balance }) => total + balance, 0)
    if (accounts.length !== ACCOUNTS || sum !== ACCOUNTS * BALANCE) {
      faults.push(`${tenantId} has ${accounts.length} accounts with ${sum} in all`)
    }
    const total = await Account.where('tenantId', tenantId).sum('balance')
    if (total !== ACCOUNTS * BALANCE) faults.push(`the sum of ${tenantId} is ${String(total)}`)
    const entries = await Entry.where('tenantId', tenantId).get()
    const sides = new Map<string, number[]>()
    for (const { transferId, amount } of entries) sides.set(transferId, [...(sides.get(transferId) ?? []), amount])
    for (const [transferId, amounts] of sides) {
      const [one, other] = amounts
      if (amounts.length !== 2 || one! + other! !== 0) faults.push(`${transferId} has the entries ${amounts.join()}`)
    }
    return faults
  }
}
