import { type HashLimits, HashValue } from '../keyspace/hash-value.js'
import { ListValue } from '../keyspace/list-value.js'
import { type SetLimits, SetValue } from '../keyspace/set-value.js'
import { type SortedSetLimits, SortedSetValue } from '../keyspace/sorted-set-value.js'
import type { StoredValue } from '../keyspace/value.js'
import { readIntegers, readListpack, readZiplist, readZipmap } from './packed-forms.js'
import { corrupt } from './rdb-error.js'
import { ListNode, RdbType } from './rdb-format.js'
import { parseScore, type RdbReader } from './rdb-reader.js'
import { readStream } from './stream-decoder.js'

/** Up to which size values take their small forms. */
export interface ValueLimits {
  readonly hash: HashLimits
  readonly set: SetLimits
  readonly sortedSet: SortedSetLimits
}

const ALWAYS_PACKED: HashLimits & SortedSetLimits = {
  maxPackedFields: Infinity,
  maxPackedMembers: Infinity,
  maxPackedBytes: Infinity,
}
const DUPLICATE_IN_LISTPACK = 'Hash listpack with dup elements'
const DUPLICATE_IN_ZIPMAP = 'Hash zipmap with dup elements, or big length'
const NEVER_PACKED: HashLimits & SortedSetLimits = { maxPackedFields: 0, maxPackedMembers: 0, maxPackedBytes: 0 }

/**
 * Reads a value of any type and generation, and checks it to the last element.
 * @returns null for a container without elements, which Redis passes over
 * @throws RdbError
 */
export const readValue = (reader: RdbReader, type: number, limits: ValueLimits): StoredValue | null => {
  switch (type) {
    case RdbType.string:
      return reader.string()
    case RdbType.list:
      return readList(reader)
    case RdbType.set:
      return setOf(strings(reader, reader.size()), limits.set)
    case RdbType.sortedSetText:
    case RdbType.sortedSet:
      return readSortedSet(reader, limits, type === RdbType.sortedSet)
    case RdbType.hash:
      return hashOf([...strings(reader, reader.size() * 2)], limits.hash, 'Duplicate hash fields detected')
    case RdbType.listQuicklist:
    case RdbType.listQuicklist2:
      return readQuicklist(reader, type === RdbType.listQuicklist2)
    case RdbType.hashZipmap:
      return hashOf(checked(readZipmap(reader.blob()), 'Zipmap'), limits.hash, DUPLICATE_IN_ZIPMAP)
    case RdbType.hashZiplist:
      return packedHash(readZiplist(reader.blob()), 'Hash ziplist', limits, 'Hash ziplist integrity check failed.')
    case RdbType.hashListpack:
      return packedHash(readListpack(reader.blob()), 'Hash listpack', limits, DUPLICATE_IN_LISTPACK)
    case RdbType.sortedSetZiplist:
      return packedSortedSet(readZiplist(reader.blob()), 'Zset ziplist', limits)
    case RdbType.sortedSetListpack:
      return packedSortedSet(readListpack(reader.blob()), 'Zset listpack', limits)
    case RdbType.listZiplist:
      return listOf(checked(readZiplist(reader.blob()), 'List ziplist'))
    case RdbType.setIntegers:
      return setOf(checked(readIntegers(reader.blob()), 'Intset'), limits.set)
    case RdbType.stream:
    case RdbType.stream2:
      return readStream(reader, type === RdbType.stream2)
    case RdbType.module:
    case RdbType.module2:
      throw corrupt(
        `The RDB file contains module data I can't load: no matching module type '${moduleName(reader.bigSize())}'`,
      )
    default:
      throw corrupt(`Unknown RDB encoding type ${type}`)
  }
}

const checked = (elements: string[] | undefined, what: string): string[] => {
  if (elements === undefined) throw corrupt(`${what} integrity check failed.`)
  return elements
}

/** What is packed in the file stays packed whatever the size of its elements: Redis looks at their number only. */
const lengthOnly = ({ hash, sortedSet }: ValueLimits): HashLimits & SortedSetLimits => ({
  maxPackedFields: hash.maxPackedFields,
  maxPackedMembers: sortedSet.maxPackedMembers,
  maxPackedBytes: Infinity,
})

const listOf = (elements: readonly string[]): ListValue | null => {
  const list = new ListValue()
  for (const element of elements) list.pushRight(element)
  return list.size === 0 ? null : list
}

const readList = (reader: RdbReader): ListValue | null => {
  const list = new ListValue()
  for (let left = reader.size(); left > 0; left--) list.pushRight(reader.string())
  return list.size === 0 ? null : list
}

const readQuicklist = (reader: RdbReader, namesContainers: boolean): ListValue | null => {
  const list = new ListValue()
  for (let left = reader.size(); left > 0; left--) {
    const container = namesContainers ? reader.bigSize() : ListNode.packed
    if (container !== ListNode.packed && container !== ListNode.plain)
      throw corrupt('Quicklist integrity check failed.')
    const bytes = reader.blob()
    if (bytes.length === 0) throw corrupt('A node of a list is empty')
    if (container === ListNode.plain) list.pushRight(bytes.toString('latin1'))
    else {
      const elements = namesContainers
        ? checked(readListpack(bytes), 'Listpack')
        : checked(readZiplist(bytes), 'Ziplist')
      for (const element of elements) list.pushRight(element)
    }
  }
  return list.size === 0 ? null : list
}

const setOf = (members: Iterable<string>, limits: SetLimits): SetValue | null => {
  const set = new SetValue()
  for (const member of members) {
    if (!set.add(member, limits)) throw corrupt('Duplicate set members detected')
  }
  return set.size === 0 ? null : set
}

function* strings(reader: RdbReader, count: number): Generator<string> {
  for (let left = count; left > 0; left--) yield reader.string()
}

/** Fields and values in turn. */
const hashOf = (texts: readonly string[], limits: HashLimits, complaint: string): HashValue | null => {
  if (texts.length === 0) return null
  const packs =
    texts.length / 2 <= limits.maxPackedFields && texts.every((text) => text.length <= limits.maxPackedBytes)
  const hash = new HashValue()
  hash.setAll(texts, 0, packs ? ALWAYS_PACKED : NEVER_PACKED)
  if (hash.size !== texts.length / 2) throw corrupt(complaint)
  return hash
}

const packedHash = (
  elements: string[] | undefined,
  what: string,
  limits: ValueLimits,
  complaint: string,
): HashValue | null => hashOf(pairs(elements, what), lengthOnly(limits), complaint)

/** As many elements as there are of the one kind of the other. */
const pairs = (elements: string[] | undefined, what: string): string[] =>
  checked(elements === undefined || elements.length % 2 !== 0 ? undefined : elements, what)

const sortedSetOf = (
  members: readonly string[],
  scores: readonly number[],
  limits: SortedSetLimits,
  complaint = 'Duplicate zset fields detected',
): SortedSetValue | null => {
  if (members.length === 0) return null
  const packs =
    members.length <= limits.maxPackedMembers && members.every((member) => member.length <= limits.maxPackedBytes)
  const set = new SortedSetValue()
  members.forEach((member, index) => {
    const score = scores[index] as number
    if (Number.isNaN(score)) throw corrupt('Zset with NAN score detected')
    if (!set.set(member, score, packs ? ALWAYS_PACKED : NEVER_PACKED)) throw corrupt(complaint)
  })
  return set
}

const readSortedSet = (reader: RdbReader, limits: ValueLimits, isBinary: boolean): SortedSetValue | null => {
  const members: string[] = []
  const scores: number[] = []
  for (let left = reader.size(); left > 0; left--) {
    members.push(reader.string())
    scores.push(isBinary ? reader.double() : reader.textDouble())
  }
  return sortedSetOf(members, scores, limits.sortedSet)
}

/** Members and scores in turn. */
const packedSortedSet = (elements: string[] | undefined, what: string, limits: ValueLimits): SortedSetValue | null => {
  const texts = pairs(elements, what)
  const members = texts.filter((_, index) => index % 2 === 0)
  // A packed score never has a negative zero: Redis packs it as the integer.
  const scores = texts.filter((_, index) => index % 2 === 1).map((text) => (parseScore(text) ?? 0) + 0)
  return sortedSetOf(members, scores, lengthOnly(limits), `${what} integrity check failed.`)
}

const MODULE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Nine characters of six bits each, above ten bits of version. */
export const moduleName = (id: number | bigint): string => {
  let name = ''
  let rest = BigInt(id) >> 10n
  for (let i = 0; i < 9; i++) {
    name = `${MODULE_CHARACTERS[Number(rest & 63n)]}${name}`
    rest >>= 6n
  }
  return name
}
