import { compareIds, type StreamId } from './stream-id.js'

/** Chunks are cut at this length; one that was emptied disappears. */
const CHUNK_LENGTH = 128

/**
 * Items in the order of their ids, each id once: chunks of a sorted array. What arrives in order is appended in O(1); an
 * id is found in O(log n); a change in the middle costs O(chunk length).
 */
export class IdTable<Item extends { readonly id: StreamId }> {
  readonly #chunks: Item[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Item | undefined {
    return this.#chunks[0]?.[0]
  }

  get last(): Item | undefined {
    return this.#chunks.at(-1)?.at(-1)
  }

  get(id: StreamId): Item | undefined {
    const item = this.atOrBefore(id)
    return item !== undefined && compareIds(item.id, id) === 0 ? item : undefined
  }

  /** The last item whose id is not after `id`. */
  atOrBefore(id: StreamId): Item | undefined {
    const chunk = this.#chunks[this.#chunkOf(id)]
    return chunk?.[positionOf(chunk, id, true) - 1]
  }

  /** The first item whose id is not before `id`. */
  atOrAfter(id: StreamId): Item | undefined {
    const at = this.#chunkOf(id)
    const chunk = this.#chunks[at]
    return chunk?.[positionOf(chunk, id, false)] ?? this.#chunks[at + 1]?.[0]
  }

  /** Adds an item, in place of one with the same id. */
  set(item: Item): void {
    const at = this.#chunkOf(item.id)
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([item])
      this.#size = 1
      return
    }
    const position = positionOf(chunk, item.id, false)
    const present = chunk[position]
    if (present !== undefined && compareIds(present.id, item.id) === 0) {
      chunk[position] = item
      return
    }
    this.#size++
    if (chunk.length < CHUNK_LENGTH) chunk.splice(position, 0, item)
    else if (position === chunk.length && at === this.#chunks.length - 1) this.#chunks.push([item])
    else {
      const right = chunk.splice(chunk.length >> 1)
      this.#chunks.splice(at + 1, 0, right)
      if (position <= chunk.length) chunk.splice(position, 0, item)
      else right.splice(position - chunk.length, 0, item)
    }
  }

  /** @returns false when there was no such item. */
  delete(id: StreamId): boolean {
    const at = this.#chunkOf(id)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return false
    const position = positionOf(chunk, id, false)
    const present = chunk[position]
    if (present === undefined || compareIds(present.id, id) !== 0) return false
    if (position === 0) chunk.shift()
    else chunk.splice(position, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
    this.#size--
    return true
  }

  /** The items from `id` on, in order. The table must not change meanwhile. */
  *from(id: StreamId): IterableIterator<Item> {
    let at = this.#chunkOf(id)
    let position = positionOf(this.#chunks[at] ?? [], id, false)
    for (; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Item[]
      for (; position < chunk.length; position++) yield chunk[position] as Item
      position = 0
    }
  }

  /** All items in order. The table must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (const chunk of this.#chunks) yield* chunk
  }

  /** The items up to `id`, the last one first. The table must not change meanwhile. */
  *backFrom(id: StreamId): IterableIterator<Item> {
    let at = this.#chunkOf(id)
    let position = positionOf(this.#chunks[at] ?? [], id, true) - 1
    while (at >= 0) {
      const chunk = this.#chunks[at] ?? []
      for (; position >= 0; position--) yield chunk[position] as Item
      position = (this.#chunks[--at]?.length ?? 0) - 1
    }
  }

  /** Number of the chunk that an item with `id` belongs to: the last one that does not begin after it. */
  #chunkOf(id: StreamId): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (compareIds((this.#chunks[middle] as [Item, ...Item[]])[0].id, id) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** How many items of a chunk come before `id`; with `orAt`, one that has it counts too. */
const positionOf = (chunk: readonly { readonly id: StreamId }[], id: StreamId, orAt: boolean): number => {
  const limit = orAt ? 1 : 0
  const last = chunk[chunk.length - 1]
  if (last === undefined || compareIds(last.id, id) < limit) return chunk.length
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareIds((chunk[middle] as { readonly id: StreamId }).id, id) < limit) low = middle + 1
    else high = middle
  }
  return low
}
