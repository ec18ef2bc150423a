/** Bytes of a key: those of an id. */
const KEY_BYTES = 16

const commonBytes = (one: string, other: string): number => {
  let count = 0
  while (count < KEY_BYTES && one.charCodeAt(count) === other.charCodeAt(count)) count++
  return count
}

/** Nodes that a path takes from below depth `parent` to a node at depth `depth`: that node, and a run of bytes before. */
const nodesOnPath = (parent: number, depth: number): number => (depth - parent > 1 ? 2 : 1)

/**
 * How many nodes the radix tree of Redis has that holds `keys`: 16 bytes each, all different, in order. A node stands for
 * each key, for each place where keys part, and for each run of bytes that leads to one of these. Source: `rax.c`.
 */
export const radixTreeNodes = (keys: readonly string[]): number => {
  if (keys.length === 0) return 1
  // Depths of the places where keys part, on the way from the root to the key before; the root is at -1.
  const open: number[] = [-1]
  let nodes = 0
  const close = (depth: number): void => {
    let from = KEY_BYTES
    while ((open[open.length - 1] as number) > depth) {
      const parent = open.pop() as number
      nodes += nodesOnPath(parent, from)
      from = parent
    }
    if (open[open.length - 1] === depth) nodes += nodesOnPath(depth, from)
    else {
      nodes += nodesOnPath(depth, from)
      open.push(depth)
    }
  }
  for (let i = 1; i < keys.length; i++) close(commonBytes(keys[i - 1] as string, keys[i] as string))
  let from = KEY_BYTES
  while (open.length > 0) {
    const parent = open.pop() as number
    nodes += nodesOnPath(parent, from)
    from = parent
  }
  return nodes
}
