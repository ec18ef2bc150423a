import type { Random } from './random.js'

/** The types of keys, by the beginnings of their names. */
export const KEY_TYPES = ['s', 'h', 'l', 'set', 'z', 'x'] as const
export type KeyType = (typeof KEY_TYPES)[number]

/** The words of which random commands are made: few keys and members, so that commands meet; and edge values. */
export class Words {
  readonly #random: Random
  /** The first half of the last id for a new entry. */
  #lastTime = 0

  constructor(random: Random) {
    this.#random = random
  }

  get random(): Random {
    return this.#random
  }

  /** A key; usually one that holds the wanted type. */
  key(type: KeyType): string {
    const other = this.#random.chance(0.06) ? this.#random.pick(KEY_TYPES) : type
    return this.#random.chance(0.05) ? 'missing' : `${other}${this.#random.below(3)}`
  }

  keys(type: KeyType, most = 3): string[] {
    return this.#random.several(1, most, () => this.key(type))
  }

  member(): string {
    const kind = this.#random.next()
    if (kind < 0.1) return `m${this.#random.below(500)}`
    return kind < 0.7 ? this.#random.pick('abcdefgh'.split('')) : this.#random.pick(EDGE_TEXTS)
  }

  members(most = 4): string[] {
    return this.#random.several(1, most, () => this.member())
  }

  /** So many members that a value leaves its small form. */
  crowd(): string[] {
    return this.#random.several(100, 400, () => `m${this.#random.below(500)}`)
  }

  /** A member of a set of integers, most of the time. */
  integerMember(): string {
    return this.#random.chance(0.9) ? String(this.#random.below(20) - 10) : this.#random.pick(EDGE_INTEGERS)
  }

  text(): string {
    return this.#random.chance(0.4) ? this.number() : this.member()
  }

  /** A number for an index, a count or an increment. */
  integer(): string {
    return this.#random.chance(0.85) ? String(this.#random.below(12) - 5) : this.#random.pick(EDGE_INTEGERS)
  }

  /** A count that cannot make a server answer without end. */
  count(): string {
    return this.#random.chance(0.9)
      ? String(this.#random.below(9) - 3)
      : this.#random.pick(['abc', '', '1.5', '20', '-20'])
  }

  number(): string {
    const kind = this.#random.next()
    if (kind < 0.4) return String(this.#random.below(10) - 3)
    if (kind < 0.7) return String((this.#random.below(4000) - 2000) / this.#random.pick([2, 3, 7, 10, 64, 1000]))
    return kind < 0.8 ? String(this.#random.double()) : this.#random.pick(EDGE_NUMBERS)
  }

  /** An id that is wrong, or hard to read, or so large that no other can follow. */
  edgeId(): string {
    return this.#random.pick(EDGE_IDS)
  }

  /** An id that an entry may have. */
  id(): string {
    if (this.#random.chance(0.03)) return this.edgeId()
    const time = Math.max(0, this.#lastTime - this.#random.below(this.#random.pick([4, 8, 30])))
    return this.#random.chance(0.2) ? String(time) : `${time}-${this.#random.pick([0, 0, 0, 0, 1, 2])}`
  }

  /** An id for a new entry; usually greater than all before. */
  newId(): string {
    this.#lastTime += this.#random.pick([0, 1, 1, 1, 2])
    const sequence = this.#random.pick(['-0', '-0', '-0', '-*', '-*', '', '-1', '-2'])
    return this.#lastTime + sequence
  }

  scoreLimit(): string {
    return (
      this.#random.pick(['', '', '(']) +
      (this.#random.chance(0.3) ? this.#random.pick(['-inf', '+inf']) : this.number())
    )
  }

  textLimit(): string {
    const edge = this.#random.chance(0.3)
    return edge ? this.#random.pick(['-', '+', '', 'a', '(', '[', '-x']) : this.#random.pick(['[', '(']) + this.member()
  }

  /** A deadline so far away, or so clearly past, that the time of the test does not matter. */
  expiry(): string[] {
    const [option, values] = this.#random.pick([
      ['EX', ['100000', '200000', '0', '-1', 'abc', '9223372036854775807', '9223372036854775']],
      ['PX', ['100000000', '0', '-1', '', '9223372036854775807']],
      ['EXAT', ['4102444800', '1', '0', 'x', '9223372036854775807']],
      ['PXAT', ['4102444800123', '1', '-5', '1.5']],
    ] as const)
    return [option, this.#random.pick<string>(values)]
  }

  /** The options given, each with probability one half, in random order. */
  options(...choices: (readonly string[])[]): string[] {
    const chosen = choices.filter(() => this.#random.chance(0.5))
    for (let i = chosen.length - 1; i > 0; i--) {
      const other = this.#random.below(i + 1)
      ;[chosen[i], chosen[other]] = [chosen[other]!, chosen[i]!]
    }
    return chosen.flat()
  }
}

const EDGE_TEXTS = [
  '',
  '0',
  '-1',
  '12',
  '007',
  '1.5',
  'A',
  'ab',
  'abc',
  '\0',
  'a\0b',
  '\xff\xfe',
  '\r\n',
  '*?[a]',
  'x'.repeat(64),
  'x'.repeat(65),
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '123456789012345678',
]

// What Redis answers to an id `<ms>-*` behind the last one of its millisecond depends on a stale errno; 99999 has no other id.
const EDGE_IDS = [
  ...['0-0', '0', '0-1', '0-*', '-', '+', '$', '>', '', '-1', '1-', '1--1', '1--01', '1-+1', '+1-1', ' 1-1', '1-1 '],
  ...[
    '007-01',
    '1-1-1',
    '*-1',
    '(1-1',
    '1-1\0x',
    'abc',
    '1.5',
    '1e3-1',
    `1-${'0'.repeat(125)}1`,
    `${'0'.repeat(120)}9-1`,
  ],
  ...['9007199254740991-1', '9007199254740993-9007199254740995', '9223372036854775808-1', '99999-18446744073709551615'],
  ...[
    '18446744073709551615-18446744073709551615',
    '18446744073709551615-18446744073709551614',
    '18446744073709551616-1',
  ],
  ...['18446744073709551615', '18446744073709551615-*', '1-18446744073709551616'],
]

const EDGE_INTEGERS = [
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '9007199254740993',
  '-9007199254740993',
  '+1',
  '01',
  '-0',
  ' 1',
  '1 ',
  '',
  '-',
  'abc',
  '1.0',
  '1e3',
  '\x001',
]

const EDGE_NUMBERS = [
  ...['inf', '-inf', '+inf', 'Infinity', '-infinity', 'nan', '-nan', 'NaN', 'abc', '', ' ', ' 1', '1 ', '-', '+', '.'],
  ...['-0', '0.0', '-0.0', '.5', '5.', '+3', '1e3', '1E-3', '1e', '1e+', '0x10', '0x1p-3', '0x', '0x.8', '1_000'],
  ...['1e400', '-1e400', '1e-400', '4.9e-324', '2.2250738585072014e-308', '1.7976931348623157e308', '1e17', '1e21'],
  ...['123456789012345678', '0.1', '0.2', '0.30000000000000004', '3.0e-5', '100000000000000.125', '9007199254740993'],
]
