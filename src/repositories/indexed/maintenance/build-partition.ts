import type { Connection } from '../../../connections/connection.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { list, text, texts } from '../../replies.js'
import { agree, isOtherDefinition, readDefinitions } from '../guarded-calls.js'
import { formatDefinition, formName, formsOf, parseDefinition, type StoredDefinition } from '../index-definition.js'
import type { Partition } from '../layout.js'
import { finishBuildScript } from '../scripts/definition-scripts.js'
import { inspectRecordsScript } from '../scripts/inspection-scripts.js'
import { mendRecordsScript } from '../scripts/mending-scripts.js'
import { formArguments } from './form-arguments.js'
import { inspectedRecord } from './inspected-record.js'
import { PartitionMender, type RecordToMend } from './partition-mender.js'

/** One step of a build. */
export interface BuildStep {
  /** Records that were looked at, and that got entries. */
  readonly records: number
  readonly mended: number
}

/**
 * Completes the indexes of a partition that do not hold all records yet, online: every record gets the entries that it
 * lacks, in the order of creation, from the place at which an earlier run stopped, which the partition itself keeps. Then
 * those that releases without these indexes wrote meanwhile; then, in the step that finds none of them left, the indexes
 * become ready.
 */
export class PartitionBuild {
  readonly #connection: Connection
  readonly #schema: ModelSchema
  readonly #partition: Partition
  readonly #batchSize: number
  readonly #of
  readonly #mender: PartitionMender

  constructor(connection: Connection, schema: ModelSchema, partition: Partition, batchSize: number) {
    this.#connection = connection
    this.#schema = schema
    this.#partition = partition
    this.#batchSize = batchSize
    this.#of = formArguments(formsOf(schema))
    this.#mender = new PartitionMender(connection, schema, partition, this.#of)
  }

  /** Runs to the end; brings each step. */
  async *run(): AsyncGenerator<BuildStep> {
    for (;;) {
      const { text: definition } = await agree(this.#connection, this.#schema, this.#partition)
      const [stored] = await readDefinitions(this.#connection, this.#schema, [this.#partition])
      if (stored === null) return
      if (stored !== definition) continue
      const parsed = parseDefinition(definition)
      if (this.#isReady(parsed)) return
      const step = await this.#step(definition, parsed)
      if (step === 'done') return
      if (step !== 'again') yield step
    }
  }

  async #step(definition: string, parsed: StoredDefinition): Promise<BuildStep | 'done' | 'again'> {
    try {
      const place = text(await this.#command('GET', ':%build'))
      if (place !== 'end') return await this.#mendNext(definition, place)
      const waiting = texts(await this.#command('SRANDMEMBER', ':%dirty', this.#batchSize))
      if (waiting.length > 0) return await this.#mendWaiting(definition, waiting)
      return await this.#finish(definition, parsed)
    } catch (error) {
      if (isOtherDefinition(error)) return 'again'
      throw error
    }
  }

  /** The records behind the place of the build. */
  async #mendNext(definition: string, place: string): Promise<BuildStep | 'again'> {
    const [score = '', member = ''] = place === '' ? [] : splitPlace(place)
    const { rows, records } = await this.#read(['after', score, member, this.#batchSize])
    const last = rows.at(-1)
    const next = last === undefined || rows.length < this.#batchSize ? 'end' : `${text(last[2])} ${text(last[0])}`
    return this.#mend(definition, records, place, next)
  }

  /** Records that a release wrote that does not know all indexes. */
  async #mendWaiting(definition: string, ids: readonly string[]): Promise<BuildStep | 'again'> {
    const { records } = await this.#read(['ids', ids.length, ...ids])
    const known = new Set(records.map(({ id }) => id))
    const gone = ids.filter((id) => !known.has(id)).map((id) => ({ id, values: [], adoptedAtMs: null }))
    return this.#mend(definition, [...records, ...gone], 'end', 'end')
  }

  async #mend(
    definition: string,
    records: readonly RecordToMend[],
    from: string,
    to: string,
  ): Promise<BuildStep | 'again'> {
    const rows = this.#mender.recordArguments(records)
    const args = [definition, this.#schema.indexTtlMs, ...this.#of.args, ...rows, from, to]
    const reply = await this.#connection.send({
      type: 'script',
      script: mendRecordsScript,
      keys: this.#partition.keys,
      args,
    })
    if (reply === 'elsewhere') return 'again'
    const outcomes = list(reply).map(text)
    return { records: outcomes.length, mended: outcomes.filter((outcome) => outcome === 'mended').length }
  }

  async #finish(definition: string, parsed: StoredDefinition): Promise<'done' | 'again'> {
    const own = new Set(formsOf(this.#schema).map(formName))
    const indexes = new Map(
      [...parsed.indexes].map(([name, index]) => [
        name,
        own.has(name) ? { form: index.form, state: 'ready' as const } : index,
      ]),
    )
    const ready = formatDefinition({ ...parsed, indexes })
    const request = { type: 'script', script: finishBuildScript, keys: this.#partition.keys } as const
    const isDone = Number(await this.#connection.send({ ...request, args: [definition, ready] })) === 1
    if (isDone) await readDefinitions(this.#connection, this.#schema, [this.#partition])
    return isDone ? 'done' : 'again'
  }

  #isReady({ indexes }: StoredDefinition): boolean {
    return formsOf(this.#schema).every((form) => indexes.get(formName(form))?.state === 'ready')
  }

  async #read(which: readonly (string | number)[]) {
    const args = [...this.#of.args, ...which]
    const request = { type: 'script', script: inspectRecordsScript, keys: this.#partition.keys, args } as const
    const rows = list(await this.#connection.send(request)).map(list)
    const inspected = rows.map((row) => inspectedRecord(this.#schema, this.#of, row))
    const live = inspected.filter(({ state }) => state === 'live')
    return { rows, records: live.map(({ id, values }): RecordToMend => ({ id, values, adoptedAtMs: null })) }
  }

  #command(name: string, suffix: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.#connection.send({ type: 'command', name, keys: [this.#partition.keys[0] + suffix], args })
  }
}

function splitPlace(place: string): [score: string, member: string] {
  const space = place.indexOf(' ')
  return [place.slice(0, space), place.slice(space + 1)]
}
