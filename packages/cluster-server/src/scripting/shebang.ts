import { splitInlineCommand } from '../resp/inline-command.js'
import { ProtocolError } from '../resp/protocol-error.js'
import { type WireError, wireError } from '../wire-errors.js'
import { type ScriptFlag, scriptFlag } from './script-flags.js'

/** The flags of `#!lua flags=…`; a script without such a line is bound by none of them and may do what a client may. */
export interface ScriptDeclaration {
  readonly hasShebang: boolean
  readonly flags: ReadonlySet<ScriptFlag>
}

const UNDECLARED: ScriptDeclaration = { hasShebang: false, flags: new Set() }

/** The first line of source that starts with `#!`, in words; null when there is no line, no word or an open quote. */
export const shebangWords = (source: string): { readonly words: readonly string[]; readonly end: number } | null => {
  // Source: C stops reading at a NUL.
  const nul = source.indexOf('\0')
  const end = source.indexOf('\n')
  if (end === -1 || (nul !== -1 && nul < end)) return null
  try {
    return { words: splitInlineCommand(source.slice(0, end)), end }
  } catch (error) {
    if (error instanceof ProtocolError) return { words: [], end }
    throw error
  }
}

/** Reads the first line of a script. An error is returned with Redis' text. */
export const parseShebang = (source: string): ScriptDeclaration | WireError => {
  if (!source.startsWith('#!')) return UNDECLARED
  const line = shebangWords(source)
  if (line === null) return wireError('ERR Invalid script shebang')
  const [engine, ...options] = line.words
  if (engine === undefined) return wireError('ERR Invalid engine in script shebang')
  if (engine !== '#!lua') return wireError(`ERR Unexpected engine in script shebang: ${engine}`)
  const flags = new Set<ScriptFlag>()
  for (const option of options) {
    if (!option.startsWith('flags=')) return wireError(`ERR Unknown lua shebang option: ${option}`)
    if (option === 'flags=') continue
    for (const name of option.slice('flags='.length).split(',')) {
      const flag = scriptFlag(name)
      if (flag === undefined) return wireError(`ERR Unexpected flag in script shebang: ${name}`)
      flags.add(flag)
    }
  }
  return { hasShebang: true, flags }
}
