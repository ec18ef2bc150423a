import { describe, expect, test } from '@jest/globals'
import dayjs from 'dayjs'
import fc from 'fast-check'
import { quote } from '../../src/errors/quote.js'
import * as activeredis from '../../src/index.js'

const {
  ActiveRedisError,
  AmbiguousKeyError,
  AttributeNotSearchableError,
  BulkWriteError,
  CastError,
  ConfigurationError,
  ConnectionError,
  CrossSlotError,
  DefinitionError,
  DuplicateKeyError,
  ERROR_CODES,
  IndexNotReadyError,
  InvalidArgumentError,
  InvalidKeyError,
  InvalidStateError,
  JsonEncodingError,
  MassAssignmentError,
  ModelNotFoundError,
  MultipleRecordsError,
  OutOfRangeError,
  ReplicationError,
  ScanRefusedError,
  ServerError,
  StaleModelError,
  TransactionCancelledError,
  UniqueConstraintError,
} = activeredis

const cause = new Error('the cause')
const samples = [
  new ModelNotFoundError('Visit', ['a', 'b'], { cause }),
  new DuplicateKeyError('Visit', 'a', { cause }),
  new InvalidKeyError('Visit', 5, 'is odd.', { cause }),
  new AttributeNotSearchableError('Visit', 'ip'),
  new CastError({ model: 'Visit', attribute: 'ip', value: 5, expected: 'text', direction: 'set', cause }),
  new JsonEncodingError('Visit', 'metadata', cause),
  new InvalidArgumentError('limit is -1', { cause }),
  new InvalidStateError('busy'),
  new DefinitionError('Visit', 'no cast', { cause }),
  new ConfigurationError('no host', { cause }),
  new ConnectionError('default', 'gone', { cause, address: '127.0.0.1:1', wasSent: false }),
  new ServerError('default', 'HGETALL', 'WRONGTYPE Operation', { cause }),
  new CrossSlotError({ key: 'a', slot: 1 }, { key: 'b', slot: 2 }),
  new StaleModelError('Visit', 'a', { ip: '1' }, { cause }),
  new UniqueConstraintError('Visit', ['ip', 'day'], ['1', 5], 'a', { cause }),
  new OutOfRangeError({ model: 'Visit', key: 'a', attribute: 'hits', current: '5', by: '-6', min: '0' }),
  new IndexNotReadyError('Visit', ['ip'], { cause }),
  new ScanRefusedError('Visit', 'Name the hash tag.'),
  new AmbiguousKeyError('Visit', 'a', 'tenantId'),
  new TransactionCancelledError('saving', 'Visit', 'a', { cause }),
  new MassAssignmentError('Visit', ['isAdmin']),
  new ReplicationError('default', { address: '127.0.0.1:1', wanted: 1, acknowledged: 0, timeoutMs: 5 }, { cause }),
  new MultipleRecordsError('Visit'),
  new BulkWriteError('Visit', 'update', 2, { failed: 2 }, cause),
]

describe('errors', () => {
  test('there is one class for each code, with its own name', () => {
    expect(samples.map(({ code }) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort())
    for (const error of samples) {
      expect(error).toBeInstanceOf(ActiveRedisError)
      expect(error.name).toBe(error.constructor.name)
      expect(activeredis).toHaveProperty(error.name)
      expect([undefined, cause]).toContain(error.cause)
    }
  })

  test('messages say what happened, to what', () => {
    expect(samples.map(({ message }) => message)).toEqual([
      'No query results for model [Visit] a, b',
      'A model with the key [a] already exists.',
      'The key 5 of model [Visit] is odd.',
      'The attribute [ip] is not searchable on the model [Visit].',
      'The attribute [ip] of model [Visit] cannot hold 5 (the cause): expected text.',
      'Unable to encode attribute [metadata] for model [Visit] to JSON: the cause',
      'limit is -1',
      'busy',
      'Model [Visit]: no cast',
      'no host',
      'Connection [default]: gone',
      'Connection [default]: HGETALL failed: WRONGTYPE Operation',
      'Keys of one request must lie in one hash slot: [a] is in slot 1, [b] in slot 2. Give them the same hash tag.',
      'The record [a] of model [Visit] was changed by somebody else, or does not fulfil the condition of the write.',
      "Model [Visit] must be unique by ip '1', day 5: the record [a] has that already.",
      'The attribute [hits] of the record [a] of model [Visit] is 5 and cannot change by -6: it must be at least 0.',
      'The index of [ip] on the model [Visit] is not built for all records yet: run Visit.index.rebuild().',
      'Strict mode refuses this query on the model [Visit]. Name the hash tag.',
      "Several records of model [Visit] have the key [a], under different values of [tenantId]. Say which: Visit.where('tenantId', value).find(key).",
      "A handler of 'saving' cancelled the transaction at the record [a] of model [Visit].",
      'Model [Visit] guards isAdmin: add to its fillable attributes what may be assigned, or use forceFill.',
      'Connection [default]: the write is stored on 127.0.0.1:1, but not confirmed by 1 replica: 0 of them did within 5 ms.',
      'More than one record of model [Visit] fulfils the conditions of a query for exactly one.',
      'update failed for 2 records of model [Visit]; the first: the cause',
    ])
    expect(new ModelNotFoundError('Visit').message).toBe('No query results for model [Visit].')
    expect(new InvalidKeyError('Visit', '').message).toBe('A key is required to create a model.')
  })

  test('facts are in fields', () => {
    expect(new ModelNotFoundError('Visit', ['a'])).toMatchObject({ model: 'Visit', keys: ['a'] })
    const range = { model: 'Visit', key: 'a', attribute: 'hits', current: '5', by: '1', max: '5' }
    expect(new OutOfRangeError(range)).toMatchObject({ ...range, min: null })
    expect(new StaleModelError('Visit', 'a', { ip: '1' })).toMatchObject({ key: 'a', stored: { ip: '1' } })
    expect(new UniqueConstraintError('Visit', ['ip'], ['1'], 'a')).toMatchObject({ attributes: ['ip'], holder: 'a' })
    expect(new ServerError('c', 'GET', 'MOVED 1 h:1')).toMatchObject({ replyCode: 'MOVED', reply: 'MOVED 1 h:1' })
    expect(new ConnectionError('c', 'gone')).toMatchObject({ connection: 'c', address: null, wasSent: true })
  })

  test('messages stay short whatever the value', () => {
    const long = 'x'.repeat(1_000_000)
    expect(new DuplicateKeyError('Visit', long).message.length).toBeLessThan(200)
    expect(new ModelNotFoundError('Visit', Array(1000).fill(long)).message.length).toBeLessThan(300)
    const failure = { model: 'V', attribute: 'a', value: { long }, expected: 'text', direction: 'set' } as const
    expect(new CastError(failure).message.length).toBeLessThan(200)
  })
})

describe('quote', () => {
  test.each([
    ['a', "'a'"],
    [5n, '5n'],
    [-0, '-0'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [{ a: [1] }, '{"a":[1]}'],
    [new Map(), 'an instance of Map'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'an invalid date'],
    [dayjs('nonsense'), 'an invalid date'],
    [Object.create(null), '{}'],
    [() => 1, 'a function'],
    [class Visit {}, 'function Visit'],
  ])('%p is shown as %s', (value, shown) => {
    expect(quote(value)).toBe(shown)
  })

  test('never throws and never exceeds its length', () => {
    const hostile = {
      toJSON() {
        throw new Error('no')
      },
    }
    const values = fc.oneof(fc.anything({ withBigInt: true, withDate: true, withMap: true }), fc.constant(hostile))
    fc.assert(
      fc.property(values, (value) => {
        expect(quote(value, 40).length).toBeLessThanOrEqual(40)
      }),
    )
  })
})
