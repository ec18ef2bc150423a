import type { ScriptFlag } from '../../scripting/script-flags.js'
import { parseShebang, type ScriptDeclaration } from '../../scripting/shebang.js'
import { WireError } from '../../wire-errors.js'
import type { CommandFlag } from '../command.js'
import type { ServerState } from '../context.js'
import { scriptsOf } from './script-cache.js'

const REPLACED: readonly CommandFlag[] = ['stale', 'denyoom', 'write', 'may_replicate']

/** The flags of a command that runs a script with these. Source: `scriptFlagsToCmdFlags` of Redis 7.0. */
export const withDeclared = (flags: readonly CommandFlag[], declared: ReadonlySet<ScriptFlag>): CommandFlag[] => {
  const judged = flags.filter((flag) => !REPLACED.includes(flag))
  const writes = !declared.has('no-writes')
  if (writes && !declared.has('allow-oom')) judged.push('denyoom')
  if (writes) judged.push('write')
  if (declared.has('allow-stale')) judged.push('stale')
  return judged
}

const ofDeclaration = (
  flags: readonly CommandFlag[],
  declaration: ScriptDeclaration | undefined,
): readonly CommandFlag[] | null => (declaration?.hasShebang === true ? withDeclared(flags, declaration.flags) : null)

/** Of a script that is sent along. One whose first line is wrong is judged as one without. */
export const flagsOfSource = (flags: readonly CommandFlag[], source: string): readonly CommandFlag[] | null => {
  if (!source.startsWith('#!')) return null
  const declaration = parseShebang(source)
  return declaration instanceof WireError ? null : ofDeclaration(flags, declaration)
}

/** Of a script that is known by its digest. */
export const flagsOfDigest = (
  flags: readonly CommandFlag[],
  server: ServerState,
  digest: string,
): readonly CommandFlag[] | null => ofDeclaration(flags, scriptsOf(server).find(digest)?.declaration)
