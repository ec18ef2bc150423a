/** Source that is not Lua 5.1; the message is Lua's own, with chunk name and line. */
export class LuaSyntaxError extends Error {
  override readonly name = 'LuaSyntaxError'
}
