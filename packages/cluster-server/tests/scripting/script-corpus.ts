import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files of `corpus/`: one script per line, with `¶` for a line end in a script. */
export const CORPUS_FILES = [
  'binary',
  'bit',
  'coroutines',
  'errors',
  'json',
  'language',
  'metatables',
  'redis',
  'strings',
  'syntax',
  'tables-and-math',
] as const

/** The scripts of one file, as latin1 text. */
export const readCorpus = (name: (typeof CORPUS_FILES)[number]): string[] => {
  const text = readFileSync(join(__dirname, 'corpus', `${name}.txt`), 'utf8')
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => Buffer.from(line.replaceAll('¶', '\n'), 'utf8').toString('latin1'))
}
