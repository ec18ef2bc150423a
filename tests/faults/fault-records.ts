import type { Criteria, Criterion } from '../../src/repositories/criteria.js'
import { matches } from '../../src/repositories/evaluate.js'
import type { Repository, StoredRecord } from '../../src/repositories/repository.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import type { Random } from '../repositories/random.js'
import { schemaOf } from '../repositories/sample-schema.js'

/** Twelve partitions, so that each of three primaries has some that can be moved. */
export const PARTITIONS = 12

/** `until` repeats the deadline, so that a reader sees what must have expired. */
const plain = schemaOf(
  'faults',
  PARTITIONS,
  {
    group: [textCast, 'equality'],
    grade: [textCast, 'equality'],
    level: [integerCast, 'range'],
    label: [textCast, 'range'],
    until: [integerCast, 'none'],
  },
  [['group', 'grade']],
)
/** What the writers write. Index keys whose records all expire are gone soon after them, and come again with others. */
export const faultSchema: ModelSchema = { ...plain, indexTtlMs: 1_500 }

const GROUPS = ['g0', 'g1', 'g2', 'g3', 'g4']
/** The group of the records that nobody changes, and nobody else's. */
export const ANCHORS = 'anchors'
const LEVELS = 1_000
const GRADES = ['a', 'b', 'c', null]

/** Fields of a new version of a record; all of them, so that a version says everything. */
export function randomFields(random: Random, label: string, deadlineMs: number | null): string[] {
  const fields = fieldsIn(random.of(GROUPS), random, label)
  return deadlineMs === null ? fields : [...fields, 'until', String(deadlineMs)]
}

function fieldsIn(group: string, random: Random, label: string): string[] {
  const grade = random.of(GRADES)
  const level = String(random.below(LEVELS))
  return ['group', group, 'label', label, 'level', level, ...(grade === null ? [] : ['grade', grade])]
}

/** The attributes that a version does not have. */
export function absentFrom(fields: readonly string[]): string[] {
  const present = new Set(fields.filter((_, at) => at % 2 === 0))
  return [...faultSchema.attributes.keys()].filter((name) => name !== faultSchema.keyName && !present.has(name))
}

/** Records that are there from beginning to end: half of them in a group of their own, half among the others. */
export function anchorRecords(random: Random, count: number): StoredRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const group = index % 2 === 0 ? ANCHORS : random.of(GROUPS)
    return { id: `anchor-${index}`, fields: fieldsIn(group, random, `anchor ${index}`) }
  })
}

/** The group of records that nobody changes either, and that expire one after the other. */
export const BRIEF = 'brief'

export interface BriefRecord extends StoredRecord {
  readonly deadlineMs: number
}

/** Records that expire at even distances from `fromMs` on. */
export function briefRecords(random: Random, count: number, fromMs: number, spanMs: number): BriefRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const deadlineMs = Math.round(fromMs + (spanMs * index) / count)
    const fields = [...fieldsIn(BRIEF, random, `brief ${index}`), 'until', String(deadlineMs)]
    return { id: `brief-${index}`, fields, deadlineMs }
  })
}

/** A condition of one of the kinds that indexes answer. */
export function randomCondition(random: Random, depth = 0): Criterion {
  const equals: Criterion = { type: 'equals', attribute: 'group', value: random.of([...GROUPS, ANCHORS]) }
  const low = random.below(LEVELS)
  const range: Criterion = {
    type: 'range',
    attribute: 'level',
    min: { value: String(low), inclusive: true },
    max: { value: String(low + random.below(400)), inclusive: random.below(2) === 0 },
  }
  const grade: Criterion = { type: 'equals', attribute: 'grade', value: random.of(GRADES) }
  switch (random.below(depth < 2 ? 11 : 6)) {
    case 0:
      return equals
    case 1:
      return range
    case 2:
      return { type: 'in', attribute: 'group', values: [random.of(GROUPS), random.of(GROUPS)] }
    case 3:
      return { type: 'like', attribute: 'label', pattern: { parts: [random.of(['anchor', 'w1', 'w', '']), ''] } }
    case 4:
      return { type: 'notEquals', attribute: 'group', value: random.of(GROUPS) }
    case 5:
      return grade
    case 6:
      return { type: 'all', of: [] }
    case 7:
      return { type: 'all', of: [equals, range] }
    case 8:
      return { type: 'all', of: [equals, grade] }
    case 9:
      return { type: 'any', of: [randomCondition(random, depth + 1), randomCondition(random, depth + 1)] }
    default:
      return { type: 'not', of: randomCondition(random, depth + 1) }
  }
}

/** A whole question without limit. */
export function randomQuestion(random: Random): Criteria {
  const order = random.of([
    [],
    [{ attribute: 'level', direction: 'desc' }],
    [{ attribute: 'label', direction: 'asc' }],
    [{ attribute: null, direction: 'desc' }],
  ] as const)
  return { where: randomCondition(random), order, limit: null, offset: 0, after: null }
}

/** All rows of a question in one answer, or page by page. */
export async function rowsOf(repository: Repository, question: Criteria, size: number | null): Promise<StoredRecord[]> {
  const rows: StoredRecord[] = []
  let after = question.after
  for (;;) {
    const page = await repository.select(faultSchema, { ...question, limit: size, after })
    const ids = new Set(page.records.map(({ id }) => id))
    if (ids.size < page.records.length) throw new Error(`a row came twice on one page of ${JSON.stringify(question)}`)
    rows.push(...page.records)
    after = page.positions.at(-1) ?? null
    if (!page.hasMore || after === null) return rows
  }
}

/** What is wrong with an answer on the face of it: rows that do not match, expired ones, doubles, a wrong order, gaps. */
export function faultsOfAnswer(
  question: Criteria,
  rows: readonly StoredRecord[],
  anchors: readonly StoredRecord[],
  askedAtMs: number,
  paged: boolean,
): string[] {
  const faults: string[] = []
  const ids = new Set<string>()
  for (const row of rows) {
    // In pages a record that moves in the order meanwhile may be met twice.
    if (ids.has(row.id) && (!paged || row.id.startsWith('anchor'))) faults.push(`${row.id} came twice`)
    ids.add(row.id)
    if (!matches(faultSchema, question.where, row)) faults.push(`${row.id} does not match: ${JSON.stringify(row)}`)
    const until = row.fields.indexOf('until')
    if (until >= 0 && Number(row.fields[until + 1]) < askedAtMs - 50) faults.push(`${row.id} had expired`)
  }
  for (const anchor of anchors) {
    if (matches(faultSchema, question.where, anchor) && !ids.has(anchor.id)) faults.push(`${anchor.id} is missing`)
  }
  const isCreation = question.order.every(({ attribute }) => attribute === null)
  if (!isCreation) {
    const first = question.order[0]!
    const values = rows.map((row) => row.fields[row.fields.indexOf(first.attribute!) + 1]!)
    for (let at = 1; at < rows.length; at += 1) {
      const difference =
        first.attribute === 'level'
          ? Number(values[at - 1]) - Number(values[at])
          : Buffer.compare(Buffer.from(values[at - 1]!), Buffer.from(values[at]!))
      if ((first.direction === 'desc' ? -difference : difference) > 0) {
        faults.push(`${rows[at]!.id} (${values[at]}) at ${at} comes after ${rows[at - 1]!.id} (${values[at - 1]})`)
        break
      }
    }
  }
  return faults
}
