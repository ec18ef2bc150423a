/** `count` positions below `size`, each chosen anew. */
export const repeatedPositions = (size: number, count: number, random: () => number): number[] =>
  Array.from({ length: count }, () => Math.floor(random() * size))

/** `count` different positions below `size`; `count` is at most `size`. O(count) time and memory. */
export const distinctPositions = (size: number, count: number, random: () => number): number[] => {
  // A shuffle of 0 to size - 1 that stops after `count` places; only places that were swapped are written down.
  const swapped = new Map<number, number>()
  return Array.from({ length: count }, (_, place) => {
    const other = place + Math.floor(random() * (size - place))
    const chosen = swapped.get(other) ?? other
    swapped.set(other, swapped.get(place) ?? place)
    return chosen
  })
}
