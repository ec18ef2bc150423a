import type { Command, CommandArgument } from '../../src/commands/command.js'
import { allCommands } from '../../src/commands/table.js'

/** A command with the words that lead to it: `GET`, `CLIENT LIST`. */
export interface NamedCommand {
  readonly name: string
  readonly words: readonly string[]
  readonly command: Command
}

/** Every command that can run, subcommands too. */
export const runnableCommands = (): NamedCommand[] =>
  allCommands.flatMap((command): NamedCommand[] => [
    ...(command.run === undefined ? [] : [{ name: command.name, words: [command.name.toUpperCase()], command }]),
    ...(command.subcommands ?? []).map((subcommand) => ({
      name: `${command.name}|${subcommand.name}`,
      words: [command.name.toUpperCase(), subcommand.name.toUpperCase()],
      command: subcommand,
    })),
  ])

const WORDS: Readonly<Record<CommandArgument['type'], string>> = {
  string: 'x',
  integer: '1',
  double: '1',
  key: 'k',
  pattern: '*',
  'unix-time': '99999999999',
  'pure-token': '',
  oneof: '',
  block: '',
}

/** Words that a name demands whatever its type says. */
const BY_NAME: Readonly<Record<string, string>> = {
  timeout: '0.01',
  cursor: '0',
  bit: '0',
  operation: 'NOT',
  min: '-',
  max: '+',
  script: 'return 1',
  milliseconds: '100000',
}

const wordsOf = (
  argument: CommandArgument,
  command: string,
  key: (index: number) => string,
  count: { keys: number },
): string[] => {
  // The keys behind a count are documented as optional, but the sample count is one.
  if (argument.optional && (argument.type !== 'key' || argument.token !== undefined)) return []
  const token = argument.token === undefined ? [] : [argument.token]
  switch (argument.type) {
    case 'pure-token':
      return token
    case 'oneof':
      return [...token, ...wordsOf(argument.arguments![0]!, command, key, count)]
    case 'block':
      return [...token, ...argument.arguments!.flatMap((inner) => wordsOf(inner, command, key, count))]
    case 'key':
      return [...token, key(count.keys++)]
    default: {
      const named = /lex/.test(command) || !/^m(in|ax)$/.test(argument.name) ? BY_NAME[argument.name] : undefined
      return [...token, named ?? WORDS[argument.type]]
    }
  }
}

/** A command with the fewest arguments that it documents; `key` names its keys. */
export const sampleOf = (
  { words, command, name }: NamedCommand,
  key: (index: number) => string = () => 'k',
): string[] => {
  const count = { keys: 0 }
  const sample = [...words, ...(command.arguments ?? []).flatMap((argument) => wordsOf(argument, name, key, count))]
  while (sample.length < Math.abs(command.arity)) sample.push('x')
  return sample
}
