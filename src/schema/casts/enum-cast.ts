import { shorten } from '../../errors/quote.js'
import { type Cast, CastMismatch } from '../cast.js'

/** The values of an enum attribute: a TypeScript `enum`, an `as const` object, or a list. */
export type EnumValues = readonly (string | number)[] | Readonly<Record<string, string | number>>

/** One of a fixed set of values. Throws a `TypeError` for a set that is empty or whose values share a text (1 and '1'). */
export function enumCast(values: EnumValues): Cast<string | number> {
  const members = membersOf(values)
  const byText = new Map(members.map((member) => [String(member), member]))
  if (members.length === 0) throw new TypeError('an enum needs at least one value')
  if (byText.size !== new Set(members).size) throw new TypeError('two values of the enum have the same text')
  for (const member of members) {
    if (typeof member === 'number' ? !Number.isFinite(member) : typeof member !== 'string' || !member.isWellFormed()) {
      throw new TypeError(`${String(member)} cannot be a value of an enum: use text and finite numbers`)
    }
  }
  const list = shorten(members.map((member) => JSON.stringify(member)).join(', '), 200)
  return {
    name: `enum(${list})`,
    order: members.every((member) => typeof member === 'number') ? 'score' : 'text',
    isText: false,
    values: [...byText.keys()],
    expects: `one of ${list}`,
    toStored(value) {
      const text = typeof value === 'number' || typeof value === 'string' ? String(value) : undefined
      if (text === undefined || byText.get(text) !== value) throw new CastMismatch()
      return text
    },
    fromStored(text) {
      const member = byText.get(text)
      if (member === undefined) throw new CastMismatch()
      return member
    },
    rank: Number,
  }
}

/** A numeric TypeScript enum also maps its values back to their names: `{ A: 0, 0: 'A' }`. Those entries are no values. */
function membersOf(values: EnumValues): (string | number)[] {
  if (Array.isArray(values)) return [...new Set(values)]
  const entries = Object.entries(values as Readonly<Record<string, string | number>>)
  const isReverse = (key: string, value: string | number): boolean =>
    typeof value === 'string' &&
    entries.some(([name, number]) => name === value && String(number) === key && typeof number === 'number')
  return [...new Set(entries.filter(([key, value]) => !isReverse(key, value)).map(([, value]) => value))]
}
