/** Tags a piece of Lua: backslashes are Lua's, not JavaScript's. */
export const lua = String.raw

/** A piece for the inside of a function: indented, because `end` at the beginning of a line ends a function at the top. */
export function nested(piece: string): string {
  return piece.trim().replace(/^(?=.)/gm, '  ')
}
