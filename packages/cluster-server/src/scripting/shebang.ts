import { type WireError, wireError } from '../wire-errors.js'

const FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const

/** What a script says of itself in its first line. */
export type ScriptFlag = (typeof FLAGS)[number]

/** The flags of `#!lua flags=…`; a script without such a line is bound by none of them and may do what a client may. */
export interface ScriptDeclaration {
  readonly hasShebang: boolean
  readonly flags: ReadonlySet<ScriptFlag>
}

const UNDECLARED: ScriptDeclaration = { hasShebang: false, flags: new Set() }

const asFlag = (name: string): ScriptFlag | undefined => FLAGS.find((flag) => flag === name)

/** Reads the first line of a script. An error is returned with Redis' text. */
export const parseShebang = (source: string): ScriptDeclaration | WireError => {
  if (!source.startsWith('#!')) return UNDECLARED
  const end = source.indexOf('\n')
  if (end === -1) return wireError('ERR Invalid script shebang')
  const [engine = '', ...options] = source
    .slice(0, end)
    .split(/[ \t\r]+/)
    .filter((word) => word !== '')
  if (engine !== '#!lua') return wireError(`ERR Unexpected engine in script shebang: ${engine}`)
  const flags = new Set<ScriptFlag>()
  for (const option of options) {
    if (!option.startsWith('flags=')) return wireError(`ERR Unknown lua shebang option: ${option}`)
    for (const name of option.slice('flags='.length).split(',')) {
      if (name === '') continue
      const flag = asFlag(name)
      if (flag === undefined) return wireError(`ERR Unexpected flag in script shebang: ${name}`)
      flags.add(flag)
    }
  }
  return { hasShebang: true, flags }
}
