import { formatDouble } from '../double-text.js'
import { parseInt64 } from '../int64.js'
import type { HashValue } from '../keyspace/hash-value.js'
import type { ListValue } from '../keyspace/list-value.js'
import type { SetValue } from '../keyspace/set-value.js'
import type { SortedSetValue } from '../keyspace/sorted-set-value.js'
import type { StoredValue } from '../keyspace/value.js'
import { fitsNode, isPlainElement, plainElement } from './list-nodes.js'
import { ListpackWriter } from './listpack-writer.js'
import { ListNode, RdbType } from './rdb-format.js'
import { RdbWriter } from './rdb-writer.js'
import { streamSteps } from './stream-encoder.js'

/** How many elements of a large value are written at a time. */
const STEP = 512
/** Doubles up to this size are written as integers of 64 bits where they are whole. */
const LARGEST_WHOLE = 2 ** 62

/** What is left to write of a large value; each step writes some of it. Null when nothing is left. */
export type RemainingSteps = Iterator<void, void> | null

/** The settings that decide how values are written. */
export interface ValueFormat {
  /** `list-max-listpack-size`. */
  readonly listNodeLimit: number
}

const listpack = new ListpackWriter()

/** The first byte of a value. */
export const rdbTypeOf = (value: StoredValue): number => {
  if (typeof value === 'string') return RdbType.string
  switch (value.type) {
    case 'string':
      return RdbType.string
    case 'hash':
      return value.encoding === 'listpack' ? RdbType.hashListpack : RdbType.hash
    case 'list':
      return RdbType.listQuicklist2
    case 'set':
      return value.encoding === 'intset' ? RdbType.setIntegers : RdbType.set
    case 'zset':
      return value.encoding === 'listpack' ? RdbType.sortedSetListpack : RdbType.sortedSet
    case 'stream':
      return RdbType.stream2
    default:
      return value satisfies never
  }
}

/**
 * Writes a value as redis-server 7.0 would, without its type. A large one is written up to its first elements only.
 * The value may not change before the last step.
 */
export const beginValue = (out: RdbWriter, value: StoredValue, format: ValueFormat): RemainingSteps => {
  if (typeof value === 'string' || value.type === 'string') {
    out.string(typeof value === 'string' ? value : value.text)
    return null
  }
  switch (value.type) {
    case 'hash':
      return value.encoding === 'listpack' ? packHash(out, value) : hashSteps(out, value)
    case 'list':
      return beginList(out, value, format.listNodeLimit)
    case 'set':
      return value.encoding === 'intset' ? packIntegers(out, value) : setSteps(out, value)
    case 'zset':
      return value.encoding === 'listpack' ? packSortedSet(out, value) : sortedSetSteps(out, value)
    case 'stream':
      return streamSteps(out, value)
    default:
      return value satisfies never
  }
}

/** Writes all that is left. */
export const finishValue = (steps: RemainingSteps): void => {
  while (steps !== null && steps.next().done !== true);
}

const packHash = (out: RdbWriter, hash: HashValue): null => {
  listpack.clear()
  for (const text of hash.pairs()) listpack.append(text)
  out.blob(listpack.finish())
  return null
}

function* hashSteps(out: RdbWriter, hash: HashValue): Generator<void, void> {
  out.size(hash.size)
  let cursor = 0
  do {
    const step = hash.scan(cursor, STEP)
    for (const text of step.pairs) out.string(text)
    cursor = step.cursor
    yield
  } while (cursor !== 0)
}

function* setSteps(out: RdbWriter, set: SetValue): Generator<void, void> {
  out.size(set.size)
  let cursor = 0
  do {
    const step = set.scan(cursor, STEP)
    for (const member of step.members) out.string(member)
    cursor = step.cursor
    yield
  } while (cursor !== 0)
}

/** Sorted integers, all of the width that the widest one needs. */
const packIntegers = (out: RdbWriter, set: SetValue): null => {
  const integers = set.members().map((member) => parseInt64(member) ?? 0)
  integers.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const within = (limit: number): boolean => integers.every((value) => value >= -limit && value < limit)
  const width = within(2 ** 15) ? 2 : within(2 ** 31) ? 4 : 8
  const bytes = Buffer.alloc(8 + integers.length * width)
  let at = bytes.writeUInt32LE(integers.length, bytes.writeUInt32LE(width, 0))
  for (const value of integers) {
    at = width === 8 ? bytes.writeBigInt64LE(BigInt(value), at) : bytes.writeIntLE(Number(value), at, width)
  }
  out.blob(bytes)
  return null
}

const packSortedSet = (out: RdbWriter, set: SortedSetValue): null => {
  listpack.clear()
  const { members, scores } = set.slice(0, set.size)
  members.forEach((member, index) => {
    listpack.append(member)
    const score = scores[index] as number
    if (Number.isInteger(score) && Math.abs(score) <= LARGEST_WHOLE) {
      listpack.appendInteger(Number.isSafeInteger(score) ? score : BigInt(score))
    } else listpack.append(formatDouble(score))
  })
  out.blob(listpack.finish())
  return null
}

/** From the greatest to the smallest, as Redis loads them faster that way. */
function* sortedSetSteps(out: RdbWriter, set: SortedSetValue): Generator<void, void> {
  out.size(set.size)
  for (let end = set.size; end > 0; end -= STEP) {
    const { members, scores } = set.slice(Math.max(0, end - STEP), end)
    for (let i = members.length - 1; i >= 0; i--) {
      out.string(members[i] as string)
      out.double(scores[i] as number)
    }
    yield
  }
}

/** The number of nodes stands before them, so they are packed elsewhere first. */
const beginList = (out: RdbWriter, list: ListValue, limit: number): RemainingSteps => {
  if (list.size > STEP) return listSteps(new NodePacker(new RdbWriter(out.compresses, STEP)), out, list, limit)
  smallNodes.begin(out.compresses)
  finishValue(listSteps(smallNodes, out, list, limit))
  return null
}

function* listSteps(packer: NodePacker, out: RdbWriter, list: ListValue, limit: number): Generator<void, void> {
  for (let from = 0; from < list.size; from += STEP) {
    if (from > 0) yield
    for (const element of list.slice(from, Math.min(list.size, from + STEP))) packer.add(element, limit)
  }
  packer.finish(out)
}

/** Distributes elements over nodes as Redis does when they are appended one by one. */
class NodePacker {
  readonly #node = new ListpackWriter(STEP)
  readonly #nodes: RdbWriter
  #count = 0

  constructor(nodes: RdbWriter) {
    this.#nodes = nodes
  }

  begin(compresses: boolean): void {
    this.#nodes.compresses = compresses
    this.#nodes.clear()
    this.#node.clear()
    this.#count = 0
  }

  add(element: string, limit: number): void {
    const isPlain = isPlainElement(element.length)
    if (isPlain || !fitsNode(this.#node, element.length, limit)) this.#endNode()
    if (isPlain) {
      this.#nodes.size(ListNode.plain)
      this.#nodes.blob(plainElement(element))
      this.#count++
    } else this.#node.append(element)
  }

  finish(out: RdbWriter): void {
    this.#endNode()
    out.size(this.#count)
    out.bytes(this.#nodes.view())
  }

  #endNode(): void {
    if (this.#node.count === 0) return
    this.#nodes.size(ListNode.packed)
    this.#nodes.blob(this.#node.finish())
    this.#node.clear()
    this.#count++
  }
}

/** For lists that are packed at one go. */
const smallNodes = new NodePacker(new RdbWriter(true))
