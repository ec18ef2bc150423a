import { randomBytes } from 'node:crypto'
import { CATEGORIES, categoryIndex } from '../../../acl/categories.js'
import type { Denial } from '../../../acl/permission.js'
import { OK } from '../../../resp/reply.js'
import { wireError } from '../../../wire-errors.js'
import { argument, integerArgument, untilNul } from '../../arguments.js'
import { type Command, defineCommand } from '../../command.js'
import { unknownForm } from '../../unknown-form.js'

const MAX_PASSWORD_BITS = 4096

const cat = defineCommand({
  name: 'cat',
  arity: -2,
  flags: ['noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N) where N is the number of commands',
  summary: 'Lists the categories, or the commands of one',
  arguments: [{ name: 'categoryname', type: 'string', optional: true }],
  run({ server }, argv) {
    if (argv.length === 2) return [...CATEGORIES]
    if (argv.length > 3) throw unknownForm(argv)
    const index = categoryIndex(argument(argv, 2))
    if (index === undefined) throw wireError(`ERR Unknown category '${untilNul(argument(argv, 2).slice(0, 128))}'`)
    return server.access.users.context.commands.all
      .filter(({ categories }) => (categories & (1 << index)) !== 0)
      .map(({ fullName }) => fullName)
  },
})

const refusalText = ({ reason, index }: Denial, fullName: string, argv: readonly string[]): string => {
  if (reason === 'command') return `This user has no permissions to run the '${fullName}' command`
  return `This user has no permissions to access the '${argument(argv, index)}' ${reason}`
}

const dryrun = defineCommand({
  name: 'dryrun',
  arity: -4,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '7.0.0',
  complexity: 'O(1).',
  summary: 'Tells whether a user may run a command',
  arguments: [
    { name: 'username', type: 'string' },
    { name: 'command', type: 'string' },
    { name: 'arg', type: 'string', optional: true, multiple: true },
  ],
  run({ server }, argv) {
    const user = server.access.users.get(argument(argv, 2))
    if (user === undefined) throw wireError(`ERR User '${argument(argv, 2)}' not found`)
    const words = argv.slice(3)
    const outcome = server.access.dryRun(user, words)
    switch (outcome.type) {
      case 'unknownCommand':
        throw wireError(`ERR Command '${argument(words, 0)}' not found`)
      case 'wrongArity':
        throw wireError(`ERR wrong number of arguments for '${outcome.fullName}' command`)
      case 'denied':
        return refusalText(outcome.denial, outcome.fullName, words)
      case 'allowed':
        return OK
    }
  },
})

const genpass = defineCommand({
  name: 'genpass',
  arity: -2,
  flags: ['noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Makes up a password',
  arguments: [{ name: 'bits', type: 'integer', optional: true }],
  run(_context, argv) {
    if (argv.length > 3) throw unknownForm(argv)
    const bits = argv.length === 3 ? integerArgument(argument(argv, 2)) : 256
    if (bits <= 0 || bits > MAX_PASSWORD_BITS) {
      throw wireError(
        `ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to ${MAX_PASSWORD_BITS}`,
      )
    }
    const digits = Math.ceil(bits / 4)
    return randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits)
  },
})

/** The subcommands of ACL that change nothing and concern no user of the table. */
export const inspectionCommands: readonly Command[] = [cat, dryrun, genpass]
