// Finds the imports of TypeScript sources: enough of the language for our own files, no more.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** All TypeScript files below a folder, as paths relative to it, with `/`. */
export function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort()
}

const COMMENTS_AND_IMPORTS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|^\s*(?:import|export)\s+(?<clause>type\s+[\w${*][^'"`;]*?|[\w${*][^'"`;]*?)\s+from\s*(?<quote>['"])(?<from>[^'"]+)\k<quote>|^\s*import\s*['"](?<effect>[^'"]+)['"]|\bimport\(\s*['"](?<dynamic>[^'"]+)['"]\s*\)/gm

/** The imports of a file: `{ specifier, line, isTypeOnly }`; re-exports and literal dynamic imports count. */
export function importsOf(path) {
  const text = readFileSync(path, 'utf8')
  const imports = []
  for (const match of text.matchAll(COMMENTS_AND_IMPORTS)) {
    const { clause = '', from, effect, dynamic } = match.groups
    const specifier = from ?? effect ?? dynamic
    if (specifier === undefined) continue
    const lead = match[0].length - match[0].trimStart().length
    imports.push({
      specifier,
      line: text.slice(0, match.index + lead).split('\n').length,
      isTypeOnly: isTypeOnly(clause),
    })
  }
  return imports
}

function isTypeOnly(clause) {
  if (clause.startsWith('type ') || clause.startsWith('type{')) return true
  const names = /^\{([\s\S]*)\}$/.exec(clause)?.[1]
  if (names === undefined) return false
  const listed = names.split(',').map((name) => name.trim())
  return listed.every((name) => name === '' || name.startsWith('type '))
}
