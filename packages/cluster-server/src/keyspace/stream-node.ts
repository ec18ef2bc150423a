import { detach } from './detach.js'
import {
  elementBefore,
  elementEnd,
  elementInteger,
  elementText,
  listpackElements,
  listpackSize,
  packInteger,
  packText,
  wholeListpack,
} from './listpack.js'
import { OBJECT_BYTES, textBytes } from './memory-cost.js'
import { compareIds, FIRST_ID, halfDifference, halfSum, LAST_ID, type StreamId } from './stream-id.js'
import { type Undoable, undoLog } from './undo-log.js'

/** An entry of a stream. */
export interface StreamEntry {
  readonly id: StreamId
  /** Fields and values in turn. */
  readonly content: readonly string[]
}

/** An entry as it lies in its node, deleted or not. */
interface PlacedEntry {
  readonly id: StreamId
  readonly isDeleted: boolean
  /** Whether it has the field names of the node, and only values of its own. */
  readonly sharesFields: boolean
  readonly fieldCount: number
  /** Positions in the elements: of its flags, of its first field or value, and behind it. */
  readonly at: number
  readonly contentAt: number
  readonly end: number
}

const DELETED = 1
const SHARES_FIELDS = 2
/** Flags up to here take one byte. */
const LARGEST_FLAGS = 127

/**
 * A run of entries in one piece of text, which is a listpack of Redis without its first two elements: first the field
 * names that most entries share, then the entries, each with its distance from the node's id. A deleted entry stays as a
 * tombstone until its node goes. Source of the format: `streamAppendItem` in `t_stream.c` of Redis 7.0.
 */
export class StreamNode implements Undoable<'changed'> {
  /** The id of the entry that the node was made for; none of its entries comes before it. */
  readonly id: StreamId
  #count = 0
  #deletedCount = 0
  /** A rope while entries arrive; reading makes it flat. */
  #elements: string
  #entriesAt: number

  constructor(id: StreamId, fields: readonly string[]) {
    this.id = id
    this.#elements = detach(packInteger(fields.length) + fields.map(packText).join('') + packInteger(0))
    this.#entriesAt = this.#elements.length
  }

  /**
   * A node from the listpack that a file has for it; undefined when that is broken. As Redis does not look at them, the
   * number of elements in its head and what it says of live and deleted entries may be wrong, if their sum is right.
   * Source of the rules: `streamValidateListpackIntegrity`.
   */
  static fromListpack(id: StreamId, bytes: string): StreamNode | undefined {
    const elements = listpackElements(bytes)
    if (elements === undefined) return undefined
    const integerAt = (at: number): number =>
      Number((at < elements.length && elementInteger(elements, at)) ?? Number.NaN)
    const deletedAt = elementEnd(elements, 0)
    const start = elementEnd(elements, deletedAt)
    const count = integerAt(0)
    const deletedCount = integerAt(deletedAt)
    const fieldCount = integerAt(start)
    if (!(count >= 0 && deletedCount >= 0 && fieldCount >= 0)) return undefined
    const node = new StreamNode(id, [])
    node.#elements = detach(elements.slice(start))
    let terminator = elementEnd(node.#elements, 0)
    for (let i = 0; i < fieldCount && terminator < node.#elements.length; i++)
      terminator = elementEnd(node.#elements, terminator)
    if (terminator >= node.#elements.length || elementInteger(node.#elements, terminator) !== 0) return undefined
    node.#entriesAt = elementEnd(node.#elements, terminator)
    return node.#countEntries() && node.#count + node.#deletedCount === count + deletedCount ? node : undefined
  }

  /** Number of entries that are not deleted. */
  get count(): number {
    return this.#count
  }

  /** Number of tombstones. */
  get deletedCount(): number {
    return this.#deletedCount
  }

  /** What the node costs in the heap. */
  get bytes(): number {
    return OBJECT_BYTES + textBytes(this.#elements)
  }

  /** Bytes of the listpack. */
  get sizeBytes(): number {
    const counts = packInteger(this.#count).length + packInteger(this.#deletedCount).length
    return listpackSize(counts + this.#elements.length)
  }

  /** The whole listpack, as Redis would hold it. */
  get listpack(): string {
    return wholeListpack(packInteger(this.#count) + packInteger(this.#deletedCount) + this.#elements)
  }

  /** The field names that most entries share. */
  fields(): readonly string[] {
    const fields: string[] = []
    const count = this.#fieldCount
    for (let at = elementEnd(this.#elements, 0); fields.length < count; at = elementEnd(this.#elements, at)) {
      fields.push(elementText(this.#elements, at))
    }
    return fields
  }

  /** Adds an entry behind all others. `content` has fields and values in turn. */
  append(id: StreamId, content: readonly string[], sharesFields: boolean): void {
    const fieldCount = content.length / 2
    let text =
      packInteger(sharesFields ? SHARES_FIELDS : 0) +
      packInteger(halfDifference(id.ms, this.id.ms)) +
      packInteger(halfDifference(id.seq, this.id.seq))
    if (!sharesFields) text += packInteger(fieldCount)
    for (let i = 0; i < content.length; i += 2) {
      if (!sharesFields) text += packText(content[i] as string)
      text += packText(content[i + 1] as string)
    }
    text += packInteger(elementsOf(fieldCount, sharesFields))
    this.#changing()
    this.#elements += detach(text)
    this.#count++
  }

  /** Makes the text one piece, when no more entries are to come. */
  seal(): void {
    this.#elements = detach(this.#elements)
  }

  /** Adds live entries with ids from `from` to `to`, both included, to `found`, until that has `limit` entries. */
  collect(from: StreamId, to: StreamId, limit: number, found: StreamEntry[]): void {
    for (let at = this.#entriesAt; at < this.#elements.length && found.length < limit; ) {
      const entry = this.#read(at)
      if (compareIds(entry.id, to) > 0) return
      if (!entry.isDeleted && compareIds(entry.id, from) >= 0) found.push(this.#entry(entry))
      at = entry.end
    }
  }

  /** As `collect`, from the last entry to the first. */
  collectBackwards(from: StreamId, to: StreamId, limit: number, found: StreamEntry[]): void {
    for (let end = this.#elements.length; end > this.#entriesAt && found.length < limit; ) {
      const entry = this.#readBefore(end)
      if (compareIds(entry.id, from) < 0) return
      if (!entry.isDeleted && compareIds(entry.id, to) <= 0) found.push(this.#entry(entry))
      end = entry.at
    }
  }

  /** The live entries in order. */
  entries(): readonly StreamEntry[] {
    const found: StreamEntry[] = []
    this.collect(FIRST_ID, LAST_ID, Number.POSITIVE_INFINITY, found)
    return found
  }

  /** The id of the first entry; with `live`, of the first that is not deleted. */
  firstId(live: boolean): StreamId | undefined {
    for (let at = this.#entriesAt; at < this.#elements.length; ) {
      const entry = this.#read(at)
      if (!live || !entry.isDeleted) return entry.id
      at = entry.end
    }
    return undefined
  }

  /** The id of the last entry; with `live`, of the last that is not deleted. */
  lastId(live: boolean): StreamId | undefined {
    for (let end = this.#elements.length; end > this.#entriesAt; ) {
      const entry = this.#readBefore(end)
      if (!live || !entry.isDeleted) return entry.id
      end = entry.at
    }
    return undefined
  }

  /** Whether there is a live entry with this id. */
  has(id: StreamId): boolean {
    return this.#find(id) !== undefined
  }

  /** Makes a live entry a tombstone. @returns false when there is none with this id */
  delete(id: StreamId): boolean {
    const entry = this.#find(id)
    if (entry === undefined) return false
    this.#bury([entry.at])
    return true
  }

  /** Makes live entries from the first on tombstones, as long as `isDoomed` says so. @returns how many */
  deleteWhile(isDoomed: (id: StreamId, alreadyDeleted: number) => boolean): number {
    const doomed: number[] = []
    for (let at = this.#entriesAt; at < this.#elements.length; ) {
      const entry = this.#read(at)
      if (!isDoomed(entry.id, doomed.length)) break
      if (!entry.isDeleted) doomed.push(entry.at)
      at = entry.end
    }
    if (doomed.length > 0) this.#bury(doomed)
    return doomed.length
  }

  /** An independent copy. */
  copy(): StreamNode {
    const copy = new StreamNode(this.id, [])
    copy.#elements = this.#elements
    copy.#entriesAt = this.#entriesAt
    copy.#count = this.#count
    copy.#deletedCount = this.#deletedCount
    return copy
  }

  undo(_change: 'changed', elements: unknown, deletedCount: unknown, count: number): void {
    this.#elements = elements as string
    this.#deletedCount = deletedCount as number
    this.#count = count
  }

  /** To be called before entries are added or deleted. */
  #changing(): void {
    if (undoLog.isOpen) undoLog.note(this, 'changed', this.#elements, this.#deletedCount, this.#count)
  }

  get #fieldCount(): number {
    return Number(elementInteger(this.#elements, 0))
  }

  #find(id: StreamId): PlacedEntry | undefined {
    for (let at = this.#entriesAt; at < this.#elements.length; ) {
      const entry = this.#read(at)
      const order = compareIds(entry.id, id)
      if (order > 0) return undefined
      if (order === 0 && !entry.isDeleted) return entry
      at = entry.end
    }
    return undefined
  }

  #bury(flagPositions: readonly number[]): void {
    this.#changing()
    const bytes = Buffer.from(this.#elements, 'latin1')
    for (const at of flagPositions) bytes[at] = (bytes[at] as number) | DELETED
    this.#elements = bytes.toString('latin1')
    this.#count -= flagPositions.length
    this.#deletedCount += flagPositions.length
  }

  #read(at: number): PlacedEntry {
    const elements = this.#elements
    const flags = Number(elementInteger(elements, at))
    const msAt = elementEnd(elements, at)
    const seqAt = elementEnd(elements, msAt)
    const id = {
      ms: halfSum(this.id.ms, elementInteger(elements, msAt) ?? 0),
      seq: halfSum(this.id.seq, elementInteger(elements, seqAt) ?? 0),
    }
    const sharesFields = (flags & SHARES_FIELDS) !== 0
    let contentAt = elementEnd(elements, seqAt)
    let fieldCount: number
    if (sharesFields) fieldCount = this.#fieldCount
    else {
      fieldCount = Number(elementInteger(elements, contentAt))
      contentAt = elementEnd(elements, contentAt)
    }
    let end = contentAt
    let left = sharesFields ? fieldCount : fieldCount * 2
    // Broken data can promise more elements than there are.
    for (; left >= 0 && end < elements.length; left--) end = elementEnd(elements, end)
    if (left >= 0) end = Number.NaN
    return { id, isDeleted: (flags & DELETED) !== 0, sharesFields, fieldCount, at, contentAt, end }
  }

  #readBefore(end: number): PlacedEntry {
    let at = elementBefore(this.#elements, end)
    for (let left = Number(elementInteger(this.#elements, at)); left > 0; left--) at = elementBefore(this.#elements, at)
    return this.#read(at)
  }

  #entry(entry: PlacedEntry): StreamEntry {
    const elements = this.#elements
    const content: string[] = []
    let fieldAt = elementEnd(elements, 0)
    let at = entry.contentAt
    for (let i = 0; i < entry.fieldCount; i++) {
      content.push(elementText(elements, entry.sharesFields ? fieldAt : at))
      if (entry.sharesFields) fieldAt = elementEnd(elements, fieldAt)
      else at = elementEnd(elements, at)
      content.push(elementText(elements, at))
      at = elementEnd(elements, at)
    }
    return { id: entry.id, content }
  }

  /** Counts the entries. @returns whether each is complete, and has flags that can be changed in place */
  #countEntries(): boolean {
    const elements = this.#elements
    for (let at = this.#entriesAt; at < elements.length; ) {
      if (elements.charCodeAt(at) > LARGEST_FLAGS || !this.#hasId(at)) return false
      const { end, fieldCount, sharesFields, isDeleted } = this.#read(at)
      if (!(end <= elements.length) || !(fieldCount >= 0)) return false
      const trailer = elementBefore(elements, end)
      if (elementInteger(elements, trailer) !== elementsOf(fieldCount, sharesFields)) return false
      if (isDeleted) this.#deletedCount++
      else this.#count++
      at = end
    }
    return true
  }

  /** Whether the two elements behind the flags at `at` are there, and integers. */
  #hasId(at: number): boolean {
    const msAt = elementEnd(this.#elements, at)
    if (!(msAt < this.#elements.length) || elementInteger(this.#elements, msAt) === undefined) return false
    const seqAt = elementEnd(this.#elements, msAt)
    return seqAt < this.#elements.length && elementInteger(this.#elements, seqAt) !== undefined
  }
}

/** Elements of an entry without its last one, which says this number. */
const elementsOf = (fieldCount: number, sharesFields: boolean): number =>
  sharesFields ? fieldCount + 3 : fieldCount * 2 + 4
