import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aggregateInMemory, countByInMemory } from '../../src/repositories/aggregate-in-memory.js'
import type { Aggregation, Bound, Criteria, Criterion, Order, Position } from '../../src/repositories/criteria.js'
import { matches } from '../../src/repositories/evaluate.js'
import { fieldsOf, pairsOf } from '../../src/repositories/fields.js'
import type { Repository, StoredRecord } from '../../src/repositories/repository.js'
import { type Candidate, selectInMemory } from '../../src/repositories/select-in-memory.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'

/** Few values, so that random conditions find something; among them all that sort or look alike. */
const pools: Readonly<Record<string, readonly string[]>> = {
  ip: ['1', '10', '', 'null', '0', 'ä', '😀x', 'a:b', '192.168.1.1', '192.168.1.2', '192.168.10.1', 'A*B?[x]', '%null'],
  name: ['an', 'ann', 'anna', 'anne', '', '\0', 'a', 'a\0', 'a\0b', 'a\u0001', 'zoë', '😀', '\uffee', 'null', 'An'],
  userId: ['-5', '0', '1', '2', '3', '10', '9007199254740991'],
  weight: ['-Infinity', '-1.5', '0', '0.1', '1e+21', 'Infinity'],
  active: ['0', '1'],
  seenAt: ['1969-12-31T23:59:59.999Z', '2024-01-01T00:00:00.000Z', '2024-01-01T00:00:00.001Z'],
}
const ids = Array.from({ length: 60 }, (_, at) => `${at % 3 === 0 ? 'ü' : 'r'}${at}`)

const optional = (values: readonly string[]) => fc.option(fc.constantFrom(...values), { nil: null, freq: 4 })
const row = fc.record(Object.fromEntries(Object.entries(pools).map(([name, values]) => [name, optional(values)])))

const valued = fc.constantFrom(...Object.keys(pools), 'id').chain((attribute) => {
  return fc.record({ attribute: fc.constant(attribute), value: optional(pools[attribute] ?? ids) })
})
const bound = (values: readonly string[]): fc.Arbitrary<Bound> =>
  fc.record({ value: fc.constantFrom(...values), inclusive: fc.boolean() })
const ranged = fc.constantFrom('name', 'userId', 'weight', 'seenAt', 'id')

const leaf: fc.Arbitrary<Criterion> = fc.oneof(
  { weight: 3, arbitrary: valued.map((pair): Criterion => ({ type: 'equals', ...pair })) },
  valued.map((pair): Criterion => ({ type: 'notEquals', ...pair })),
  fc
    .tuple(fc.constantFrom<'in' | 'notIn'>('in', 'in', 'notIn'), fc.constantFrom(...Object.keys(pools), 'id'))
    .chain(([type, attribute]) => {
      const values = fc.array(optional(pools[attribute] ?? ids), { maxLength: 12 })
      return values.map((list): Criterion => ({ type, attribute, values: list }))
    }),
  {
    weight: 3,
    arbitrary: ranged.chain((attribute) => {
      const end = bound(pools[attribute] ?? ids)
      return fc.tuple(end, end, fc.constantFrom('min', 'max', 'both')).map(
        ([min, max, ends]): Criterion => ({
          type: 'range',
          attribute,
          ...(ends !== 'max' && { min }),
          ...(ends !== 'min' && { max }),
        }),
      )
    }),
  },
  fc
    .tuple(
      fc.constantFrom('ip', 'name', 'id'),
      fc.array(fc.constantFrom('', 'a', 'an', 'n', '1', '192.168.1.', '😀', 'r', '\0', '5', 'ü', '*'), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([attribute, parts]): Criterion => ({ type: 'like', attribute, pattern: { parts } })),
)
const { tree } = fc.letrec<{ tree: Criterion }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'criterion' },
    leaf,
    { weight: 2, arbitrary: fc.array(tie('tree'), { maxLength: 3 }).map((of): Criterion => ({ type: 'all', of })) },
    { weight: 2, arbitrary: fc.array(tie('tree'), { maxLength: 4 }).map((of): Criterion => ({ type: 'any', of })) },
    tie('tree').map((of): Criterion => ({ type: 'not', of })),
  ),
}))
const criterion: fc.Arbitrary<Criterion> = fc.oneof(
  leaf,
  { weight: 2, arbitrary: fc.array(leaf, { maxLength: 3 }).map((of): Criterion => ({ type: 'all', of })) },
  { weight: 2, arbitrary: fc.array(leaf, { maxLength: 4 }).map((of): Criterion => ({ type: 'any', of })) },
  { weight: 4, arbitrary: tree },
)
const order: fc.Arbitrary<Order[]> = fc.array(
  fc
    .record({
      attribute: fc.constantFrom<string | null>('name', 'userId', 'weight', 'seenAt', 'id', null),
      direction: fc.constantFrom<'asc' | 'desc'>('asc', 'desc'),
    })
    .chain((by) => fc.constantFrom<Order>(by, by, { ...by, nulls: 'first' })),
  { maxLength: 3 },
)
const aggregation = fc.oneof(
  fc.constantFrom('userId', 'weight').map((attribute): Aggregation => ({ type: 'sum', attribute })),
  fc.record({
    type: fc.constantFrom<'min' | 'max'>('min', 'max'),
    attribute: fc.constantFrom('ip', 'name', 'userId', 'weight', 'active', 'seenAt', 'id'),
  }),
)
const question = fc.record({
  where: criterion,
  order,
  limit: fc.integer({ min: 1, max: 25 }),
  offset: fc.nat({ max: 5 }),
  fields: fc.option(fc.subarray(['ip', 'name', 'weight', 'note']), { nil: undefined, freq: 2 }),
  of: aggregation,
  by: fc.constantFrom('ip', 'name', 'userId', 'weight', 'active', 'seenAt'),
})

const everything: Criteria = { where: { type: 'all', of: [] }, order: [], limit: null, offset: 0, after: null }

/** Random records and random questions: every page equals what the definition in memory says. */
export function itAnswersLikeTheOracle(repositoryOf: () => Repository, schemaOf: () => ModelSchema): void {
  test('answer random questions as the definition in memory does, page by page', async () => {
    const rows = fc.array(row, { minLength: 5, maxLength: ids.length })
    await fc.assert(
      fc.asyncProperty(rows, fc.array(question, { minLength: 25, maxLength: 25 }), async (records, questions) => {
        const [repository, schema] = [repositoryOf(), withComposites(schemaOf())]
        await repository.clear(schema)
        await fill(repository, schema, records)
        const { records: stored, positions } = await repository.select(schema, everything)
        expect(stored).toHaveLength(records.length)
        const candidates = stored.map((record, at) => ({ record, createdAtMs: positions[at]!.createdAtMs }))
        for (const { of, by, fields, ...asked } of questions) {
          await comparePages(repository, schema, candidates, { ...asked, after: null, ...(fields && { fields }) })
          const matching = candidates.flatMap(({ record }) => (matches(schema, asked.where, record) ? [record] : []))
          const context = JSON.stringify({ where: asked.where, of, by })
          expect([context, (await repository.count(schema, asked.where)).count]).toEqual([context, matching.length])
          const { value } = await repository.aggregate(schema, asked.where, of)
          expect([context, value]).toEqual([context, aggregateInMemory(schema, matching, everything.where, of).value])
          const { counts } = await repository.countBy(schema, asked.where, by)
          expect([context, counts]).toEqual([context, countByInMemory(schema, matching, everything.where, by)])
          const all = await repository.countBy(schema, everything.where, by)
          expect([by, all.counts]).toEqual([by, countByInMemory(schema, stored, everything.where, by)])
        }
      }),
      { seed: 20_240_229 + schemaOf().partitions, numRuns: runsFor(repositoryOf()), endOnFailure: true },
    )
    await repositoryOf().clear(withComposites(schemaOf()))
  }, 120_000)
}

/** Records that have their id, and most of them their time of creation, in common with records under other hash tags. */
export function itTellsTwinsApart(repositoryOf: () => Repository, schemaOf: () => ModelSchema): void {
  test('with a hash tag, records of one id and one time of creation follow each other, page by page', async () => {
    const twins = fc.array(fc.tuple(row, fc.constantFrom(...ids.slice(0, 6))), { minLength: 20, maxLength: 60 })
    const asked = fc.record({
      where: fc.oneof(fc.constant(everything.where), leaf),
      order,
      limit: fc.integer({ min: 1, max: 4 }),
    })
    const untagged = schemaOf()
    const schema = { ...untagged, prefix: `${untagged.prefix}twins`, hashTag: untagged.attributes.get('ip')! }
    await fc.assert(
      fc.asyncProperty(twins, fc.array(asked, { minLength: 12, maxLength: 12 }), async (rows, questions) => {
        const repository = repositoryOf()
        await repository.clear(schema)
        const records = rows.map(([values, id]) => ({ id, fields: presentFields(values), expiresAtMs: null }))
        await repository.insertMany(schema, records)
        const { records: stored, positions } = await repository.select(schema, everything)
        const candidates = stored.map((record, at) => ({ record, createdAtMs: positions[at]!.createdAtMs }))
        for (const question of questions)
          await comparePages(repository, schema, candidates, { ...everything, ...question })
      }),
      { seed: 20_240_229 + schemaOf().partitions, numRuns: runsFor(repositoryOf()), endOnFailure: true },
    )
    await repositoryOf().clear(schema)
  }, 120_000)
}

/** The short form asks 100 questions of each kind of server and layout; each number of partitions has questions of its own. */
function runsFor(repository: Repository): number {
  if (process.env.FULL === '1') return 30
  return repository.name === 'array' ? 12 : 4
}

/** The same model with composite indexes, one of them with a part that another has. */
function withComposites(schema: ModelSchema): ModelSchema {
  const attributes = (...names: string[]) => ({ attributes: names.map((name) => schema.attributes.get(name)!) })
  return { ...schema, composites: [attributes('active', 'ip'), attributes('ip', 'name', 'userId')] }
}

/** Half of the rows come in a batch, half one by one; every third is then updated to values of its predecessor. */
async function fill(repository: Repository, schema: ModelSchema, rows: readonly Record<string, string | null>[]) {
  const records = rows.map((values, at) => ({ id: ids[at]!, fields: presentFields(values), expiresAtMs: null }))
  const half = Math.floor(records.length / 2)
  await repository.insertMany(schema, records.slice(0, half))
  await Promise.all(records.slice(half).map((record) => repository.insert(schema, record, { replace: false })))
  for (let at = 3; at < rows.length; at += 3) {
    const values = rows[at - 1]!
    const unset = Object.keys(values).filter((name) => values[name] === null)
    await repository.update(schema, { id: ids[at]!, set: presentFields(values), unset })
  }
}

function presentFields(values: Record<string, string | null>): string[] {
  return fieldsOf(Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])))
}

function sortedFields({ fields }: StoredRecord): string[] {
  return [...pairsOf(fields)].map((pair) => pair.join('=')).sort()
}

async function comparePages(
  repository: Repository,
  schema: ModelSchema,
  candidates: readonly Candidate[],
  criteria: Criteria,
) {
  let after: Position | null = null
  for (let page = 0; page < 100; page++) {
    const asked: Criteria = { ...criteria, after, offset: page === 0 ? criteria.offset : 0 }
    const expected = selectInMemory(schema, candidates, asked)
    const actual = await repository.select(schema, asked)
    const context = JSON.stringify(asked)
    expect([context, actual.records.map((record) => record.id)]).toEqual([
      context,
      expected.records.map((record) => record.id),
    ])
    expect(actual.records.map(sortedFields)).toEqual(expected.records.map(sortedFields))
    expect(actual.positions).toEqual(expected.positions)
    expect(actual.hasMore).toBe(expected.hasMore)
    if (!actual.hasMore) return
    after = actual.positions.at(-1)!
  }
}
