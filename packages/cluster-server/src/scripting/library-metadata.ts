import { type WireError, wireError } from '../wire-errors.js'
import { shebangWords } from './shebang.js'

/** The first line of a library, `#!<engine> name=<name>`, and what follows it. */
export interface LibraryMetadata {
  readonly engine: string
  readonly name: string
  /** From the end of the first line on, so that lines keep their numbers. */
  readonly code: string
}

const BAD_NAME = wireError(
  'ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long',
)
const INVALID = wireError('ERR Invalid library metadata')

/** Refuses what cannot be the name of a library or of a function. */
export const checkLibraryName = (name: string): WireError | null => (/^[a-zA-Z0-9_]+$/.test(name) ? null : BAD_NAME)

/** Reads the first line of a library. An error is returned with Redis' text. */
export const parseLibraryMetadata = (source: string): LibraryMetadata | WireError => {
  if (!source.startsWith('#!')) return wireError('ERR Missing library metadata')
  const line = shebangWords(source)
  const [engine, ...options] = line?.words ?? []
  if (line === null || engine === undefined) return INVALID
  let name: string | undefined
  for (const option of options) {
    if (!/^name=/i.test(option)) return wireError(`ERR Invalid metadata value given: ${option}`)
    if (name !== undefined) return wireError('ERR Invalid metadata value, name argument was given multiple times')
    name = option.slice('name='.length)
  }
  if (name === undefined) return wireError('ERR Library name was not given')
  return checkLibraryName(name) ?? { engine: engine.slice(2), name, code: source.slice(line.end) }
}
