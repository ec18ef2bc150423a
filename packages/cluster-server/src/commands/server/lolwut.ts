import { VerbatimReply } from '../../resp/reply.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import { REPORTED_VERSION } from '../version.js'

export const lolwut = defineCommand({
  name: 'lolwut',
  arity: -1,
  flags: ['readonly', 'fast'],
  categories: [],
  group: 'server',
  since: '5.0.0',
  complexity: '',
  summary: 'Answers the version that is reported; this server draws nothing',
  arguments: [{ name: 'version', type: 'integer', token: 'VERSION', optional: true }],
  run(_context, argv) {
    if (argv.length >= 3 && optionAt(argv, 1) === 'VERSION') integerArgument(argument(argv, 2))
    return new VerbatimReply('txt', `Redis ver. ${REPORTED_VERSION}\n`)
  },
})
