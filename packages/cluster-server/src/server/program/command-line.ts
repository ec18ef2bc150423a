import { splitInlineCommand } from '../../resp/inline-command.js'

/** What the words after the program's name ask for. */
export type CommandLine =
  | { readonly type: 'version' }
  | { readonly type: 'help' }
  | {
      readonly type: 'run'
      readonly configFile: string | null
      readonly readsStdin: boolean
      /** The options as lines of a configuration file: `--port 7001` is `port "7001"`. */
      readonly options: string
    }

/** A word in quotation marks that `splitInlineCommand` reads back. */
const quoted = (word: string): string => {
  const escaped = word.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return `"${escaped}"`
}

/** How many words stand in one argument; an unbalanced one counts as a name with its value. */
const wordCount = (argument: string): number => {
  try {
    return splitInlineCommand(argument).length
  } catch {
    return 2
  }
}

/**
 * Reads arguments as redis-server does: an optional file first, `--name value …` for each line of configuration, `-` for
 * standard input as the first or last argument. A value may begin with `--` when it directly follows its name.
 * Source of the rules: `main` in server.c of Redis 7.0.15.
 */
export const parseCommandLine = (words: readonly string[]): CommandLine => {
  const [first] = words
  if (first === '-v' || first === '--version') return { type: 'version' }
  if (first === '-h' || first === '--help') return { type: 'help' }
  const configFile = first !== undefined && !first.startsWith('-') ? first : null
  const start = configFile === null ? 0 : 1
  let readsStdin = false
  let options = ''
  let hasValue = true
  for (let index = start; index < words.length; index++) {
    const word = words[index] ?? ''
    const isLast = index === words.length - 1
    if (word === '-' && (index === 0 || isLast)) readsStdin = true
    else if (hasValue && word.startsWith('--')) {
      if (options !== '') options += '\n'
      options += `${word.slice(2)} `
      hasValue = wordCount(word) !== 1
      // `--save` without a value turns saving off.
      if (word.toLowerCase() === '--save' && (isLast || words[index + 1]?.startsWith('--'))) {
        options += '""'
        hasValue = true
      }
    } else {
      options += `${quoted(word)} `
      hasValue = true
    }
  }
  return { type: 'run', configFile, readsStdin, options }
}
