import { addInt64, wrapInt64 } from '../int64.js'
import { ConsumerGroup } from './consumer-group.js'
import { detach } from './detach.js'
import { IdTable } from './id-table.js'
import { OBJECT_BYTES } from './memory-cost.js'
import { compareIds, FIRST_ID, LAST_ID, type StreamId } from './stream-id.js'
import { type StreamEntry, StreamNode } from './stream-node.js'

/** When a node is full: `stream-node-max-bytes` and `stream-node-max-entries`; 0 is no limit. */
export interface StreamLimits {
  readonly maxNodeBytes: number
  readonly maxNodeEntries: number
}

/** What is to be removed from the head of a stream. */
export interface StreamTrim {
  /** Either so many entries are kept, or those from an id on. */
  readonly keep: { readonly length: number } | { readonly from: StreamId }
  /** Removes whole nodes only. */
  readonly approximate: boolean
  /** The most entries to remove; 0 is no limit. */
  readonly limit: number
}

/** What a stream is restored from, apart from its groups: see `StreamValue.restored`. */
export interface StreamState {
  /** In the order of their ids. */
  readonly nodes: Iterable<StreamNode>
  readonly lastId: StreamId
  /** 0-0 when there is none. */
  readonly firstId: StreamId
  /** 0-0 when there is none. */
  readonly maxDeletedId: StreamId
  readonly entriesAdded: number | bigint
}

/** A node is never cut later, whatever the settings say: its text must stay well below the longest string of V8. */
const LARGEST_NODE_BYTES = 2 ** 28

/**
 * A stream: entries in nodes of about a hundred, found by the id of the node in O(log n), and consumer groups. The nodes
 * are cut where Redis cuts them, as trimming with `~`, XINFO and files show where they end.
 *
 * To write a stream: `nodes()`, each with `id` (a master id), `listpack` (bytes as in Redis' files), `count` and
 * `deletedCount`; `size`, `lastId`, `firstId`, `maxDeletedId`, `entriesAdded`; `groups()` in the order of their names,
 * each with `name`, `lastId`, `entriesRead`, `pending` (iterable in order) and `consumers()`, each with `name`, `seenAtMs`
 * and `pending`. To read one: `StreamNode.fromListpack`, `StreamValue.restored`, `addGroup`, `group.addConsumer`,
 * `group.addPending`. `idBytes` and `idFromBytes` convert ids.
 */
export class StreamValue {
  readonly #nodes = new IdTable<StreamNode>()
  readonly #groups = new Map<string, ConsumerGroup>()
  #size = 0
  #nodeBytes = 0
  /** Field names of the last node, once they were asked for. */
  #tailFields: readonly string[] | null = null
  /** The last id that an entry got, or that XSETID set. */
  lastId: StreamId = FIRST_ID
  /** The id of the first entry; 0-0 when there is none. */
  firstId: StreamId = FIRST_ID
  /** The largest id that XDEL removed; 0-0 before the first. */
  maxDeletedId: StreamId = FIRST_ID
  /** How many entries there have ever been; a signed integer of 64 bits. */
  entriesAdded: number | bigint = 0

  /** A stream as it was written, still without groups. */
  static restored(state: StreamState): StreamValue {
    const stream = new StreamValue()
    for (const node of state.nodes) {
      stream.#nodes.set(node)
      stream.#size += node.count
      stream.#nodeBytes += node.bytes
    }
    stream.lastId = state.lastId
    stream.firstId = state.firstId
    stream.maxDeletedId = state.maxDeletedId
    stream.entriesAdded = state.entriesAdded
    return stream
  }

  get type(): 'stream' {
    return 'stream'
  }

  /** The answer of `OBJECT ENCODING`; Redis knows no other. */
  get encoding(): 'stream' {
    return 'stream'
  }

  /** Number of entries that are not deleted. */
  get size(): number {
    return this.#size
  }

  /** What the stream costs in the heap. */
  get bytes(): number {
    let bytes = 2 * OBJECT_BYTES + this.#nodeBytes
    for (const group of this.#groups.values()) bytes += group.bytes
    return bytes
  }

  get nodeCount(): number {
    return this.#nodes.size
  }

  /** The nodes in the order of their ids. */
  nodes(): Iterable<StreamNode> {
    return this.#nodes
  }

  /** Adds an entry. `id` comes after `lastId`; `content` has fields and values in turn. */
  append(id: StreamId, content: readonly string[], limits: StreamLimits): void {
    let tail = this.#nodes.last
    if (tail !== undefined && isFull(tail, content, limits)) {
      tail.seal()
      tail = undefined
    }
    const bytesBefore = tail?.bytes ?? 0
    if (tail === undefined) {
      const fields = content.filter((_, index) => index % 2 === 0).map(detach)
      tail = new StreamNode(id, fields)
      this.#nodes.set(tail)
      this.#tailFields = fields
    }
    this.#tailFields ??= tail.fields()
    tail.append(id, content, hasFields(content, this.#tailFields))
    this.#nodeBytes += tail.bytes - bytesBefore
    this.#size++
    this.entriesAdded = addInt64(this.entriesAdded, 1) ?? wrapInt64(BigInt(this.entriesAdded) + 1n)
    this.lastId = id
    if (this.#size === 1) this.firstId = id
  }

  /** Up to `limit` entries with ids from `from` to `to`, both included, in order. */
  range(from: StreamId, to: StreamId, limit = Number.POSITIVE_INFINITY): StreamEntry[] {
    const found: StreamEntry[] = []
    for (const node of this.#nodes.from(this.#nodes.atOrBefore(from)?.id ?? FIRST_ID)) {
      if (found.length >= limit || compareIds(node.id, to) > 0) break
      node.collect(from, to, limit, found)
    }
    return found
  }

  /** As `range`, the last entry first. */
  rangeBackwards(from: StreamId, to: StreamId, limit = Number.POSITIVE_INFINITY): StreamEntry[] {
    const found: StreamEntry[] = []
    for (const node of this.#nodes.backFrom(to)) {
      node.collectBackwards(from, to, limit, found)
      if (found.length >= limit || compareIds(node.id, from) <= 0) break
    }
    return found
  }

  /** Whether there is an entry with this id. */
  has(id: StreamId): boolean {
    return this.#nodes.atOrBefore(id)?.has(id) ?? false
  }

  /** The id of the last entry that is not deleted; undefined in an empty stream. */
  lastLiveId(): StreamId | undefined {
    for (const node of this.#nodes.backFrom(LAST_ID)) {
      const id = node.lastId(true)
      if (id !== undefined) return id
    }
    return undefined
  }

  /** The id of the first entry of the first node, deleted or not; undefined without any node. */
  firstKeptId(): StreamId | undefined {
    for (const node of this.#nodes) {
      const id = node.firstId(false)
      if (id !== undefined) return id
    }
    return undefined
  }

  /** Removes entries. @returns how many of them there were */
  delete(ids: readonly StreamId[]): number {
    let deleted = 0
    let firstIsGone = false
    for (const id of ids) {
      if (!this.#deleteOne(id)) continue
      deleted++
      if (compareIds(id, this.firstId) === 0) firstIsGone = true
      if (compareIds(id, this.maxDeletedId) > 0) this.maxDeletedId = id
    }
    if (this.#size === 0 && deleted > 0) this.firstId = FIRST_ID
    else if (firstIsGone) this.firstId = this.#firstLiveId()
    return deleted
  }

  /** Removes entries from the head. @returns how many */
  trim(trim: StreamTrim): number {
    let deleted = 0
    for (let head = this.#nodes.first; head !== undefined; head = this.#nodes.first) {
      if ('length' in trim.keep && this.#size <= trim.keep.length) break
      if (trim.limit > 0 && deleted + head.count > trim.limit) break
      if (!this.#isDispensable(head, trim)) {
        if (!trim.approximate) deleted += this.#trimInside(head, trim)
        break
      }
      this.#nodes.delete(head.id)
      this.#nodeBytes -= head.bytes
      this.#tailFields = null
      this.#size -= head.count
      deleted += head.count
    }
    if (this.#size === 0) this.firstId = FIRST_ID
    else if (deleted > 0) this.firstId = this.#firstLiveId()
    return deleted
  }

  get groupCount(): number {
    return this.#groups.size
  }

  /** In the order of their names. */
  groups(): readonly ConsumerGroup[] {
    return [...this.#groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  group(name: string): ConsumerGroup | undefined {
    return this.#groups.get(name)
  }

  /** Adds a group; undefined, and nothing done, when there is one of this name. */
  addGroup(name: string, lastId: StreamId, entriesRead: number | bigint): ConsumerGroup | undefined {
    if (this.#groups.has(name)) return undefined
    const group = new ConsumerGroup(detach(name), lastId, entriesRead)
    this.#groups.set(group.name, group)
    return group
  }

  /** @returns false when there was no such group. */
  removeGroup(name: string): boolean {
    return this.#groups.delete(name)
  }

  /** An independent copy. */
  copy(): StreamValue {
    const copy = StreamValue.restored({
      nodes: [...this.#nodes].map((node) => node.copy()),
      lastId: this.lastId,
      firstId: this.firstId,
      maxDeletedId: this.maxDeletedId,
      entriesAdded: this.entriesAdded,
    })
    for (const [name, group] of this.#groups) copy.#groups.set(name, group.copy())
    return copy
  }

  #deleteOne(id: StreamId): boolean {
    const node = this.#nodes.atOrBefore(id)
    if (node === undefined || !node.has(id)) return false
    if (node.count > 1) node.delete(id)
    else {
      this.#nodes.delete(node.id)
      this.#nodeBytes -= node.bytes
      this.#tailFields = null
    }
    this.#size--
    return true
  }

  #firstLiveId(): StreamId {
    for (const node of this.#nodes) {
      const id = node.firstId(true)
      if (id !== undefined) return id
    }
    return FIRST_ID
  }

  /** Whether all of a node may go. */
  #isDispensable(node: StreamNode, { keep }: StreamTrim): boolean {
    if ('length' in keep) return this.#size - node.count >= keep.length
    const last = node.lastId(false)
    return last === undefined || compareIds(last, keep.from) < 0
  }

  #trimInside(node: StreamNode, { keep }: StreamTrim): number {
    const size = this.#size
    const deleted = node.deleteWhile(
      'length' in keep
        ? (_id, alreadyDeleted) => size - alreadyDeleted > keep.length
        : (id) => compareIds(id, keep.from) < 0,
    )
    this.#size -= deleted
    return deleted
  }
}

const isFull = (node: StreamNode, content: readonly string[], limits: StreamLimits): boolean => {
  const { maxNodeBytes, maxNodeEntries } = limits
  const most = maxNodeBytes === 0 || maxNodeBytes > LARGEST_NODE_BYTES ? LARGEST_NODE_BYTES : maxNodeBytes
  let addedBytes = 0
  for (const text of content) addedBytes += text.length
  if (node.sizeBytes + addedBytes >= most) return true
  return maxNodeEntries > 0 && node.count + node.deletedCount >= maxNodeEntries
}

/** Whether the fields of `content`, and no others, are `fields`, in this order. */
const hasFields = (content: readonly string[], fields: readonly string[]): boolean => {
  if (content.length !== fields.length * 2) return false
  return fields.every((field, index) => content[index * 2] === field)
}
