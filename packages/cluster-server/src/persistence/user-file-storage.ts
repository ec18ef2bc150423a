import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'

/** Texts of C's `strerror` that differ from those of libuv by more than their first letter. */
const C_TEXTS: Readonly<Record<string, string>> = {
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENAMETOOLONG: 'File name too long',
  ELOOP: 'Too many levels of symbolic links',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
}

/** What C's `strerror` says of an error of the file system. */
export const systemErrorText = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  const errno = 'errno' in error ? Number(error.errno) : 0
  const message = 'message' in error ? String(error.message) : String(error)
  const text = C_TEXTS[code] ?? getSystemErrorMap().get(errno)?.[1] ?? message
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Outcome of reading a file: its bytes as latin1 text, or why it could not be opened. */
export type ReadOutcome = { readonly text: string } | { readonly failure: string }

/** Reads the file that users are kept in. */
export const readUserFileText = (path: string): ReadOutcome => {
  try {
    return { text: readFileSync(path, 'latin1') }
  } catch (error) {
    return { failure: systemErrorText(error) }
  }
}

/** Replaces the file that users are kept in, whole or not at all. @returns what went wrong, for the log, or null */
export const writeUserFileText = (path: string, text: string, nowMs: number): string | null => {
  const temporary = `${path}.tmp-${process.pid}-${nowMs}`
  try {
    writeFileSync(temporary, text, { encoding: 'latin1', mode: 0o644 })
  } catch (error) {
    rmSync(temporary, { force: true })
    return `Opening temp ACL file for ACL SAVE: ${systemErrorText(error)}`
  }
  try {
    renameSync(temporary, path)
    return null
  } catch (error) {
    rmSync(temporary, { force: true })
    return `Renaming ACL file for ACL SAVE: ${systemErrorText(error)}`
  }
}
