import { quoteText } from '../quote-text.js'
import { splitInlineCommand } from '../resp/inline-command.js'
import { ProtocolError } from '../resp/protocol-error.js'

/** What a file of the log is: the data as they were once, what was written since, or no longer needed. */
export type LogFileType = 'b' | 'i' | 'h'

/** What a base holds: the data as an RDB, or the commands that make them; the end of its name says which. */
export type LogBaseKind = 'rdb' | 'aof'

/** One file of the log. */
export interface LogFile {
  readonly name: string
  readonly sequence: number
  readonly type: LogFileType
}

/** The files of which a log consists: data are those of `base`, and then what `increments` say, in order. */
export interface LogManifest {
  readonly base: LogFile | null
  readonly increments: readonly LogFile[]
  /** Files that are no longer needed, and may be there still. */
  readonly history: readonly LogFile[]
  /** The highest numbers that were given so far. */
  readonly baseSequence: number
  readonly incrementSequence: number
}

/** The log of a node that has none. */
export const EMPTY_MANIFEST: LogManifest = {
  base: null,
  increments: [],
  history: [],
  baseSequence: 0,
  incrementSequence: 0,
}

/** A manifest that cannot be used, with the line that is wrong. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'

  constructor(
    message: string,
    readonly lineNumber: number,
    readonly line: string | null,
  ) {
    super(message)
  }
}

const LONGEST_LINE = 1024
const INVALID = 'Invalid AOF manifest file format'

/** The text of a manifest, as Redis writes it: base, history, increments. */
export const formatManifest = ({ base, history, increments }: LogManifest): string =>
  [...(base === null ? [] : [base]), ...history, ...increments]
    .map(({ name, sequence, type }) => `file ${shownName(name)} seq ${sequence} type ${type}\n`)
    .join('')

const shownName = (name: string): string => (/[^\x21-\x7e]|["'\\]/.test(name) ? quoteText(name) : name)

/** @throws ManifestError when the text is no manifest */
export const parseManifest = (text: string): LogManifest => {
  if (text === '') throw new ManifestError('Found an empty AOF manifest', 0, null)
  let manifest = EMPTY_MANIFEST
  const lines = text.split('\n')
  const last = lines.pop()
  if (last !== '') lines.push(`${last}`)
  for (const [index, line] of lines.entries()) {
    const number = index + 1
    if (line.startsWith('#')) continue
    if (line.length >= LONGEST_LINE || (last !== '' && number === lines.length)) {
      throw new ManifestError('The AOF manifest file contains too long line', number, null)
    }
    const trimmed = line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
    const outcome = withFile(manifest, trimmed)
    if (typeof outcome === 'string') throw new ManifestError(outcome, number, trimmed)
    manifest = outcome
  }
  return manifest
}

/** @returns why the line is wrong, or the manifest with it */
const withFile = (manifest: LogManifest, line: string): LogManifest | string => {
  const file = parseFile(line)
  if (typeof file === 'string') return file
  switch (file.type) {
    case 'b':
      if (manifest.base !== null) return 'Found duplicate base file information'
      return { ...manifest, base: file, baseSequence: file.sequence }
    case 'h':
      return { ...manifest, history: [...manifest.history, file] }
    case 'i':
      if (file.sequence <= manifest.incrementSequence) return 'Found a non-monotonic sequence number'
      return { ...manifest, increments: [...manifest.increments, file], incrementSequence: file.sequence }
    default:
      return file.type satisfies never
  }
}

/** A line with an open quotation mark has none. */
const wordsOf = (line: string): readonly string[] => {
  try {
    return splitInlineCommand(line)
  } catch (error) {
    if (error instanceof ProtocolError) return []
    throw error
  }
}

const parseFile = (line: string): LogFile | string => {
  const words = wordsOf(line)
  if (words.length < 6 || words.length % 2 !== 0) return INVALID
  let name = ''
  let sequence = 0
  let type = ''
  for (let at = 0; at < words.length; at += 2) {
    const value = words[at + 1] ?? ''
    switch (words[at]?.toLowerCase()) {
      case 'file':
        if (value.includes('/') || value.includes('\\')) return "File can't be a path, just a filename"
        name = value
        break
      case 'seq':
        sequence = Number.parseInt(value, 10) || 0
        break
      case 'type':
        type = value.slice(0, 1)
        break
      default:
      // A later version may say more of a file.
    }
  }
  if (name === '' || sequence === 0 || type === '') return INVALID
  return type === 'b' || type === 'i' || type === 'h' ? { name, sequence, type } : 'Unknown AOF file type'
}

/** With a new base; the one before becomes history. */
export const withNewBase = (manifest: LogManifest, fileName: string, kind: LogBaseKind): LogManifest => {
  const sequence = manifest.baseSequence + 1
  return {
    ...manifest,
    base: { name: `${fileName}.${sequence}.base.${kind}`, sequence, type: 'b' },
    history: manifest.base === null ? manifest.history : [asHistory(manifest.base), ...manifest.history],
    baseSequence: sequence,
  }
}

/** With one more increment at the end. */
export const withNewIncrement = (manifest: LogManifest, fileName: string): LogManifest => {
  const sequence = manifest.incrementSequence + 1
  const file: LogFile = { name: `${fileName}.${sequence}.incr.aof`, sequence, type: 'i' }
  return { ...manifest, increments: [...manifest.increments, file], incrementSequence: sequence }
}

/** With all increments but the last `kept` as history: a new base has what they say. */
export const withOldIncrementsAsHistory = (manifest: LogManifest, kept: 0 | 1): LogManifest => {
  const count = manifest.increments.length - kept
  const old = manifest.increments.slice(0, count).map(asHistory).reverse()
  return { ...manifest, increments: manifest.increments.slice(count), history: [...old, ...manifest.history] }
}

const asHistory = (file: LogFile): LogFile => ({ ...file, type: 'h' })
