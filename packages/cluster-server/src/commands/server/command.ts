import { CATEGORIES } from '../../acl/categories.js'
import { matchesGlob } from '../../glob.js'
import { MapReply, type Reply, SetReply, Status } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { type Command, defineCommand, type KeyReference } from '../command.js'
import { categoriesOf } from '../command-categories.js'
import type { CommandContext, ServerState } from '../context.js'
import { helpCommand } from '../help-command.js'
import { findKeys } from '../keys-of-command.js'
import { describeCommand, documentCommand, fullName } from './command-description.js'

const NO_SUCH_COMMAND = wireError('ERR Invalid command specified')
const WRONG_ARITY = wireError('ERR Invalid number of arguments specified for command')
const NO_KEYS = wireError('ERR The command has no key arguments')
const INVALID_ARGUMENTS = wireError('ERR Invalid arguments specified for command')

interface Found {
  readonly command: Command
  readonly container?: Command
}

/** Looks up `get` or `client|list`. */
const findByName = (server: ServerState, name: string): Found | undefined => {
  const [first = '', second, ...more] = name.toLowerCase().split('|')
  const command = server.commands.get(first)
  if (command === undefined || more.length > 0) return undefined
  if (second === undefined) return { command }
  const subcommand = command.subcommands?.find((candidate) => candidate.name === second)
  return subcommand && { command: subcommand, container: command }
}

const describe = (found: Found | undefined): Reply =>
  found === undefined ? null : describeCommand(found.command, found.container)

const describeAll = ({ server }: CommandContext): Reply =>
  [...server.commands.values()].map((each) => describeCommand(each))

const info = defineCommand({
  name: 'info',
  arity: -2,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(N) where N is the number of names',
  summary: 'Describes commands: arity, flags, keys',
  arguments: [{ name: 'command-name', type: 'string', optional: true, multiple: true }],
  run: (context, argv) =>
    argv.length === 2 ? describeAll(context) : argv.slice(2).map((name) => describe(findByName(context.server, name))),
})

const docs = defineCommand({
  name: 'docs',
  arity: -2,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  group: 'server',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of names',
  summary: 'Documents commands',
  arguments: [{ name: 'command-name', type: 'string', optional: true, multiple: true }],
  run({ server }, argv) {
    const found =
      argv.length === 2
        ? Array.from(server.commands.values(), (command): Found => ({ command }))
        : argv.slice(2).flatMap((name) => findByName(server, name) ?? [])
    return new MapReply(
      found.flatMap(({ command, container }) => [fullName(command, container), documentCommand(command)]),
    )
  },
})

const count = defineCommand({
  name: 'count',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(1)',
  summary: 'Counts the commands',
  run: ({ server }) => server.commands.size,
})

/** Which commands COMMAND LIST FILTERBY lets through. */
const filterOf = (argv: readonly string[]): ((command: Command, name: string) => boolean) => {
  if (argv.length === 2) return () => true
  if (argv.length !== 5 || optionAt(argv, 2) !== 'FILTERBY') throw SYNTAX_ERROR
  const value = argument(argv, 4)
  switch (optionAt(argv, 3)) {
    case 'MODULE':
      return () => false
    case 'ACLCAT': {
      const category = CATEGORIES.find((candidate) => candidate === value.toLowerCase())
      return (command) => category !== undefined && categoriesOf(command).includes(category)
    }
    case 'PATTERN':
      return (_command, name) => matchesGlob(value, name, true)
    default:
      throw SYNTAX_ERROR
  }
}

const list = defineCommand({
  name: 'list',
  arity: -2,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  group: 'server',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of commands',
  summary: 'Lists the names of commands',
  arguments: [
    {
      name: 'filterby',
      type: 'oneof',
      token: 'FILTERBY',
      optional: true,
      arguments: [
        { name: 'module-name', type: 'string', token: 'MODULE' },
        { name: 'category', type: 'string', token: 'ACLCAT' },
        { name: 'pattern', type: 'pattern', token: 'PATTERN' },
      ],
    },
  ],
  run({ server }, argv) {
    const matches = filterOf(argv)
    const names: string[] = []
    for (const command of server.commands.values()) {
      if (matches(command, command.name)) names.push(command.name)
      for (const sub of command.subcommands ?? []) {
        const name = fullName(sub, command)
        if (matches(sub, name)) names.push(name)
      }
    }
    return names
  },
})

/** The keys in a command that is given in the words from the third on. @throws WireError */
const keysIn = (server: ServerState, argv: readonly string[]): readonly KeyReference[] => {
  const words = argv.slice(2)
  const container = server.commands.get(argument(words, 0).toLowerCase())
  const command =
    container?.subcommands === undefined
      ? container
      : container.subcommands.find((candidate) => candidate.name === argument(words, 1).toLowerCase())
  if (command === undefined) throw NO_SUCH_COMMAND
  if (command.findKeys === undefined && (command.keySpecs?.length ?? 0) === 0) throw NO_KEYS
  if (command.arity > 0 ? words.length !== command.arity : words.length < -command.arity) throw WRONG_ARITY
  const keys = findKeys(command, words)
  const mayHaveNone = command.flags.includes('no_mandatory_keys')
  if (keys === undefined || keys.length === 0) {
    if (!mayHaveNone) throw INVALID_ARGUMENTS
    return []
  }
  return keys
}

const getkeys = defineCommand({
  name: 'getkeys',
  arity: -4,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(N) where N is the number of its words',
  summary: 'Finds the keys in a command',
  run: ({ server }, argv) => keysIn(server, argv).map(({ index }) => argument(argv, index + 2)),
})

const getkeysandflags = defineCommand({
  name: 'getkeysandflags',
  arity: -4,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  group: 'server',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of its words',
  summary: 'Finds the keys in a command and what happens to them',
  run: ({ server }, argv) =>
    keysIn(server, argv).map(({ index, flags }) => [
      argument(argv, index + 2),
      new SetReply(flags.filter((flag) => flag !== 'variable_flags').map((flag) => new Status(flag))),
    ]),
})

const HELP = [
  'COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['(no subcommand)', 'COUNT', 'DOCS [<name> ...]', 'INFO [<name> ...]'],
  'LIST [FILTERBY (MODULE <name> | ACLCAT <category> | PATTERN <pattern>)]',
  ...['GETKEYS <command> [<arg> ...]', 'GETKEYSANDFLAGS <command> [<arg> ...]', 'HELP'],
]

const help = helpCommand({ group: 'server', since: '5.0.0', categories: ['connection'], lines: HELP })

export const command = defineCommand({
  name: 'command',
  arity: -1,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  group: 'server',
  since: '2.8.13',
  complexity: 'O(N) where N is the number of commands',
  summary: 'Describes the commands of the server',
  subcommands: [count, docs, getkeys, getkeysandflags, help, info, list],
  run: describeAll,
})
