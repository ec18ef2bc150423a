import { aggregateInMemory, countByInMemory } from '../../src/repositories/aggregate-in-memory.js'
import type { Aggregation, Criterion } from '../../src/repositories/criteria.js'
import type { Repository, StoredRecord } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import type { Random } from '../repositories/random.js'
import { ANCHORS, BRIEF, type BriefRecord, faultSchema } from './fault-records.js'

const ofAnchors: Criterion = { type: 'equals', attribute: 'group', value: ANCHORS }
const AGGREGATIONS: readonly Aggregation[] = [
  { type: 'sum', attribute: 'level' },
  { type: 'min', attribute: 'level' },
  { type: 'max', attribute: 'label' },
]

/** Asks for a number, or for records by id, that nobody changes; says what is wrong with the answer. */
export async function faultsOfAnchors(
  repository: Repository,
  anchors: readonly StoredRecord[],
  random: Random,
): Promise<string[]> {
  switch (random.below(4)) {
    case 0: {
      const { count } = await repository.count(faultSchema, ofAnchors)
      const expected = anchors.filter(({ fields }) => fields[1] === ANCHORS).length
      return count === expected ? [] : [`${count} anchors were counted, not ${expected}`]
    }
    case 1:
      return faultsOfAggregate(repository, faultSchema, anchors, ofAnchors, random.of(AGGREGATIONS))
    case 2:
      return faultsOfCounts(repository, faultSchema, anchors, ofAnchors, random.of(['grade', 'group', 'level']))
    default: {
      const asked = anchors.filter(() => random.below(4) === 0)
      const found = await repository.fetch(
        faultSchema,
        asked.map(({ id }) => id),
      )
      return asked.filter((_, at) => !found[at]).map(({ id }) => `${id} was not found by its id`)
    }
  }
}

const ofBrief: Criterion = { type: 'equals', attribute: 'group', value: BRIEF }
/** Between the clocks of two processes on one machine. */
const CLOCKS_MS = 50

/** Records that have expired are in no count and on no page, and all others are. */
export async function faultsOfExpiry(
  repository: Repository,
  brief: readonly BriefRecord[],
  random: Random,
): Promise<string[]> {
  const isCount = random.below(2) === 0
  const fromMs = Date.now() - CLOCKS_MS
  const found = isCount
    ? (await repository.count(faultSchema, ofBrief)).count
    : (await repository.select(faultSchema, everyBrief)).records.map(({ id }) => id)
  const toMs = Date.now() + CLOCKS_MS
  const [most, least] = [fromMs, toMs].map((atMs) => brief.filter(({ deadlineMs }) => deadlineMs > atMs))
  if (typeof found === 'number') {
    const isRight = found <= most!.length && found >= least!.length
    return isRight ? [] : [`${found} brief records were counted, not ${least!.length} to ${most!.length}`]
  }
  const possible = new Set(most!.map(({ id }) => id))
  return [
    ...found.filter((id) => !possible.has(id)).map((id) => `${id} had expired`),
    ...least!.filter(({ id }) => !found.includes(id)).map(({ id }) => `${id} was not found`),
  ]
}

const everyBrief = { where: ofBrief, order: [], limit: null, offset: 0, after: null } as const

/** Compares an aggregate with that of all records in memory. */
export async function faultsOfAggregate(
  repository: Repository,
  schema: ModelSchema,
  records: Iterable<StoredRecord>,
  where: Criterion,
  of: Aggregation,
): Promise<string[]> {
  const { count, value } = await repository.aggregate(schema, where, of)
  const expected = aggregateInMemory(schema, records, where, of)
  // The least and the greatest value are found without counting.
  if (value === expected.value && (of.type !== 'sum' || count === expected.count)) return []
  return [`${of.type} of ${of.attribute} is ${value} of ${count}, not ${expected.value} of ${expected.count}`]
}

/** Compares the numbers of records by value with those of all records in memory. */
export async function faultsOfCounts(
  repository: Repository,
  schema: ModelSchema,
  records: Iterable<StoredRecord>,
  where: Criterion,
  attribute: string,
): Promise<string[]> {
  const { counts } = await repository.countBy(schema, where, attribute)
  const [found, expected] = [counts, countByInMemory(schema, records, where, attribute)].map(textOf)
  return found === expected ? [] : [`counts by ${attribute} are ${found}, not ${expected}`]
}

function textOf(counts: ReadonlyMap<string | null, number>): string {
  return JSON.stringify([...counts].map(([value, count]) => JSON.stringify([value, count])).sort())
}
