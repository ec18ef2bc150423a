/** Tags a piece of Lua: backslashes are Lua's, not JavaScript's. */
export const lua = String.raw
