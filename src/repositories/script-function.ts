import type { Script } from '../connections/connection.js'

/**
 * A script as a Lua function `name(KEYS, ARGV)`, to be called by another script: its keys and arguments are parameters, and
 * what it keeps in locals is its own in every call.
 */
export function scriptFunction(name: string, script: Script): string {
  return `local function ${name}(KEYS, ARGV)\n${script.source}\nend`
}
