import type { Consumer } from '../../keyspace/consumer-group.js'
import { FIRST_ID, followingId, idText, type StreamId } from '../../keyspace/stream-id.js'
import type { Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { countDelivery, groupToClaim } from './claim.js'
import { consumerFor } from './consumers.js'
import { entryReply } from './entry-reply.js'
import { GroupEffects } from './group-effects.js'
import { intervalStart } from './id-arguments.js'

const BAD_MIN_IDLE = wireError('ERR Invalid min-idle-time argument for XAUTOCLAIM')
const BAD_COUNT = wireError('ERR COUNT must be > 0')
const OUT_OF_MEMORY = wireError('ERR Insufficient memory, failed allocating transient memory, COUNT too high.')
const DEFAULT_COUNT = 100
/** How many pending entries are looked at for each one that may be claimed. */
const ATTEMPTS_PER_ENTRY = 10
const LARGEST_COUNT = Number((2n ** 63n - 1n) / 16n)
/** Redis sets 16 bytes aside for each entry, and so fails beyond what a process can address. */
const MOST_ALLOCATED = 2 ** 43

interface AutoClaimRequest {
  readonly minIdleMs: number
  readonly from: StreamId
  readonly count: number
  readonly justId: boolean
}

const readRequest = (argv: readonly string[]): AutoClaimRequest => {
  const minIdleMs = Math.max(0, integerArgument(argument(argv, 4), BAD_MIN_IDLE))
  const from = intervalStart(argument(argv, 5))
  let count = DEFAULT_COUNT
  let justId = false
  for (let i = 6; i < argv.length; i++) {
    const option = optionAt(argv, i)
    if (option === 'COUNT' && i + 1 < argv.length)
      count = boundedArgument(argument(argv, ++i), 1, LARGEST_COUNT, BAD_COUNT)
    else if (option === 'JUSTID') justId = true
    else throw SYNTAX_ERROR
  }
  return { minIdleMs, from, count, justId }
}

const autoClaim = (context: CommandContext, argv: readonly string[]): Reply => {
  const { db } = context
  const { nowMs } = db
  const key = argument(argv, 1)
  // Redis looks the key up, which is a hit or a miss, before it reads the options, and judges it behind them.
  const value = db.getCounted(key)
  const { minIdleMs, from, count, justId } = readRequest(argv)
  const { stream, group } = groupToClaim(value, argv)
  if (count > MOST_ALLOCATED) throw OUT_OF_MEMORY
  const effects = new GroupEffects(context, key, group)
  let own: Consumer | undefined
  const claimed: Reply[] = []
  const deleted: string[] = []
  let next = group.pending.atOrAfter(from)
  for (let attempts = count * ATTEMPTS_PER_ENTRY; next !== undefined && attempts > 0; attempts--) {
    if (claimed.length + deleted.length >= count) break
    const entry = next
    const [content] = stream.range(entry.id, entry.id, 1)
    if (content === undefined) {
      effects.claimed(entry)
      group.removePending(entry)
      deleted.push(idText(entry.id))
      db.changedAside(key)
    } else if (minIdleMs === 0 || nowMs - entry.deliveredAtMs >= minIdleMs) {
      own ??= consumerFor(db, key, group, argument(argv, 3)).consumer
      group.reassign(entry, own)
      entry.deliveredAtMs = nowMs
      if (!justId) countDelivery(entry)
      claimed.push(justId ? idText(entry.id) : entryReply(content))
      effects.claimed(entry)
      db.changedAside(key)
    }
    const after = followingId(entry.id)
    next = after && group.pending.atOrAfter(after)
  }
  return [idText(next?.id ?? FIRST_ID), claimed, deleted]
}

export const xautoclaim = defineCommand({
  name: 'xautoclaim',
  arity: -6,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['stream'],
  tips: ['nondeterministic_output'],
  group: 'stream',
  since: '6.2.0',
  complexity: 'O(M*log N) with M entries looked at of N that are pending',
  summary: 'Makes entries that have been pending for long those of another consumer',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'group', type: 'string' },
    { name: 'consumer', type: 'string' },
    { name: 'min-idle-time', type: 'string' },
    { name: 'start', type: 'string' },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
    { name: 'justid', type: 'pure-token', token: 'JUSTID', optional: true },
  ],
  run: autoClaim,
})
