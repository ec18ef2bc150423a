import { OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { FailoverRequest } from '../replication-state.js'

const IN_CLUSTER = wireError('ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.')
const NONE_IN_PROGRESS = wireError('ERR No failover in progress.')
const BAD_TIMEOUT = wireError('ERR FAILOVER timeout must be greater than 0')
const IS_REPLICA = wireError('ERR FAILOVER is not valid when server is a replica.')
const NO_REPLICAS = wireError('ERR FAILOVER requires connected replicas.')
const FORCE_NEEDS = wireError('ERR FAILOVER with force option requires both a timeout and target HOST and IP.')
const NOT_A_REPLICA = wireError('ERR FAILOVER target HOST and PORT is not a replica.')
const NOT_ONLINE = wireError('ERR FAILOVER target replica is not online.')
const IN_PROGRESS = wireError('ERR FAILOVER already in progress.')

/** @throws WireError */
const readRequest = (argv: readonly string[]): FailoverRequest => {
  let timeoutMs = 0
  let target: FailoverRequest['target'] = null
  let isForced = false
  for (let i = 1; i < argv.length; i++) {
    const word = optionAt(argv, i)
    if (word === 'TIMEOUT' && i + 1 < argv.length && timeoutMs === 0) {
      timeoutMs = integerArgument(argument(argv, ++i))
      if (timeoutMs <= 0) throw BAD_TIMEOUT
    } else if (word === 'TO' && i + 2 < argv.length && target === null) {
      target = { host: argument(argv, i + 1), port: integerArgument(argument(argv, i + 2)) }
      i += 2
    } else if (word === 'FORCE' && !isForced) isForced = true
    else throw SYNTAX_ERROR
  }
  return { timeoutMs, target, isForced }
}

/** FAILOVER. */
export const failover = defineCommand({
  name: 'failover',
  arity: -1,
  flags: ['admin', 'noscript', 'stale'],
  categories: [],
  group: 'server',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Hands the role of this node over to one of its replicas',
  arguments: [
    {
      name: 'target',
      type: 'block',
      token: 'TO',
      optional: true,
      arguments: [
        { name: 'host', type: 'string' },
        { name: 'port', type: 'integer' },
        { name: 'force', type: 'pure-token', token: 'FORCE', optional: true },
      ],
    },
    { name: 'abort', type: 'pure-token', token: 'ABORT', optional: true },
    { name: 'milliseconds', type: 'integer', token: 'TIMEOUT', optional: true },
  ],
  run({ server }, argv) {
    if (server.config.flag('cluster-enabled')) throw IN_CLUSTER
    const { replication } = server
    const isUnderWay = replication.failoverState !== 'no-failover'
    if (argv.length === 2 && optionAt(argv, 1) === 'ABORT') {
      if (!isUnderWay) throw NONE_IN_PROGRESS
      replication.abortFailover()
      return OK
    }
    const request = readRequest(argv)
    const { timeoutMs, target, isForced } = request
    const { role, replicas } = replication
    if (isUnderWay) throw IN_PROGRESS
    if (role === 'replica') throw IS_REPLICA
    if (replicas.length === 0) throw NO_REPLICAS
    if (isForced && (timeoutMs === 0 || target === null)) throw FORCE_NEEDS
    if (target !== null) {
      const replica = replicas.find(({ host, port }) => host === target.host && port === target.port)
      if (replica === undefined) throw NOT_A_REPLICA
      if (replica.state !== 'online') throw NOT_ONLINE
    }
    replication.beginFailover(request)
    return OK
  },
})
