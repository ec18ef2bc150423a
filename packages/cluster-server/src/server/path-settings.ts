import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { quoteText } from '../quote-text.js'
import type { SettingKind } from './setting-kinds.js'

/** What the operating system says of a directory that cannot be entered. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EACCES: 'Permission denied',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
}

/** An existing directory, kept as an absolute path; a relative one counts from the directory that `current` answers. */
export const directory = (current: () => string): SettingKind => ({
  parse: (text) => {
    const path = resolve(current(), text)
    try {
      return statSync(path).isDirectory() ? { value: path } : { refusal: 'Not a directory' }
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
      return { refusal: REASONS[code] ?? code }
    }
  },
  lines: (value) => [quoteText(value)],
})
