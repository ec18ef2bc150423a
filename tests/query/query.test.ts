import { describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  AttributeNotSearchableError,
  CastError,
  type Criteria,
  Entity,
  InvalidArgumentError,
  Model,
  type Query,
  type Ranged,
  Searchable,
} from '../../src/index.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute({ cast: Date }) @Searchable({ range: true }) declare seenAt: Ranged<Date>
  @Attribute({ cast: 'enum', values: ['new', 'old'] }) @Searchable() declare status: 'new' | 'old'
  @Attribute() declare note: string
}

/** Keeps what it is asked instead of answering. */
class RecordingRepository extends ArrayRepository {
  readonly asked: Criteria[] = []

  override async select(...given: Parameters<ArrayRepository['select']>) {
    this.asked.push(given[1])
    return super.select(...given)
  }
}

async function criteriaOf(query: Query<Visit>): Promise<Criteria> {
  const repository = new RecordingRepository()
  Visit.setRepository(repository)
  await query.get()
  const [criteria] = repository.asked
  if (!criteria) throw new Error('nothing was asked')
  return criteria
}

const whereOf = async (query: Query<Visit>) => (await criteriaOf(query)).where

describe('conditions', () => {
  test.each<[string, () => Query<Visit>, unknown]>([
    ['a text', () => Visit.where('ip', 'a'), { type: 'equals', attribute: 'ip', value: 'a' }],
    ['a wildcard', () => Visit.where('ip', 'a*'), { type: 'like', attribute: 'ip', pattern: { parts: ['a', ''] } }],
    ['an escaped star', () => Visit.where('ip', 'a\\*'), { type: 'equals', attribute: 'ip', value: 'a*' }],
    ['a literal star', () => Visit.where('ip', '=', 'a*'), { type: 'equals', attribute: 'ip', value: 'a*' }],
    ['a star in a map', () => Visit.where({ ip: 'a*' }), { type: 'equals', attribute: 'ip', value: 'a*' }],
    ['a star in a list', () => Visit.whereIn('ip', ['a*']), { type: 'in', attribute: 'ip', values: ['a*'] }],
    ['a star as key', () => Visit.whereKey('*'), { type: 'equals', attribute: 'id', value: '*' }],
    ['keys', () => Visit.whereKey([1, '2']), { type: 'in', attribute: 'id', values: ['1', '2'] }],
    ['a number', () => Visit.where('userId', 7), { type: 'equals', attribute: 'userId', value: '7' }],
    ['null', () => Visit.where('ip', null), { type: 'equals', attribute: 'ip', value: null }],
    ['whereNull', () => Visit.whereNull('ip'), { type: 'equals', attribute: 'ip', value: null }],
    ['whereNotNull', () => Visit.whereNotNull('ip'), { type: 'notEquals', attribute: 'ip', value: null }],
    ['!=', () => Visit.where('userId', '!=', 7), { type: 'notEquals', attribute: 'userId', value: '7' }],
    [
      'not in',
      () => Visit.where('ip', 'not in', ['a', 'a', null]),
      { type: 'notIn', attribute: 'ip', values: ['a', null] },
    ],
    [
      '>',
      () => Visit.where('userId', '>', 7),
      { type: 'range', attribute: 'userId', min: { value: '7', inclusive: false } },
    ],
    [
      '<=',
      () => Visit.where('userId', '<=', 7),
      { type: 'range', attribute: 'userId', max: { value: '7', inclusive: true } },
    ],
    [
      'between',
      () => Visit.whereBetween('userId', 1, 2),
      {
        type: 'range',
        attribute: 'userId',
        min: { value: '1', inclusive: true },
        max: { value: '2', inclusive: true },
      },
    ],
    [
      'a moment, cast like the attribute',
      () => Visit.where('seenAt', '>=', '2024-09-24'),
      { type: 'range', attribute: 'seenAt', min: { value: '2024-09-24T00:00:00.000Z', inclusive: true } },
    ],
    [
      'several',
      () => Visit.where({ ip: 'a', userId: 7 }).where('status', 'new'),
      {
        type: 'all',
        of: [
          { type: 'equals', attribute: 'ip', value: 'a' },
          { type: 'equals', attribute: 'userId', value: '7' },
          { type: 'equals', attribute: 'status', value: 'new' },
        ],
      },
    ],
    ['none', () => Visit.query(), { type: 'all', of: [] }],
  ])('%s', async (_, query, where) => {
    expect(await whereOf(query())).toEqual(where)
  })

  test('are refused with a clear error before anything is sent', () => {
    const query = Visit.query() as unknown as Record<string, (...given: unknown[]) => unknown>
    const cases: [unknown[], new (...given: never[]) => Error, string][] = [
      [
        ['note', 'a'],
        AttributeNotSearchableError,
        'The attribute [note] is not searchable on the model [Visit]. Declare it @Searchable().',
      ],
      [['nope', 'a'], AttributeNotSearchableError, 'is not declared; searchable are: id, ip, seenAt, status, userId.'],
      [['ip', '>', 'a'], AttributeNotSearchableError, 'declare it @Searchable({ range: true })'],
      [['userId', 'x'], CastError, "The attribute [userId] of model [Visit] cannot hold 'x': expected a number."],
      [['status', 'other'], CastError, 'expected one of "new", "old"'],
      [['ip', undefined], InvalidArgumentError, 'compares with undefined; use null'],
      [[{ ip: undefined }], InvalidArgumentError, 'compares with undefined'],
      [['ip', 'in', ['a', undefined]], InvalidArgumentError, 'compares with undefined'],
      [['userId', '>', null], InvalidArgumentError, 'rows without a value lie in no range'],
      [['userId', 'between', [1]], InvalidArgumentError, 'needs a list of two values'],
      [['ip', 'in', 'a'], InvalidArgumentError, 'needs a list of values'],
      [['userId', 'like', '7*'], InvalidArgumentError, "'like' needs a text attribute"],
      [['ip', '=>', 'a'], InvalidArgumentError, "Unknown operator '=>' on [ip]"],
      [['ip'], InvalidArgumentError, 'where needs an attribute and a value'],
      [[], InvalidArgumentError, 'it was given nothing'],
      [['ip', '\ud800'], CastError, 'unpaired surrogate'],
      [['id', {}], InvalidArgumentError, 'keys are text'],
    ]
    for (const [given, type, message] of cases) {
      expect(() => query.where?.(...given)).toThrow(type)
      expect(() => query.where?.(...given)).toThrow(message)
    }
    expect(() => query.orderBy?.('ip')).toThrow('which orders and range conditions need')
    expect(() => query.orderBy?.('userId', 'down')).toThrow("'asc' or 'desc', not 'down'")
    expect(() => query.limit?.(-1)).toThrow('limit is -1; it must be a whole number, 0 or more.')
    expect(() => query.offset?.(1.5)).toThrow('offset is 1.5')
  })
})

describe('a query', () => {
  test('is immutable: refining it leaves it as it was', async () => {
    const base = Visit.where('ip', 'a')
    base.where('userId', 7).orderBy('userId', 'desc').limit(1).offset(2)
    expect(await criteriaOf(base)).toEqual({
      where: { type: 'equals', attribute: 'ip', value: 'a' },
      order: [],
      limit: null,
      offset: 0,
      after: null,
    })
  })

  test('has its orders one after the other, or one that replaces them', async () => {
    const orders = [
      Visit.orderBy('userId'),
      Visit.latest('userId').oldest('seenAt'),
      Visit.latest('userId').reorder('seenAt'),
      Visit.orderBy('id', 'desc'),
      Visit.latest(),
      Visit.latest().reorder(),
    ]
    expect(await Promise.all(orders.map(async (query) => (await criteriaOf(query)).order))).toEqual([
      [{ attribute: 'userId', direction: 'asc' }],
      [
        { attribute: 'userId', direction: 'desc' },
        { attribute: 'seenAt', direction: 'asc' },
      ],
      [{ attribute: 'seenAt', direction: 'asc' }],
      [{ attribute: 'id', direction: 'desc' }],
      [{ attribute: null, direction: 'desc' }],
      [],
    ])
  })

  test('tells a listener of every answer', async () => {
    Visit.setRepository(new ArrayRepository())
    const plans: string[] = []
    const query = Visit.where('ip', 'a').onTrace((trace) => plans.push(trace.plan))
    await query.get()
    await query.count()
    await query.exists()
    await query.page()
    await query.find('x')
    expect(plans).toHaveLength(5)
  })

  test('asks the repository that is set when it runs', async () => {
    const query = Visit.query()
    const repository = new ArrayRepository()
    Visit.setRepository(repository)
    await Visit.create({ ip: 'a' })
    expect(await query.count()).toBe(1)
  })
})
