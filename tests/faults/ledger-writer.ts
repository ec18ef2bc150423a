import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/connections/connection.js'
import type { Repository } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import type { Random } from '../repositories/random.js'
import type { Ledger, Version, WriteEnd } from './ledger.js'
import { WAIT } from './part.js'

/** Who writes what, and where. */
export interface LedgerWriter {
  /** Begins the ids of its records, which nobody else writes. */
  readonly name: string
  readonly connection: Connection
  readonly open: (connection: Connection) => Repository
  readonly schema: ModelSchema
  readonly fields: (random: Random, label: string) => string[]
  readonly mostRecords: number
  readonly ledger: Ledger
  /** Whether a write that replicas did not confirm may cost the whole record. */
  readonly mayLoseRecord?: boolean
}

const KINDS = ['insert', 'update', 'update', 'delete'] as const

/** Creates, changes and deletes records, half of them with a replica's confirmation, and enters each write in the ledger. */
export async function runLedgerWriter(writer: LedgerWriter, random: Random, isRunning: () => boolean): Promise<void> {
  const { name, ledger, schema } = writer
  for (let count = 0; isRunning(); count += 1) {
    const view = random.below(2) === 0 ? writer.connection.confirmedWrites(WAIT) : null
    const repository = writer.open(view ?? writer.connection)
    const known = ledger.living(name, Date.now())
    const kind = known.length === 0 ? 'insert' : known.length > writer.mostRecords ? 'delete' : random.of(KINDS)
    const gone = random.below(10) === 0 ? ledger.gone(name) : undefined
    const id = kind === 'insert' ? `${name}-${count}` : (gone ?? random.of(known))
    const fields = writer.fields(random, `${name} ${count}`)
    const version: Version = kind === 'delete' ? null : { fields, deadlineMs: null }
    ledger.operations += 1
    let end: WriteEnd
    const fromMs = Date.now()
    try {
      const isDone = await change(repository, schema, kind, id, fields)
      const shortfall = view?.shortfall() ?? null
      if (shortfall !== null) ledger.noteError(name, shortfall)
      end = !isDone ? 'nothing' : view !== null && shortfall === null ? 'confirmed' : 'acknowledged'
      if (!isDone && kind === 'insert') ledger.violations.push(`${id} was there before it was inserted`)
      else if (!isDone) ledger.missed(id, Date.now())
    } catch (error) {
      end = ledger.failed(name, error)
    }
    if (writer.mayLoseRecord && end === 'acknowledged') ledger.wrote(id, null, end, fromMs)
    ledger.wrote(id, version, end, fromMs)
    if (writer.mayLoseRecord && end === 'unknown') ledger.wrote(id, null, end, fromMs)
    await delay(random.below(10))
  }
}

async function change(
  repository: Repository,
  schema: ModelSchema,
  kind: (typeof KINDS)[number],
  id: string,
  fields: string[],
): Promise<boolean> {
  switch (kind) {
    case 'insert':
      return (await repository.insert(schema, { id, fields, expiresAtMs: null }, { replace: false })) === 'inserted'
    case 'update':
      return (await repository.update(schema, { id, set: fields, unset: [] })) === 'updated'
    case 'delete':
      return (await repository.delete(schema, [id]))[0] === true
    default:
      throw new TypeError(String(kind satisfies never))
  }
}
