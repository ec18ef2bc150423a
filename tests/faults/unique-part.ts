import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/connections/connection.js'
import { UniqueConstraintError } from '../../src/errors/conflict-errors.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { UniqueRepository } from '../../src/repositories/unique/unique-repository.js'
import { uniqueValuesOf } from '../../src/repositories/unique/unique-values.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { createRandom, type Random } from '../repositories/random.js'
import { schemaOf } from '../repositories/sample-schema.js'
import { everyRecord } from './brute-force.js'
import { ErrorCount } from './error-count.js'
import type { Doubts } from './loss-windows.js'
import { type Part, WAIT } from './part.js'

const LEASE_MS = 1_500
const CODES = Array.from({ length: 10 }, (_, index) => `c${index}`)
const TEAMS = ['red', 'blue', 'green']
const NAMES = ['ada', 'bob', 'cy', 'di']
/** Records that one writer keeps at most, so that values are scarce and not all taken. */
const MOST_RECORDS = 3

/** Writers who fight for a small set of unique values, single and composite. */
export class UniquePart implements Part {
  readonly #connection: Connection
  readonly #schema: ModelSchema
  readonly #isConfirming: boolean
  readonly #doubts: Doubts
  readonly #errors = new ErrorCount()
  readonly #seed: number
  readonly #history = new Map<string, string[]>()
  #writers: Promise<void>[] = []
  #written = 0
  #refused = 0
  #lost = 0

  constructor(connection: Connection, seed: number, isConfirming: boolean, doubts: Doubts) {
    this.#connection = connection
    this.#seed = seed
    this.#isConfirming = isConfirming
    this.#doubts = doubts
    const plain = schemaOf(isConfirming ? 'sure' : 'unsure', 12, {
      code: [textCast, 'equality'],
      team: [textCast, 'none'],
      name: [textCast, 'none'],
    })
    const [code, team, name] = ['code', 'team', 'name'].map((attribute) => plain.attributes.get(attribute)!)
    this.#schema = { ...plain, uniques: [{ attributes: [code!] }, { attributes: [team!, name!] }] }
  }

  async prepare(): Promise<void> {}

  start(isRunning: () => boolean): void {
    this.#writers = [0, 1, 2].map((index) => this.#write(`w${index}`, createRandom(this.#seed + index), isRunning))
  }

  async ended(): Promise<void> {
    await Promise.all(this.#writers)
  }

  async faults(direct: Connection): Promise<readonly string[]> {
    const faults = [...this.#errors.unexpected]
    const repository = new UniqueRepository(new IndexedRepository(async () => direct), { leaseMs: LEASE_MS })
    const holders = new Map<string, string[]>()
    for (const [id, { record }] of await everyRecord(direct, this.#schema)) {
      for (const value of this.#values(record.fields)) holders.set(value, [...(holders.get(value) ?? []), id])
    }
    for (const [value, ids] of holders) {
      if (ids.length < 2) continue
      if (this.#doubts.mayBeLost(this.#doubtful(value))) this.#lost += 1
      else faults.push(`${ids.join(' and ')} both have ${value}${this.#told(value)}`)
    }
    // Every value: refused while somebody has it, and obtainable when nobody has.
    const probes = [
      ...CODES.map((code) => ['code', code]),
      ...TEAMS.flatMap((team) => NAMES.map((name) => ['team', team, 'name', name])),
    ]
    const insert = (place: number) => {
      const probe = { id: `probe${place}`, fields: probes[place] ?? [], expiresAtMs: null }
      return repository.insert(this.#schema, probe, { replace: false }).catch((error: unknown) => error)
    }
    await Promise.all(
      probes.map(async (fields, place) => {
        const [value = ''] = this.#values(fields)
        const ids = holders.get(value) ?? []
        if (ids.length === 0) return
        const outcome = await insert(place)
        const isRefused = outcome instanceof UniqueConstraintError && ids.includes(outcome.holder)
        if (!isRefused && !this.#doubts.mayBeLost(this.#doubtful(value))) {
          faults.push(`${value}, which ${ids.join()} has, could be had: ${String(outcome)}${this.#told(value)}`)
        }
      }),
    )
    // Not before all values were tried: a record may hold two of them.
    await repository.delete(this.#schema, [
      ...new Set([...holders.values()].flat()),
      ...probes.map((_, at) => `probe${at}`),
    ])
    await Promise.all(
      probes.map(async (fields, place) => {
        const late = delay(LEASE_MS + 5_000, 'nothing in time', { ref: false })
        const outcome = await Promise.race([insert(place), late])
        if (outcome !== 'inserted') faults.push(`${this.#values(fields)[0]} is free, but: ${String(outcome)}`)
      }),
    )
    return faults
  }

  get summary(): string {
    const kind = this.#isConfirming ? 'confirmed' : 'unconfirmed'
    return (
      `unique, ${kind}: ${this.#written} writes, ${this.#refused} refused, ${this.#lost} values doubled by lost writes; ` +
      `errors: ${this.#errors.text}`
    )
  }

  async #write(name: string, random: Random, isRunning: () => boolean): Promise<void> {
    /** Own records, and all values that each may have. */
    const own = new Map<string, Set<string>>()
    for (let count = 0; isRunning(); count += 1) {
      const view = this.#isConfirming ? this.#connection.confirmedWrites(WAIT) : null
      const inner = new IndexedRepository(async () => view ?? this.#connection)
      const repository = new UniqueRepository(inner, { leaseMs: LEASE_MS })
      const ids = [...own.keys()]
      const kind = ids.length === 0 ? 'insert' : random.of(ids.length < MOST_RECORDS ? KINDS : ENDING_KINDS)
      const id = kind === 'insert' ? `${name}-${count}` : random.of(ids)
      const fields = [
        ...['code', random.of(CODES)],
        ...(random.below(3) === 0 ? [] : ['team', random.of(TEAMS), 'name', random.of(NAMES)]),
      ]
      const touched = new Set([...(own.get(id) ?? []), ...(kind === 'delete' ? [] : this.#values(fields))])
      const fromMs = Date.now()
      let isSure = false
      let came = ''
      try {
        const outcome = await this.#change(repository, kind, id, fields)
        came = outcome
        isSure = view !== null && view.shortfall() === null
        if (view?.shortfall()) this.#errors.note(name, view.shortfall())
        this.#written += 1
        if (kind === 'delete' && isSure) own.delete(id)
        else if (outcome !== 'missing') own.set(id, touched)
        else if (isSure) own.delete(id)
      } catch (error) {
        came = String(error)
        if (error instanceof UniqueConstraintError) {
          this.#refused += 1
          isSure = view !== null && view.shortfall() === null
        } else {
          this.#errors.note(name, error)
          own.set(id, touched)
        }
      }
      const line = `${fromMs} to ${Date.now()}: ${name} ${kind} ${id} ${fields.join(' ')}: ${came}${isSure ? '' : ', unconfirmed'}`
      for (const value of touched) this.#history.set(value, [...(this.#history.get(value) ?? []), line])
      if (!isSure) this.#doubts.enter([...touched].map(this.#doubtful), fromMs, Date.now())
      await delay(random.below(8))
    }
  }

  async #change(repository: UniqueRepository, kind: Kind, id: string, fields: string[]): Promise<string> {
    switch (kind) {
      case 'insert':
        return repository.insert(this.#schema, { id, fields, expiresAtMs: null }, { replace: false })
      case 'replace':
        return repository.insert(this.#schema, { id, fields, expiresAtMs: null }, { replace: true })
      case 'update': {
        const outcome = await repository.update(this.#schema, { id, set: fields, unset: [] })
        return typeof outcome === 'string' ? outcome : outcome.type
      }
      case 'delete':
        return (await repository.delete(this.#schema, [id]))[0] ? 'deleted' : 'missing'
      default:
        throw new TypeError(String(kind satisfies never))
    }
  }

  /** What writers did to a value, for a failure. */
  #told(value: string): string {
    return `\n  ${(this.#history.get(value) ?? []).slice(-12).join('\n  ')}\n  ${this.#doubts.losses}`
  }

  #values(fields: readonly string[]): string[] {
    return uniqueValuesOf(this.#schema, fields).map(({ claimKey }) => claimKey)
  }

  readonly #doubtful = (value: string): string => `${this.#schema.prefix} ${value}`
}

type Kind = 'insert' | 'replace' | 'update' | 'delete'
const KINDS: readonly Kind[] = ['insert', 'insert', 'update', 'update', 'replace', 'delete']
const ENDING_KINDS: readonly Kind[] = ['update', 'update', 'update', 'replace', 'delete', 'delete']
