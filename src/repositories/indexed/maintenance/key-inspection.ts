import type { Connection } from '../../../connections/connection.js'
import { encodeSegment } from '../../../schema/key-encoding.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { readDefinitions } from '../guarded-calls.js'
import { formsOf, type IndexForm, parseDefinition } from '../index-definition.js'
import type { Partition } from '../layout.js'
import { dropKeyScript } from '../scripts/mending-scripts.js'
import type { FormArguments } from './form-arguments.js'
import type { IndexReportBuilder } from './index-report.js'
import { titles } from './inspected-record.js'
import { type InspectionTask, PartitionInspection } from './partition-inspection.js'
import { type PartitionKey, scanPartitionKeys } from './scan-partition-keys.js'

/** What is known of one partition before its keys are looked at. */
export interface KnownPartition {
  readonly partition: Partition
  /** The indexes that are judged. */
  readonly of: FormArguments
}

/** What the keys of a database are walked for. */
export interface KeyInspectionTask {
  readonly connection: Connection
  readonly schema: ModelSchema
  readonly partitions: readonly KnownPartition[]
  readonly report: IndexReportBuilder
  readonly mends: boolean
  readonly batchSize: number
}

/**
 * Walks the keys of the database for what no index leads to: records that are in no index, entries under values that no
 * record has, and index keys that no definition names. Brings a step for each batch of keys.
 */
export async function* inspectKeys(task: KeyInspectionTask): AsyncGenerator<void> {
  const { connection, schema } = task
  const inspections = new Map<Partition, PartitionKeys>()
  for (const known of task.partitions) {
    const [definition] = await readDefinitions(connection, schema, [known.partition])
    inspections.set(known.partition, new PartitionKeys(task, known, definition ?? ''))
  }
  for await (const keys of scanPartitionKeys(connection, schema)) {
    for (const [partition, inspection] of inspections) {
      await inspection.look(keys.filter((key) => key.partition === partition))
    }
    yield
  }
}

/** The keys of one partition. */
class PartitionKeys {
  readonly #task: InspectionTask
  readonly #inspection: PartitionInspection
  readonly #definition: string
  /** Labels of the indexes that are declared or stored. */
  readonly #labels: ReadonlySet<string>
  readonly #forms: ReadonlyMap<string, number>
  readonly #seen = new Set<string>()

  constructor(task: KeyInspectionTask, { partition, of }: KnownPartition, definition: string) {
    this.#task = { ...task, partition, of, walksValues: true }
    this.#inspection = new PartitionInspection(this.#task)
    this.#definition = definition
    const stored = definition === '' ? [] : [...parseDefinition(definition).indexes.values()].map(({ form }) => form)
    this.#labels = new Set([...stored, ...formsOf(task.schema)].map(labelOf))
    this.#forms = new Map(
      of.forms.flatMap((form, number) =>
        form.kind === '=' || form.kind === 'c' ? [[labelOf(form), number] as const] : [],
      ),
    )
  }

  async look(keys: readonly PartitionKey[]): Promise<void> {
    const ids = keys.flatMap((key) => (key.type === 'record' ? [key.id] : [])).filter((id) => this.#isNew(`r${id}`))
    for (let first = 0; first < ids.length; first += this.#task.batchSize) {
      await this.#inspection.inspectUnlisted(ids.slice(first, first + this.#task.batchSize))
    }
    const suffixes = keys.flatMap((key) => (key.type === 'index' ? [key.suffix] : []))
    const known: { form: number; suffix: string }[] = []
    for (const suffix of suffixes) {
      if (!this.#isNew(`i${suffix}`)) continue
      const [label = '', value] = suffix.slice(1).split(':')
      const form = value === undefined ? undefined : this.#forms.get(label)
      if (form !== undefined) known.push({ form, suffix })
      else if (!this.#labels.has(label) && !isHelper(suffix)) await this.#findUnknown(suffix)
    }
    await this.#inspection.walkKeys(known)
  }

  #isNew(name: string): boolean {
    if (this.#seen.has(name)) return false
    this.#seen.add(name)
    return true
  }

  async #findUnknown(suffix: string): Promise<void> {
    const { connection, partition, report, mends } = this.#task
    report.addFinding(titles.unknown, 'orphaned', '', partition.keys[0] + suffix)
    if (!mends) return
    const args = [this.#definition, suffix]
    const request = { type: 'script', script: dropKeyScript, keys: partition.keys, args } as const
    report.addMended(Number(await connection.send(request)))
  }
}

/** The index of all records, and what ActiveRedis keeps beside the indexes: names that no attribute has. */
function isHelper(suffix: string): boolean {
  return suffix === '' || /^:%[a-z]/.test(suffix)
}

function labelOf(form: IndexForm): string {
  return form.attributes.map(encodeSegment).join('%+')
}
