import { createHash } from 'node:crypto'
import type { Script } from '../connections/connection.js'
import { withUsedFunctions } from './used-functions.js'

/**
 * A script put together from pieces of Lua, without the functions that it does not need, with its SHA1. A connection that breaks
 * may leave it undone, or done.
 */
export function defineScript(name: string, ...pieces: readonly string[]): Script {
  const source = withUsedFunctions(pieces.map((piece) => piece.trim()).join('\n'))
  return { name, source, sha1: createHash('sha1').update(source).digest('hex') }
}

/** A script that may run again when a connection breaks before its answer: it reads, and at most removes what has expired. */
export function defineQueryScript(name: string, ...pieces: readonly string[]): Script {
  return { ...defineScript(name, ...pieces), isReadOnly: true }
}
