/** A value, what it has to stay below or above, and whether it does: `0.12 us (< 1 us ok)`. */
export const gated = (value: number, relation: '<' | '>', gate: number, unit: string): string => {
  const isReached = relation === '<' ? value < gate : value > gate
  return `${readable(value)} ${unit} (${relation} ${gate} ${unit} ${isReached ? 'ok' : 'MISSED'})`
}

/** Three digits that count, or the whole number. */
export const readable = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
