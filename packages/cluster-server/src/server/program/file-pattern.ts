import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { matchesGlob } from '../../glob.js'

const isPattern = (text: string): boolean => /[*?[]/.test(text)

/**
 * The files that a path with `*`, `?` or `[…]` stands for, sorted; none when nothing matches. A path without them
 * stands for itself, whether it exists or not.
 */
export const expandFilePattern = (path: string): string[] => {
  if (!isPattern(path)) return [path]
  const directory = dirname(path)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const directories = isPattern(directory) ? expandFilePattern(directory) : [directory]
  return directories.flatMap((parent) =>
    entriesOf(parent)
      .filter((entry) => matchesGlob(name, entry) && (name.startsWith('.') || !entry.startsWith('.')))
      .map((entry) => join(parent, entry)),
  )
}

const entriesOf = (directory: string): string[] => {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}
