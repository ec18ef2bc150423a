import { detach } from './detach.js'
import { ARRAY_SLOT_BYTES, OBJECT_BYTES, textBytes } from './memory-cost.js'
import { type Undoable, undoLog } from './undo-log.js'

/** Chunks are cut at this length; one that was emptied disappears. */
const CHUNK_LENGTH = 128
/** With so many chunks, those that are put in front of them are longer, as all of them have to move. */
const MANY_CHUNKS = 256
const LONG_CHUNK_LENGTH = 1024

/** How `ListValue.find` looks for an element. */
export interface ElementSearch {
  readonly fromEnd: boolean
  /** Matches to pass over first. */
  readonly skip: number
  /** The most positions to return. */
  readonly limit: number
  /** The most elements to compare. */
  readonly maxCompared: number
}

type ListChange =
  | 'pushedLeft'
  | 'pushedRight'
  | 'poppedLeft'
  | 'poppedRight'
  | 'replaced'
  | 'inserted'
  | 'trimmed'
  | 'removed'

/**
 * A list: chunks of elements, with the position at which each begins, counted from an origin that moves with the head.
 * In front of them the elements at the head, in reverse: an array grows and shrinks at its end without moving the others.
 * Both ends cost O(1), an index O(log n), a change in the middle O(n / chunk length). Copies what it keeps.
 */
export class ListValue implements Undoable<ListChange> {
  /** The first elements, the very first one at the end. */
  #head: string[] = []
  #chunks: string[][] = []
  /** `#starts[0]` is the origin. */
  #starts: number[] = []
  #size = 0
  /** Text of the elements, as it lies in the heap. */
  #textBytes = 0

  constructor() {
    undoLog.made(this)
  }

  get type(): 'list' {
    return 'list'
  }

  /** The answer of `OBJECT ENCODING`; Redis 7.0 knows no other. */
  get encoding(): 'quicklist' {
    return 'quicklist'
  }

  get size(): number {
    return this.#size
  }

  /** What the list costs in the heap. */
  get bytes(): number {
    // As if all chunks were full: how they are cut may change without a change of the list.
    const chunks = Math.ceil(this.#size / CHUNK_LENGTH)
    return (1 + chunks) * OBJECT_BYTES + this.#size * ARRAY_SLOT_BYTES + this.#textBytes
  }

  pushLeft(element: string): void {
    const kept = detach(element)
    const length = this.#head.push(kept)
    this.#size++
    this.#textBytes += textBytes(kept)
    if (undoLog.concerns(this)) undoLog.noteAgain(this, 'pushedLeft')
    if (length >= (this.#chunks.length < MANY_CHUNKS ? CHUNK_LENGTH : LONG_CHUNK_LENGTH)) this.#settleHead()
  }

  pushRight(element: string): void {
    const kept = detach(element)
    const last = this.#chunks.length - 1
    const tail = this.#chunks[last]
    if (tail !== undefined && tail.length < CHUNK_LENGTH) tail.push(kept)
    else {
      this.#starts.push(tail === undefined ? 0 : (this.#starts[last] as number) + tail.length)
      this.#chunks.push([kept])
    }
    this.#size++
    this.#textBytes += textBytes(kept)
    if (undoLog.concerns(this)) undoLog.noteAgain(this, 'pushedRight')
  }

  /** Removes the first element; undefined when the list is empty. */
  popLeft(): string | undefined {
    if (this.#head.length === 0) {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) return undefined
      this.#starts.shift()
      this.#head = chunk.reverse()
    }
    const element = this.#head.pop() as string
    this.#size--
    this.#textBytes -= textBytes(element)
    if (undoLog.concerns(this)) undoLog.note(this, 'poppedLeft', element)
    return element
  }

  /** Removes the last element; undefined when the list is empty. */
  popRight(): string | undefined {
    if (this.#chunks.length === 0) this.#settleHead()
    const tail = this.#chunks[this.#chunks.length - 1]
    if (tail === undefined) return undefined
    const element = tail.pop() as string
    this.#size--
    this.#textBytes -= textBytes(element)
    if (tail.length === 0) {
      this.#chunks.pop()
      this.#starts.pop()
    }
    if (undoLog.concerns(this)) undoLog.note(this, 'poppedRight', element)
    return element
  }

  /** The element at `index`, 0 being the first; undefined outside the list. */
  at(index: number): string | undefined {
    if (index < 0 || index >= this.#size) return undefined
    const behindHead = index - this.#head.length
    if (behindHead < 0) return this.#head[-1 - behindHead]
    const chunk = this.#chunkOf(behindHead)
    return this.#chunks[chunk]?.[this.#offset(chunk, behindHead)]
  }

  /** Replaces the element at an index within the list. */
  setAt(index: number, element: string): void {
    this.#settleHead()
    const chunk = this.#chunkOf(index)
    const elements = this.#chunks[chunk]
    if (elements === undefined) return
    const offset = this.#offset(chunk, index)
    const old = elements[offset] as string
    if (undoLog.concerns(this)) undoLog.note(this, 'replaced', old, null, index)
    this.#textBytes += textBytes(element) - textBytes(old)
    elements[offset] = detach(element)
  }

  /** Inserts before the element at `index`; `index` equal to `size` appends. */
  insertAt(index: number, element: string): void {
    if (index === 0) this.pushLeft(element)
    else if (index >= this.#size) this.pushRight(element)
    else {
      this.#settleHead()
      this.#insertInside(index, element)
      if (undoLog.concerns(this)) undoLog.note(this, 'inserted', null, null, index)
    }
  }

  /** The elements from index `from` to before `to`, both within the list. */
  slice(from: number, to: number): string[] {
    const elements: string[] = []
    const head = this.#head
    for (let index = from; index < Math.min(to, head.length); index++)
      elements.push(head[head.length - 1 - index] as string)
    const behindHead = Math.max(from, head.length) - head.length
    const missingThere = to - head.length - behindHead
    if (missingThere <= 0) return elements
    let at = this.#chunkOf(behindHead)
    let offset = this.#offset(at, behindHead)
    for (let missing = missingThere; missing > 0; at++) {
      const chunk = this.#chunks[at] as string[]
      const end = Math.min(chunk.length, offset + missing)
      for (let i = offset; i < end; i++) elements.push(chunk[i] as string)
      missing -= end - offset
      offset = 0
    }
    return elements
  }

  /** Keeps the elements from index `from` to before `to` only. */
  trim(from: number, to: number): void {
    this.#settleHead()
    if (from >= to) {
      const all = this.#chunks
      this.#refill([])
      if (undoLog.concerns(this)) undoLog.note(this, 'trimmed', [], all)
      return
    }
    const first = this.#chunkOf(from)
    const firstOffset = this.#offset(first, from)
    const last = this.#chunkOf(to - 1)
    const lastOffset = this.#offset(last, to - 1)
    const after = this.#chunks.splice(last + 1)
    this.#starts.splice(last + 1)
    after.unshift(this.#chunks[last]?.splice(lastOffset + 1) ?? [])
    const before = this.#chunks.splice(0, first)
    this.#starts.splice(0, first)
    before.push(this.#chunks[0]?.splice(0, firstOffset) ?? [])
    this.#starts[0] = (this.#starts[0] as number) + firstOffset
    for (const chunk of after) this.#forget(chunk)
    for (const chunk of before) this.#forget(chunk)
    this.#size = to - from
    if (undoLog.concerns(this)) undoLog.note(this, 'trimmed', before, after)
  }

  /** Removes up to `limit` elements equal to `element`, from the head or from the tail; the number removed. */
  remove(element: string, limit: number, fromEnd: boolean): number {
    const positions = this.find(element, { fromEnd, skip: 0, limit, maxCompared: Infinity })
    if (positions.length === 0) return 0
    if (!fromEnd) positions.reverse()
    else positions.sort((a, b) => b - a)
    for (const index of positions) {
      const at = this.#chunkOf(index)
      this.#chunks[at]?.splice(this.#offset(at, index), 1)
    }
    this.#size -= positions.length
    this.#textBytes -= positions.length * textBytes(element)
    this.#chunks = this.#chunks.filter((chunk) => chunk.length > 0)
    this.#renumber(0)
    if (undoLog.concerns(this)) undoLog.note(this, 'removed', element, positions)
    return positions.length
  }

  /** Indexes of elements equal to `element`, in the order of the search. */
  find(element: string, search: ElementSearch): number[] {
    this.#settleHead()
    const found: number[] = []
    let skip = search.skip
    let compared = 0
    const step = search.fromEnd ? -1 : 1
    const count = this.#chunks.length
    for (let at = search.fromEnd ? count - 1 : 0; at >= 0 && at < count; at += step) {
      const chunk = this.#chunks[at] as string[]
      for (let i = search.fromEnd ? chunk.length - 1 : 0; i >= 0 && i < chunk.length; i += step) {
        if (compared++ >= search.maxCompared) return found
        if (chunk[i] !== element || skip-- > 0) continue
        found.push((this.#starts[at] as number) - (this.#starts[0] as number) + i)
        if (found.length >= search.limit) return found
      }
    }
    return found
  }

  /** An independent copy. */
  copy(): ListValue {
    const copy = new ListValue()
    copy.#head = [...this.#head]
    copy.#chunks = this.#chunks.map((chunk) => [...chunk])
    copy.#starts = [...this.#starts]
    copy.#size = this.#size
    copy.#textBytes = this.#textBytes
    return copy
  }

  undo(change: ListChange, first: unknown, second: unknown, number: number): void {
    switch (change) {
      case 'pushedLeft':
        for (let i = 0; i < number; i++) this.popLeft()
        break
      case 'pushedRight':
        for (let i = 0; i < number; i++) this.popRight()
        break
      case 'poppedLeft':
        this.pushLeft(first as string)
        break
      case 'poppedRight':
        this.pushRight(first as string)
        break
      case 'replaced':
        this.setAt(number, first as string)
        break
      case 'inserted':
        this.#refill([...this.slice(0, number), ...this.slice(number + 1, this.#size)])
        break
      case 'trimmed':
        this.#refill([...(first as string[][]), this.slice(0, this.#size), ...(second as string[][])].flat())
        break
      case 'removed':
        this.#refill(merged(this.slice(0, this.#size), first as string, second as number[]))
        break
      default:
        change satisfies never
    }
  }

  /** Holds `elements`, and nothing else, from now on. */
  #refill(elements: readonly string[]): void {
    this.#head = []
    this.#chunks = []
    this.#starts = []
    this.#size = 0
    this.#textBytes = 0
    for (const element of elements) this.pushRight(element)
  }

  /** Puts the head in front of the chunks: into the first one if there is room. */
  #settleHead(): void {
    const head = this.#head
    if (head.length === 0) return
    head.reverse()
    const first = this.#chunks[0]
    const start = this.#starts[0] ?? 0
    if (first !== undefined && first.length + head.length <= CHUNK_LENGTH) {
      first.unshift(...head)
      this.#starts[0] = start - head.length
    } else {
      this.#chunks.unshift(head)
      this.#starts.unshift(start - head.length)
    }
    this.#head = []
  }

  #forget(removed: readonly string[] = []): void {
    for (const element of removed) this.#textBytes -= textBytes(element)
  }

  #insertInside(index: number, element: string): void {
    const at = this.#chunkOf(index)
    const chunk = this.#chunks[at] as string[]
    chunk.splice(this.#offset(at, index), 0, detach(element))
    this.#size++
    this.#textBytes += textBytes(element)
    if (chunk.length > CHUNK_LENGTH) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >> 1))
    this.#renumber(at)
  }

  /** Number of the chunk that holds `index`, which is within the list. */
  #chunkOf(index: number): number {
    const position = index + (this.#starts[0] as number)
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#starts[middle] as number) <= position) low = middle
      else high = middle - 1
    }
    return low
  }

  #offset(chunk: number, index: number): number {
    return index + (this.#starts[0] as number) - (this.#starts[chunk] as number)
  }

  /** Sets the starts anew from chunk `from` on, after a change in the middle. */
  #renumber(from: number): void {
    let start = this.#starts[from] ?? 0
    this.#starts.length = Math.min(this.#starts.length, from)
    for (let at = from; at < this.#chunks.length; at++) {
      this.#starts.push(start)
      start += (this.#chunks[at] as string[]).length
    }
  }
}

/** `elements` with `element` put in, so that it is at each of the positions, which descend. */
const merged = (elements: readonly string[], element: string, positions: readonly number[]): string[] => {
  const all: string[] = []
  let taken = 0
  for (let at = positions.length - 1; at >= 0; at--) {
    while (all.length < (positions[at] as number)) all.push(elements[taken++] as string)
    all.push(element)
  }
  return all.concat(elements.slice(taken))
}
