import type { ScoredMembers } from '../../keyspace/ordered-entries.js'
import { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import type { CommandContext } from '../context.js'
import { sortedSetLimits } from '../value-limits.js'

/** Replaces what is at `key` by a new sorted set; deletes it when that would be empty. @returns the number of members */
export const storeResult = (
  context: CommandContext,
  key: string,
  { members, scores }: ScoredMembers,
  event: string,
): number => {
  if (members.length === 0) {
    if (context.db.discard(key)) context.db.changed(key, 'del')
    return 0
  }
  const result = new SortedSetValue()
  const configured = sortedSetLimits(context.server.config)
  // Redis decides about the encoding of the whole result, not with each member.
  const packed =
    members.length <= configured.maxPackedMembers && members.every(({ length }) => length <= configured.maxPackedBytes)
  const limits = packed ? configured : { maxPackedMembers: 0, maxPackedBytes: 0 }
  members.forEach((member, index) => {
    result.set(member, scores[index] ?? 0, limits)
  })
  context.db.set(key, result)
  context.db.changed(key, event)
  return result.size
}
