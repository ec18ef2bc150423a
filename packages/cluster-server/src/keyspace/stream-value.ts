import { addInt64, wrapInt64 } from '../int64.js'
import { ConsumerGroup } from './consumer-group.js'
import { detach } from './detach.js'
import { IdTable } from './id-table.js'
import { OBJECT_BYTES } from './memory-cost.js'
import { compareIds, FIRST_ID, LAST_ID, type StreamId } from './stream-id.js'
import { type StreamEntry, StreamNode } from './stream-node.js'
import { type Undoable, undoLog } from './undo-log.js'

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

type StreamChange = 'counters' | 'nodeAdded' | 'nodeDeleted' | 'groupAdded' | 'groupRemoved'

/** What changes with nearly every change of a stream. */
interface StreamCounters {
  readonly size: number
  readonly nodeBytes: number
  readonly lastId: StreamId
  readonly firstId: StreamId
  readonly maxDeletedId: StreamId
  readonly entriesAdded: number | bigint
}

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
export class StreamValue implements Undoable<StreamChange> {
  readonly #nodes = new IdTable<StreamNode>()
  readonly #groups = new Map<string, ConsumerGroup>()
  #size = 0
  #nodeBytes = 0
  /** Field names of the last node, once they were asked for. */
  #tailFields: readonly string[] | null = null
  #lastId: StreamId = FIRST_ID
  #firstId: StreamId = FIRST_ID
  #maxDeletedId: StreamId = FIRST_ID
  #entriesAdded: number | bigint = 0

  constructor() {
    undoLog.made(this)
  }

  /** A stream as it was written, still without groups. */
  static restored(state: StreamState): StreamValue {
    const stream = new StreamValue()
    for (const node of state.nodes) {
      stream.#nodes.set(node)
      stream.#size += node.count
      stream.#nodeBytes += node.bytes
    }
    stream.#lastId = state.lastId
    stream.#firstId = state.firstId
    stream.#maxDeletedId = state.maxDeletedId
    stream.#entriesAdded = state.entriesAdded
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

  /** The last id that an entry got, or that XSETID set. */
  get lastId(): StreamId {
    return this.#lastId
  }

  set lastId(id: StreamId) {
    this.#counting()
    this.#lastId = id
  }

  /** The id of the first entry; 0-0 when there is none. */
  get firstId(): StreamId {
    return this.#firstId
  }

  set firstId(id: StreamId) {
    this.#counting()
    this.#firstId = id
  }

  /** The largest id that XDEL removed; 0-0 before the first. */
  get maxDeletedId(): StreamId {
    return this.#maxDeletedId
  }

  set maxDeletedId(id: StreamId) {
    this.#counting()
    this.#maxDeletedId = id
  }

  /** How many entries there have ever been; a signed integer of 64 bits. */
  get entriesAdded(): number | bigint {
    return this.#entriesAdded
  }

  set entriesAdded(count: number | bigint) {
    this.#counting()
    this.#entriesAdded = count
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
    this.#counting()
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
      if (undoLog.concerns(this)) undoLog.note(this, 'nodeAdded', tail)
    }
    this.#tailFields ??= tail.fields()
    tail.append(id, content, hasFields(content, this.#tailFields))
    this.#nodeBytes += tail.bytes - bytesBefore
    this.#size++
    this.#entriesAdded = addInt64(this.#entriesAdded, 1) ?? wrapInt64(BigInt(this.#entriesAdded) + 1n)
    this.#lastId = id
    if (this.#size === 1) this.#firstId = id
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
    this.#counting()
    let deleted = 0
    let firstIsGone = false
    for (const id of ids) {
      if (!this.#deleteOne(id)) continue
      deleted++
      if (compareIds(id, this.#firstId) === 0) firstIsGone = true
      if (compareIds(id, this.#maxDeletedId) > 0) this.#maxDeletedId = id
    }
    if (this.#size === 0 && deleted > 0) this.#firstId = FIRST_ID
    else if (firstIsGone) this.#firstId = this.#firstLiveId()
    return deleted
  }

  /** Removes entries from the head. @returns how many */
  trim(trim: StreamTrim): number {
    this.#counting()
    let deleted = 0
    for (let head = this.#nodes.first; head !== undefined; head = this.#nodes.first) {
      if ('length' in trim.keep && this.#size <= trim.keep.length) break
      if (trim.limit > 0 && deleted + head.count > trim.limit) break
      if (!this.#isDispensable(head, trim)) {
        if (!trim.approximate) deleted += this.#trimInside(head, trim)
        break
      }
      this.#deleteNode(head)
      this.#size -= head.count
      deleted += head.count
    }
    if (this.#size === 0) this.#firstId = FIRST_ID
    else if (deleted > 0) this.#firstId = this.#firstLiveId()
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
    if (undoLog.concerns(this)) undoLog.note(this, 'groupAdded', group)
    return group
  }

  /** @returns false when there was no such group. */
  removeGroup(name: string): boolean {
    const group = this.#groups.get(name)
    if (group === undefined) return false
    this.#groups.delete(name)
    if (undoLog.concerns(this)) undoLog.note(this, 'groupRemoved', group)
    return true
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

  undo(change: StreamChange, first: unknown): void {
    this.#tailFields = null
    switch (change) {
      case 'counters': {
        const { size, nodeBytes, lastId, firstId, maxDeletedId, entriesAdded } = first as StreamCounters
        this.#size = size
        this.#nodeBytes = nodeBytes
        this.#lastId = lastId
        this.#firstId = firstId
        this.#maxDeletedId = maxDeletedId
        this.#entriesAdded = entriesAdded
        break
      }
      case 'nodeAdded':
        this.#nodes.delete((first as StreamNode).id)
        break
      case 'nodeDeleted':
        this.#nodes.set(first as StreamNode)
        break
      case 'groupAdded':
        this.#groups.delete((first as ConsumerGroup).name)
        break
      case 'groupRemoved':
        this.#groups.set((first as ConsumerGroup).name, first as ConsumerGroup)
        break
      default:
        change satisfies never
    }
  }

  /** To be called before the counters change, and the nodes with them. */
  #counting(): void {
    if (!undoLog.concerns(this)) return
    const counters: StreamCounters = {
      size: this.#size,
      nodeBytes: this.#nodeBytes,
      lastId: this.#lastId,
      firstId: this.#firstId,
      maxDeletedId: this.#maxDeletedId,
      entriesAdded: this.#entriesAdded,
    }
    undoLog.note(this, 'counters', counters)
  }

  #deleteOne(id: StreamId): boolean {
    const node = this.#nodes.atOrBefore(id)
    if (node === undefined || !node.has(id)) return false
    if (node.count > 1) node.delete(id)
    else this.#deleteNode(node)
    this.#size--
    return true
  }

  #deleteNode(node: StreamNode): void {
    this.#nodes.delete(node.id)
    this.#nodeBytes -= node.bytes
    this.#tailFields = null
    if (undoLog.concerns(this)) undoLog.note(this, 'nodeDeleted', node)
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
