import { functionPayload, readFunctionPayload } from '../../persistence/function-payload.js'
import { OK } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import type { Command } from '../command.js'
import { functionsOf, type RestorePolicy } from './function-libraries.js'
import { loadHost } from './load-host.js'
import { subcommandSyntax } from './subcommand-syntax.js'

const BAD_POLICY = wireError('ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.')

const policyOf = (name: string): RestorePolicy | undefined => {
  const policies = ['append', 'replace', 'flush'] as const
  return policies.find((policy) => policy === name.toLowerCase())
}

export const functionDump: Command = {
  name: 'dump',
  arity: 2,
  flags: ['noscript'],
  categories: ['scripting'],
  group: 'scripting',
  since: '7.0.0',
  complexity: 'O(N) with N being the number of functions',
  summary: 'Answers all libraries in a binary form',
  run: ({ server }) => functionPayload(functionsOf(server).sources(), server.config.flag('rdbcompression')),
}

export const functionRestore: Command = {
  name: 'restore',
  arity: -3,
  flags: ['noscript', 'write', 'denyoom'],
  categories: ['scripting'],
  group: 'scripting',
  since: '7.0.0',
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  complexity: 'O(N) with N being the number of functions in the payload',
  summary: 'Loads the libraries of a binary form',
  arguments: [
    { name: 'serialized-value', type: 'string' },
    {
      name: 'policy',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'flush', type: 'pure-token', token: 'FLUSH' },
        { name: 'append', type: 'pure-token', token: 'APPEND' },
        { name: 'replace', type: 'pure-token', token: 'REPLACE' },
      ],
    },
  ],
  run(context, argv) {
    const { server, client } = context
    if (argv.length > 4) return subcommandSyntax(argument(argv, 1))
    const policy = argv.length === 4 ? policyOf(optionAt(argv, 3)) : 'append'
    if (policy === undefined) return BAD_POLICY
    const sources = readFunctionPayload(argument(argv, 2), true)
    if (typeof sources === 'string') return wireError(`ERR ${sources}`)
    const refusal = functionsOf(server).restore(sources, policy, loadHost(server, client.isReplicationStream))
    if (refusal !== null) return refusal
    context.propagate(...argv)
    return OK
  },
}
