import type { Connection } from '../../../connections/connection.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { list, text } from '../../replies.js'
import type { Partition } from '../layout.js'
import { scoreText } from '../score-text.js'
import { inspectRecordsScript } from '../scripts/inspection-scripts.js'
import { dropEntriesScript, dropTermsScript, mendRecordsScript } from '../scripts/mending-scripts.js'
import { type FormArguments, formArguments } from './form-arguments.js'
import { type InspectedRecord, inspectedRecord, rankOf } from './inspected-record.js'

/** How often a record that others keep changing is read anew before it is left to the next run. */
const MOST_ATTEMPTS = 20

/** A record to be put right, as it was read. */
export type RecordToMend = Pick<InspectedRecord, 'id' | 'values'> & {
  /** The time of creation with which a hash is adopted that has none; null: it is left alone. */
  readonly adoptedAtMs: number | null
}

/** Puts records and entries of one partition right. Each is judged in the script that changes it. */
export class PartitionMender {
  readonly #connection: Connection
  readonly #schema: ModelSchema
  readonly #partition: Partition
  readonly #of: FormArguments

  constructor(connection: Connection, schema: ModelSchema, partition: Partition, of: FormArguments) {
    this.#connection = connection
    this.#schema = schema
    this.#partition = partition
    this.#of = of
  }

  /** Gives records the entries that they ask for; returns how many were wrong. */
  async mendRecords(records: readonly RecordToMend[]): Promise<number> {
    let mended = 0
    let waiting = records
    for (let attempt = 0; waiting.length > 0 && attempt < MOST_ATTEMPTS; attempt++) {
      const args = ['', this.#schema.indexTtlMs, ...this.#of.args, ...this.recordArguments(waiting)]
      const outcomes = list(await this.#call(mendRecordsScript, args)).map(text)
      mended += outcomes.filter((outcome) => outcome === 'mended').length
      const again = waiting.filter((_, index) => outcomes[index] === 'changed').map((record) => record.id)
      waiting = again.length === 0 ? [] : await this.#read(again)
    }
    return mended
  }

  /** Records as the mending script takes them, with their number. */
  recordArguments(records: readonly RecordToMend[]): (string | number)[] {
    const args: (string | number)[] = [records.length]
    for (const { id, values, adoptedAtMs } of records) {
      args.push(id, adoptedAtMs ?? '')
      for (const form of this.#of.forms) {
        if (form.kind !== 's') continue
        const [name = ''] = form.attributes
        const value = values[this.#of.names.indexOf(name)] ?? null
        const rank = value === null ? null : rankOf(this.#schema, name, value)
        args.push(value === null ? '' : `=${value}`, rank === null ? '' : scoreText(rank))
      }
    }
    return args
  }

  /** Removes entries of one key that are not right; returns how many. `form` null: `%expiry` or the index of all records. */
  async dropEntries(form: number | null, suffix: string, members: readonly string[]): Promise<number> {
    const chosen = form === null ? undefined : this.#of.forms[form]
    const args = [...formArguments(chosen === undefined ? [] : [chosen]).args, suffix, ...members]
    return Number(await this.#call(dropEntriesScript, [this.#schema.indexTtlMs, ...args]))
  }

  /** Removes terms of records that do not expire; returns how many. */
  async dropTerms(ids: readonly string[]): Promise<number> {
    return ids.length === 0 ? 0 : Number(await this.#call(dropTermsScript, ids))
  }

  async #read(ids: readonly string[]): Promise<RecordToMend[]> {
    const rows = list(await this.#call(inspectRecordsScript, [...this.#of.args, 'ids', ids.length, ...ids]))
    return rows
      .map((row) => inspectedRecord(this.#schema, this.#of, row))
      .filter(({ state }) => state === 'live')
      .map(({ id, values }) => ({ id, values, adoptedAtMs: null }))
  }

  #call(script: typeof mendRecordsScript, args: readonly (string | number)[]): Promise<unknown> {
    return this.#connection.send({ type: 'script', script, keys: this.#partition.keys, args })
  }
}
