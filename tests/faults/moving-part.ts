import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/connections/connection.js'
import { AmbiguousKeyError } from '../../src/errors/tag-errors.js'
import type { Criteria } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import type { StoredRecord } from '../../src/repositories/repository.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { auditIndexes, keysUnder } from '../repositories/index-auditor.js'
import { createRandom, type Random } from '../repositories/random.js'
import { schemaOf } from '../repositories/sample-schema.js'
import { everyRecord } from './brute-force.js'
import { ErrorCount } from './error-count.js'
import type { Doubts } from './loss-windows.js'
import { type Part, WAIT } from './part.js'

const plain = schemaOf('nomads', 12, {
  tenant: [textCast, 'equality'],
  kind: [textCast, 'equality'],
  step: [integerCast, 'range'],
})
const schema: ModelSchema = { ...plain, hashTag: plain.attributes.get('tenant')! }
const TENANTS = Array.from({ length: 9 }, (_, index) => `t${index}`)
const MOVERS = 4
/** Records of each mover: of one kind replicas confirm every move. */
const RECORDS = 6
const everything: Criteria = { where: { type: 'all', of: [] }, order: [], limit: null, offset: 0, after: null }

/** A record on its way: where it may be. */
interface Nomad {
  readonly id: string
  readonly kind: 'sure' | 'unsure'
  tenant: string
  /** The step that the last confirmed or acknowledged move left it with, and the highest that any move tried. */
  step: number
  tried: number
}

/** Records that change their hash tag all the time, and are always there once. */
export class MovingPart implements Part {
  readonly #connection: Connection
  readonly #doubts: Doubts
  readonly #seed: number
  readonly #errors = new ErrorCount()
  readonly #nomads = new Map<string, Nomad>()
  /** What readers saw amiss, and of which record. */
  readonly #seen: { readonly id: string; readonly what: string }[] = []
  #work: Promise<void>[] = []
  #moves = 0
  #answers = 0
  #lost = 0

  constructor(connection: Connection, seed: number, doubts: Doubts) {
    this.#connection = connection
    this.#seed = seed
    this.#doubts = doubts
  }

  async prepare(): Promise<void> {
    const repository = new IndexedRepository(async () => this.#connection)
    for (let at = 0; at < MOVERS * RECORDS; at += 1) {
      const nomad: Nomad = { id: `n${at}`, kind: at % 2 === 0 ? 'sure' : 'unsure', tenant: 't0', step: 0, tried: 0 }
      const fields = ['tenant', nomad.tenant, 'kind', nomad.kind, 'step', '0']
      await repository.insert(schema, { id: nomad.id, fields, expiresAtMs: null }, { replace: false })
      this.#nomads.set(nomad.id, nomad)
    }
  }

  start(isRunning: () => boolean): void {
    const nomads = [...this.#nomads.values()]
    this.#work = [
      ...Array.from({ length: MOVERS }, (_, index) => {
        const own = nomads.slice(index * RECORDS, (index + 1) * RECORDS)
        return this.#move(own, createRandom(this.#seed + index), isRunning)
      }),
      ...[0, 1].map((index) => this.#read(createRandom(this.#seed + 10 + index), isRunning)),
    ]
  }

  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  async faults(direct: Connection): Promise<readonly string[]> {
    const faults = [...this.#errors.unexpected]
    const repository = new IndexedRepository(async () => direct)
    // Movers that died have a lease of two seconds; then a query ends their moves.
    await delay(2_500)
    await repository.select(schema, everything)
    faults.push(...this.#amiss((await repository.select(schema, everything)).records, 'in the end'))
    for (const { id, what } of this.#seen) if (!this.#doubts.mayBeLost(id)) faults.push(what)
    const stored = await copies(direct)
    for (const nomad of this.#nomads.values()) {
      const found = stored.get(nomad.id) ?? []
      const steps = found.map(({ fields }) => Number(fields[fields.indexOf('step') + 1]))
      const isRight = steps.length === 1 && steps[0]! >= nomad.step && steps[0]! <= nomad.tried
      if (isRight) continue
      if (this.#doubts.mayBeLost(nomad.id)) this.#lost += 1
      else faults.push(`${JSON.stringify(nomad)} is stored as ${JSON.stringify(found)}`)
    }
    if ([...stored.values()].every(({ length }) => length === 1)) {
      const found = (await repository.select(schema, everything)).records.map(({ id }) => id)
      const expected = [...(await everyRecord(direct, schema)).keys()]
      if (found.sort().join() !== expected.sort().join())
        faults.push(`found ${found.join()}, stored ${expected.join()}`)
      for (const id of expected) {
        const [one] = await repository.fetch(schema, [id])
        if (one?.id !== id) faults.push(`${id} is not found by its id`)
      }
    }
    faults.push(...(await auditIndexes(direct, schema)))
    for (const { keys } of partitionsOf(schema)) {
      const [left] = (await keysUnder(direct, keys[0])).filter((key) => key.endsWith(':%moves'))
      if (left !== undefined) faults.push(`moves that never ended: ${left}`)
    }
    const report = await repository.indexes.verify(schema, { scanKeys: true })
    if (!report.isClean) faults.push(`indexes: ${JSON.stringify(report)}`)
    return faults
  }

  get summary(): string {
    return (
      `hash tags: ${this.#moves} moves of ${this.#nomads.size} records, ${this.#answers} answers, ` +
      `${this.#lost} records changed by lost writes; errors: ${this.#errors.text}`
    )
  }

  async #move(own: readonly Nomad[], random: Random, isRunning: () => boolean): Promise<void> {
    while (isRunning()) {
      const nomad = random.of(own)
      const view = nomad.kind === 'sure' ? this.#connection.confirmedWrites(WAIT) : null
      const repository = new IndexedRepository(async () => view ?? this.#connection)
      const tenant = random.of(TENANTS.filter((name) => name !== nomad.tenant))
      const fromMs = Date.now()
      let isSure = false
      nomad.tried += 1
      try {
        const set = ['tenant', tenant, 'step', String(nomad.tried)]
        const change = { id: nomad.id, tag: nomad.tenant, set, unset: [] }
        const outcome = await repository.update(schema, change)
        isSure = view !== null && view.shortfall() === null
        if (outcome === 'updated') {
          nomad.tenant = tenant
          nomad.step = nomad.tried
          this.#moves += 1
        } else {
          // Elsewhere than its mover believes: a move of unknown outcome, or one that was lost.
          await this.#find(repository, nomad)
        }
      } catch (error) {
        this.#failed(nomad, error)
        await this.#find(repository, nomad).catch((failure: unknown) => this.#failed(nomad, failure))
      }
      if (!isSure) this.#doubts.enter([nomad.id], fromMs, Date.now())
      await delay(random.below(8))
    }
  }

  #failed({ id }: Nomad, error: unknown): void {
    if (error instanceof AmbiguousKeyError) this.#seen.push({ id, what: error.message })
    else this.#errors.note(id, error)
  }

  async #find(repository: IndexedRepository, nomad: Nomad): Promise<void> {
    const [found] = await repository.fetch(schema, [nomad.id])
    if (found) nomad.tenant = found.fields[found.fields.indexOf('tenant') + 1]!
    else this.#seen.push({ id: nomad.id, what: `${nomad.id} was not found by its id` })
  }

  async #read(random: Random, isRunning: () => boolean): Promise<void> {
    const repository = new IndexedRepository(async () => this.#connection)
    while (isRunning()) {
      try {
        const order = random.below(2) === 0 ? [] : ([{ attribute: 'step', direction: 'desc' }] as const)
        const { records } = await repository.select(schema, { ...everything, order })
        for (const what of this.#amissById(records)) this.#seen.push(what)
        this.#answers += 1
      } catch (error) {
        this.#errors.note('reader', error)
      }
      await delay(random.below(6))
    }
  }

  #amiss(records: readonly StoredRecord[], when: string): string[] {
    return this.#amissById(records).flatMap(({ id, what }) => {
      return this.#doubts.mayBeLost(id) ? [] : [`${what} ${when}`]
    })
  }

  #amissById(records: readonly StoredRecord[]): { id: string; what: string }[] {
    const times = new Map<string, number>()
    for (const { id } of records) times.set(id, (times.get(id) ?? 0) + 1)
    return [...this.#nomads.keys()].flatMap((id) => {
      const count = times.get(id) ?? 0
      return count === 1 ? [] : [{ id, what: `${id} was there ${count} times` }]
    })
  }
}

/** Every copy of every record. */
async function copies(connection: Connection): Promise<Map<string, StoredRecord[]>> {
  const found = new Map<string, StoredRecord[]>()
  for (const { number } of partitionsOf(schema)) {
    const only = partitionsOf(schema)[number]!
    for (const key of await keysUnder(connection, only.keys[1])) {
      const id = decodeURIComponent(key.slice(only.keys[1].length))
      const hash = await connection.send({ type: 'command', name: 'HGETALL', keys: [key], args: [] })
      const fields = Array.isArray(hash) ? hash.map(String) : []
      found.set(id, [...(found.get(id) ?? []), { id, fields }])
    }
  }
  return found
}
