import {
  type Before,
  comesBefore,
  countBeforeIn,
  type OrderedEntries,
  positionIn,
  type ScoredMembers,
} from './ordered-entries.js'

/** Sizes of the tree's nodes; the defaults were the fastest of those measured at 1,000,000 members. */
export interface TreeShape {
  readonly leafCapacity: number
  readonly fanOut: number
}

const DEFAULT_SHAPE: TreeShape = { leafCapacity: 128, fanOut: 64 }

/** Members in order, with their scores at the same positions. */
class Leaf {
  next: Leaf | undefined
  constructor(
    readonly scores: number[],
    readonly members: string[],
  ) {}

  get count(): number {
    return this.members.length
  }
}

/** Children in order; of each the number of entries below it and a bound: no entry below it comes before the bound. */
class Branch {
  constructor(
    readonly children: Node[],
    readonly counts: number[],
    readonly boundScores: number[],
    readonly boundMembers: string[],
  ) {}

  get count(): number {
    let sum = 0
    for (const count of this.counts) sum += count
    return sum
  }
}

type Node = Leaf | Branch

/** A node that was split off to the right, with its bound. */
interface SplitOff {
  readonly node: Node
  readonly score: number
  readonly member: string
}

/**
 * A B+tree that counts: order, rank and range of a sorted set in O(log n). Leaves are linked for ranges. Nodes keep
 * parallel arrays, because one heap object per entry costs a cache miss per step.
 */
export class CountedTree implements OrderedEntries {
  readonly #shape: TreeShape
  #root: Node = new Leaf([], [])
  #size = 0

  constructor(shape: TreeShape = DEFAULT_SHAPE) {
    this.#shape = shape
  }

  get size(): number {
    return this.#size
  }

  insert(score: number, member: string): void {
    const split = this.#insertInto(this.#root, score, member, true)
    this.#size++
    if (!split) return
    const root = this.#root
    this.#root = new Branch(
      [root, split.node],
      [root.count, split.node.count],
      [-Infinity, split.score],
      ['', split.member],
    )
  }

  remove(score: number, member: string): void {
    if (!this.#removeFrom(this.#root, score, member)) return
    this.#size--
    while (this.#root instanceof Branch && this.#root.children.length === 1) this.#root = this.#root.children[0] as Node
  }

  countBefore(before: Before): number {
    let rank = 0
    let node = this.#root
    while (node instanceof Branch) {
      const at = Math.max(0, countBeforeIn(node.boundScores, node.boundMembers, before) - 1)
      for (let i = 0; i < at; i++) rank += node.counts[i] as number
      node = node.children[at] as Node
    }
    return rank + countBeforeIn(node.scores, node.members, before)
  }

  slice(from: number, to: number): ScoredMembers {
    const members: string[] = []
    const scores: number[] = []
    let missing = Math.min(to, this.#size) - from
    if (missing <= 0) return { members, scores }
    let offset = from
    let node = this.#root
    while (node instanceof Branch) {
      let at = 0
      for (; offset >= (node.counts[at] as number); at++) offset -= node.counts[at] as number
      node = node.children[at] as Node
    }
    for (let leaf: Leaf | undefined = node; leaf !== undefined && missing > 0; leaf = leaf.next) {
      const end = Math.min(leaf.members.length, offset + missing)
      for (let i = offset; i < end; i++) {
        members.push(leaf.members[i] as string)
        scores.push(leaf.scores[i] as number)
      }
      missing -= end - offset
      offset = 0
    }
    return { members, scores }
  }

  /** Throws when a promise of the structure is broken; for tests. */
  checkInvariants(): void {
    const leaves: Leaf[] = []
    const count = checkNode(this.#root, this.#shape, leaves)
    if (count !== this.#size) throw new Error(`the tree holds ${count} entries and reports ${this.#size}`)
    leaves.forEach((leaf, index) => {
      if (leaf.next !== leaves[index + 1]) throw new Error(`leaf ${index} of ${leaves.length} is linked wrongly`)
      if (leaf.count === 0 && this.#root !== leaf) throw new Error(`leaf ${index} is empty`)
    })
    const { members, scores } = this.slice(0, this.#size)
    for (let i = 1; i < members.length; i++) {
      if (!comesBefore(scores[i - 1] as number, members[i - 1] as string, scores[i] as number, members[i] as string)) {
        throw new Error(`entries ${i - 1} and ${i} are out of order`)
      }
    }
  }

  #insertInto(node: Node, score: number, member: string, rightEdge: boolean): SplitOff | undefined {
    if (node instanceof Leaf) {
      const at = positionIn(node.scores, node.members, score, member)
      node.scores.splice(at, 0, score)
      node.members.splice(at, 0, member)
      if (node.members.length <= this.#shape.leafCapacity) return undefined
      return splitLeaf(node, cutOf(node.members.length, rightEdge && at === node.members.length - 1))
    }
    const at = childOf(node, score, member)
    const last = at === node.children.length - 1
    const split = this.#insertInto(node.children[at] as Node, score, member, rightEdge && last)
    node.counts[at] = (node.counts[at] as number) + 1
    if (!split) return undefined
    adopt(node, at, split)
    if (node.children.length <= this.#shape.fanOut) return undefined
    return splitBranch(node, Math.min(node.children.length - 2, cutOf(node.children.length, rightEdge && last)))
  }

  #removeFrom(node: Node, score: number, member: string): boolean {
    if (node instanceof Leaf) {
      const at = positionIn(node.scores, node.members, score, member)
      if (node.members[at] !== member || node.scores[at] !== score) return false
      node.scores.splice(at, 1)
      node.members.splice(at, 1)
      return true
    }
    const at = childOf(node, score, member)
    const child = node.children[at] as Node
    if (!this.#removeFrom(child, score, member)) return false
    node.counts[at] = (node.counts[at] as number) - 1
    this.#mergeIfSmall(node, at)
    return true
  }

  /** Merges the child with a neighbour when it is small, and halves both when together they would be too full. */
  #mergeIfSmall(parent: Branch, at: number): void {
    const child = parent.children[at] as Node
    const capacity = this.#capacity(child)
    // A branch of one child could be left with nothing but an empty leaf: two is the least.
    if (fill(child) >= Math.max(2, capacity >> 2) || parent.children.length === 1) return
    const left = at > 0 ? at - 1 : at
    const first = parent.children[left] as Node
    const second = parent.children[left + 1] as Node
    absorb(first, second, parent.boundScores[left + 1] as number, parent.boundMembers[left + 1] as string)
    parent.counts[left] = (parent.counts[left] as number) + (parent.counts[left + 1] as number)
    parent.children.splice(left + 1, 1)
    parent.counts.splice(left + 1, 1)
    parent.boundScores.splice(left + 1, 1)
    parent.boundMembers.splice(left + 1, 1)
    const together = fill(first)
    if (together <= (capacity * 3) >> 2) return
    const half = together >> 1
    adopt(parent, left, first instanceof Leaf ? splitLeaf(first, half) : splitBranch(first, half))
  }

  #capacity(node: Node): number {
    return node instanceof Leaf ? this.#shape.leafCapacity : this.#shape.fanOut
  }
}

const fill = (node: Node): number => (node instanceof Leaf ? node.members.length : node.children.length)

/** Where an overfull node is cut: in the middle, or near its end while entries only arrive at the right edge. */
const cutOf = (length: number, appending: boolean): number =>
  appending ? Math.min(length - 1, Math.floor(length * 0.9)) : length >> 1

/** The child that an entry belongs to: the last one whose bound does not come after it. */
const childOf = (node: Branch, score: number, member: string): number => {
  let low = 1
  let high = node.children.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comesBefore(score, member, node.boundScores[middle] as number, node.boundMembers[middle] as string))
      high = middle
    else low = middle + 1
  }
  return low - 1
}

/** Hangs a node split off from child `at` behind it; `counts[at]` still counts the entries of both. */
const adopt = (parent: Branch, at: number, split: SplitOff): void => {
  const moved = split.node.count
  parent.counts[at] = (parent.counts[at] as number) - moved
  parent.children.splice(at + 1, 0, split.node)
  parent.counts.splice(at + 1, 0, moved)
  parent.boundScores.splice(at + 1, 0, split.score)
  parent.boundMembers.splice(at + 1, 0, split.member)
}

const splitLeaf = (leaf: Leaf, cut: number): SplitOff => {
  const right = new Leaf(leaf.scores.splice(cut), leaf.members.splice(cut))
  right.next = leaf.next
  leaf.next = right
  return { node: right, score: right.scores[0] as number, member: right.members[0] as string }
}

const splitBranch = (branch: Branch, cut: number): SplitOff => {
  const right = new Branch(
    branch.children.splice(cut),
    branch.counts.splice(cut),
    branch.boundScores.splice(cut),
    branch.boundMembers.splice(cut),
  )
  return { node: right, score: right.boundScores[0] as number, member: right.boundMembers[0] as string }
}

/** Appends the entries of `second`, whose bound is given, to `first`, its left neighbour. */
const absorb = (first: Node, second: Node, boundScore: number, boundMember: string): void => {
  if (first instanceof Leaf && second instanceof Leaf) {
    first.scores.push(...second.scores)
    first.members.push(...second.members)
    first.next = second.next
  } else if (first instanceof Branch && second instanceof Branch) {
    const joint = first.children.length
    first.children.push(...second.children)
    first.counts.push(...second.counts)
    first.boundScores.push(...second.boundScores)
    first.boundMembers.push(...second.boundMembers)
    first.boundScores[joint] = boundScore
    first.boundMembers[joint] = boundMember
  }
}

const checkNode = (node: Node, shape: TreeShape, leaves: Leaf[]): number => {
  if (node instanceof Leaf) {
    if (node.count > shape.leafCapacity) throw new Error(`a leaf holds ${node.count} entries`)
    leaves.push(node)
    return node.count
  }
  if (node.children.length > shape.fanOut) throw new Error(`a branch has ${node.children.length} children`)
  let sum = 0
  node.children.forEach((child, index) => {
    const count = checkNode(child, shape, leaves)
    if (count !== node.counts[index]) throw new Error(`a branch counts ${node.counts[index]} entries of ${count}`)
    sum += count
  })
  return sum
}
