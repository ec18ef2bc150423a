import type { Connection } from '../../../connections/connection.js'
import { encodeSegment } from '../../../schema/key-encoding.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { list, text, valueOfOutcome } from '../../replies.js'
import { type Partition, recordKey } from '../layout.js'
import { scoreOf } from '../score-text.js'
import { inspectEntriesScript, inspectRecordsScript } from '../scripts/inspection-scripts.js'
import { type FormArguments, formArguments, titleOf } from './form-arguments.js'
import type { IndexReportBuilder } from './index-report.js'
import { type EntryWalk, equalityWalk, type InspectedRecord, inspectedRecord, titles } from './inspected-record.js'
import { PartitionMender } from './partition-mender.js'
import type { RunPlace } from './progress-token.js'
import { inspectTerms } from './term-inspection.js'

/** Index keys that are walked at the same time. */
const WALKS_AT_A_TIME = 50
/** Keys that are remembered as walked, so that findings are not counted twice. */
const MOST_WALKED = 100_000

/** One index key to be walked; form null: `%expiry`. */
type Walk = EntryWalk | { readonly form: null; readonly suffix: string }

/** A record and its score in the index of all records, '' for none. */
interface SeenRecord {
  readonly record: InspectedRecord
  readonly main: string
}

interface EntryFinding {
  readonly verdict: string
  readonly id: string
  readonly member: string
  readonly score: string
}

/** What one partition is gone through for. */
export interface InspectionTask {
  readonly connection: Connection
  readonly schema: ModelSchema
  readonly partition: Partition
  /** The indexes that are judged. */
  readonly of: FormArguments
  readonly report: IndexReportBuilder
  /** True: what is wrong is put right. */
  readonly mends: boolean
  readonly batchSize: number
  /** False: keys of single values are left out, because somebody else brings them (`walkKey`). */
  readonly walksValues: boolean
}

/**
 * Goes through one partition: all records, with the keys of the values that they have, then the range indexes, the records
 * without values, the deadlines and the terms. Each script call is a step that judges what it sees at one instant, so that
 * writes meanwhile are no findings.
 */
export class PartitionInspection {
  readonly #task: InspectionTask
  readonly #mender: PartitionMender
  readonly #walked = new Set<string>()

  constructor(task: InspectionTask) {
    this.#task = task
    this.#mender = new PartitionMender(task.connection, task.schema, task.partition, task.of)
  }

  /** Goes on from a place; after each step it brings the place of the next one, and at last that of the next partition. */
  async *run(from: RunPlace): AsyncGenerator<RunPlace> {
    let place = from
    while (place.step < 0) {
      place = await this.#inspectRecords(place)
      yield place
    }
    const walks = this.#fixedWalks()
    while (place.step < walks.length) {
      const walk = walks[place.step]
      if (walk === undefined) break
      place = await this.#inspectPart(walk, place)
      yield place
    }
    await inspectTerms(this.#task, this.#mender)
    yield { partition: place.partition + 1, step: -1, score: '', member: '' }
  }

  /** Walks the key of one value to its end, once. */
  async walkKeys(walks: readonly Walk[]): Promise<void> {
    const wanted = walks.filter(({ suffix }) => !this.#walked.has(suffix))
    const unique = [...new Map(wanted.map((walk) => [walk.suffix, walk])).values()]
    for (const { suffix } of unique) if (this.#walked.size < MOST_WALKED) this.#walked.add(suffix)
    for (let first = 0; first < unique.length; first += WALKS_AT_A_TIME) {
      let open = unique.slice(first, first + WALKS_AT_A_TIME).map((walk) => ({ walk, score: '', member: '' }))
      while (open.length > 0) {
        const seen = await this.#look(open)
        open = seen.flatMap(({ walk, count, score, member }) => {
          return count < this.#task.batchSize ? [] : [{ walk, score, member }]
        })
      }
    }
  }

  /** Judges records by id, only as to whether they are in the index of all records. */
  async inspectUnlisted(ids: readonly string[]): Promise<void> {
    const records = (await this.#records(['ids', ids.length, ...ids])).filter(({ main }) => main === '')
    const unlisted = records.filter(({ record }) => record.state === 'live' || record.state === 'bare')
    for (const { record } of unlisted) this.#find(titles.all, 'missing', record.id, this.#recordKey(record.id))
    if (!this.#task.mends) return
    const adopted = await this.#adopt(unlisted)
    await this.#mend([...unlisted, ...adopted].filter(({ record }) => record.state === 'live'))
  }

  async #inspectRecords(place: RunPlace): Promise<RunPlace> {
    const { batchSize, report, walksValues } = this.#task
    const found = await this.#records(['after', place.score, place.member, batchSize])
    const count = found.length
    const last = found.at(-1)
    report.addRecords(found.filter(({ record }) => record.state === 'live').length)
    if (this.#task.mends) found.push(...(await this.#adopt(found)))
    const wrong = found.filter(({ record }) => record.findings.length > 0)
    for (const { record } of wrong) {
      for (const { index, finding } of record.findings)
        this.#find(index, finding, record.id, this.#recordKey(record.id))
    }
    if (this.#task.mends) {
      const orphans = wrong.filter(({ record }) => record.state === 'gone' || record.state === 'alien')
      if (orphans.length > 0) {
        report.addMended(
          await this.#mender.dropEntries(
            null,
            '',
            orphans.map(({ record }) => record.id),
          ),
        )
      }
      await this.#mend(wrong.filter(({ record }) => record.state === 'live'))
    }
    if (walksValues) await this.walkKeys(found.flatMap(({ record }) => record.walks))
    if (last === undefined || count < batchSize) return { ...place, step: 0, score: '', member: '' }
    return { ...place, score: last.main, member: last.record.id }
  }

  async #inspectPart(walk: Walk, place: RunPlace): Promise<RunPlace> {
    if (place.member === '') {
      if (this.#walked.has(walk.suffix)) return { ...place, step: place.step + 1 }
      this.#walked.add(walk.suffix)
    }
    const [seen] = await this.#look([{ walk, score: place.score, member: place.member }])
    if (seen === undefined || seen.count < this.#task.batchSize) {
      return { ...place, step: place.step + 1, score: '', member: '' }
    }
    return { ...place, score: seen.score, member: seen.member }
  }

  /** One step in each of several keys; what is found is reported and mended. */
  async #look(open: readonly { readonly walk: Walk; readonly score: string; readonly member: string }[]) {
    const { connection, partition, of, report, batchSize } = this.#task
    const outcomes = await connection.execute(
      open.map(({ walk, score, member }) => {
        const form = walk.form === null ? undefined : of.forms[walk.form]
        const args = [...formArguments(form === undefined ? [] : [form]).args, walk.suffix, score, member, batchSize]
        return { type: 'script', script: inspectEntriesScript, keys: partition.keys, args }
      }),
    )
    const seen = open.map(({ walk }, index) => ({ walk, ...entryFindings(valueOfOutcome(outcomes[index])) }))
    const candidates: Walk[] = []
    for (const { walk, count, findings } of seen) {
      report.addEntries(count)
      if (findings.length > 0) candidates.push(...(await this.#judge(walk, findings)))
    }
    if (this.#task.walksValues) await this.walkKeys(candidates)
    return seen
  }

  /** Reports the findings of one key and mends them; brings other keys that may hold the same records. */
  async #judge(walk: Walk, findings: readonly EntryFinding[]): Promise<Walk[]> {
    const { of, report, partition, mends } = this.#task
    const form = walk.form === null ? undefined : of.forms[walk.form]
    const title = form === undefined ? titles.deadlines : titleOf(form)
    const key = partition.keys[0] + walk.suffix
    const members: string[] = []
    const unlisted: string[] = []
    for (const { verdict, id, member } of findings) {
      if (verdict === 'unlisted') {
        unlisted.push(id)
        continue
      }
      report.addFinding(title, verdict === 'stale' ? 'stale' : 'orphaned', id, key)
      members.push(member)
    }
    if (unlisted.length > 0) await this.#judgeUnlisted(unlisted)
    if (mends && members.length > 0) {
      report.addMended(
        form === undefined
          ? await this.#mender.dropEntries(null, ':%expiry', members)
          : await this.#mender.dropEntries(walk.form, walk.suffix, members),
      )
    }
    return findings.flatMap((finding) => this.#equalityKey(walk, finding))
  }

  async #judgeUnlisted(ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#walked.has(`%unlisted:${id}`))
    if (unknown.length === 0) return
    for (const id of unknown) if (this.#walked.size < MOST_WALKED) this.#walked.add(`%unlisted:${id}`)
    await this.inspectUnlisted(unknown)
  }

  /** The key by equality of the value that an entry of a range index tells. */
  #equalityKey({ form: number }: Walk, { member, score, verdict }: EntryFinding): Walk[] {
    const { of, schema } = this.#task
    const form = number === null ? undefined : of.forms[number]
    if (form === undefined || verdict === 'unlisted') return []
    if (form.kind === 's') return equalityWalk(schema, of, form, scoreOf(score))
    const told = form.kind === 't' ? textOfMember(member) : null
    return told === null ? [] : equalityWalk(schema, of, form, told)
  }

  /** The keys whose names are known: range indexes, the records without a value, the deadlines. */
  #fixedWalks(): Walk[] {
    const { of, walksValues } = this.#task
    const walks = of.forms.flatMap((form, index): Walk[] => {
      const label = form.attributes.map(encodeSegment).join('%+')
      if (form.kind === 's' || form.kind === 't') return [{ form: index, suffix: `:${label}` }]
      const nothing = form.attributes.map(() => encodeSegment(null)).join('%+')
      return walksValues ? [{ form: index, suffix: `:${label}:${nothing}` }] : []
    })
    return [...walks, { form: null, suffix: ':%expiry' }]
  }

  async #records(which: readonly (string | number)[]): Promise<SeenRecord[]> {
    const { connection, schema, partition, of } = this.#task
    const args = [...of.args, ...which]
    const request = { type: 'script', script: inspectRecordsScript, keys: partition.keys, args } as const
    return list(await connection.send(request)).map((row) => {
      return { record: inspectedRecord(schema, of, row), main: text(list(row)[2]) }
    })
  }

  async #mend(records: readonly SeenRecord[]): Promise<void> {
    if (records.length === 0) return
    const wanted = records.map(({ record: { id, values } }) => ({ id, values, adoptedAtMs: null }))
    this.#task.report.addMended(await this.#mender.mendRecords(wanted))
  }

  /** Makes records of hashes without a time of creation, and brings them as they are then. */
  async #adopt(records: readonly SeenRecord[]): Promise<SeenRecord[]> {
    const bare = records.filter(({ record }) => record.state === 'bare')
    if (bare.length === 0) return []
    const ids = bare.map(({ record }) => record.id)
    const { connection, schema, partition, report } = this.#task
    const wanted = bare.map(({ record, main }) => ({
      id: record.id,
      values: [],
      adoptedAtMs: Number(main) || Date.now(),
    }))
    const mender = new PartitionMender(connection, schema, partition, formArguments([]))
    report.addMended(await mender.mendRecords(wanted))
    return this.#records(['ids', ids.length, ...ids])
  }

  #find(index: string, finding: 'missing' | 'stale' | 'orphaned', id: string, key: string): void {
    this.#task.report.addFinding(index, finding, id, key)
  }

  #recordKey(id: string): string {
    return recordKey(this.#task.partition, id)
  }
}

function entryFindings(reply: unknown) {
  const [count, score, member, ...cells] = list(reply).map(text)
  const findings: EntryFinding[] = []
  for (let index = 0; index < cells.length; index += 4) {
    const [verdict = '', id = '', of = '', at = ''] = cells.slice(index, index + 4)
    findings.push({ verdict, id, member: of, score: at })
  }
  return { count: Number(count), score: score ?? '', member: member ?? '', findings }
}

/** The text in a member of a range index by text; null for a member of another shape. */
function textOfMember(member: string): string | null {
  const stop = member.indexOf('\0')
  if (stop < 0) return null
  return member.slice(0, stop).replaceAll('\u0001\u0001', '\0').replaceAll('\u0001\u0002', '\u0001')
}
