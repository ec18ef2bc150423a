import { NOT_AN_INTEGER, wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { Blocked } from '../blocked.js'
import { type Command, defineCommand } from '../command.js'

const ON_REPLICA = wireError(
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.',
)
const NOT_A_TIMEOUT = wireError('ERR timeout is not an integer or out of range')
const NEGATIVE_TIMEOUT = wireError('ERR timeout is negative')

/** WAIT. Waits for what the node had written when it was done with this client's last command. */
export const wait: Command = defineCommand({
  name: 'wait',
  arity: 3,
  flags: ['noscript'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  group: 'generic',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Waits until replicas have applied what was written',
  arguments: [
    { name: 'numreplicas', type: 'integer' },
    { name: 'timeout', type: 'integer' },
  ],
  run: ({ server, nowMs, client }, argv) => {
    const { replication } = server
    if (replication.role === 'replica') throw ON_REPLICA
    const wanted = integerArgument(argument(argv, 1), NOT_AN_INTEGER)
    const timeoutMs = integerArgument(argument(argv, 2), NOT_A_TIMEOUT)
    if (timeoutMs < 0) throw NEGATIVE_TIMEOUT
    const offset = client.writtenOffset
    const acknowledged = replication.countAcknowledged(offset)
    if (acknowledged >= wanted || client.inTransaction) return acknowledged
    replication.requestAcknowledgements()
    const untilMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : nowMs + timeoutMs
    const blocked: Blocked = new Blocked([], untilMs, acknowledged, () => {
      const count = replication.countAcknowledged(offset)
      blocked.timeoutReply = count
      return count >= wanted ? count : undefined
    })
    return blocked
  },
})
