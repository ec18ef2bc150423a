import type { ScoredMembers } from '../../keyspace/ordered-entries.js'
import { DoubleReply, type Reply } from '../../resp/reply.js'

/** Members in order; with scores flat for protocol 2, and as pairs for protocol 3. */
export const scoredReply = ({ members, scores }: ScoredMembers, withScores: boolean, protocol: 2 | 3): Reply => {
  if (!withScores) return members
  if (protocol === 3) return members.map((member, index) => [member, new DoubleReply(scores[index] ?? 0)])
  return flatScored({ members, scores })
}

/** Members and scores in turn. */
export const flatScored = ({ members, scores }: ScoredMembers): Reply[] => {
  const replies: Reply[] = []
  members.forEach((member, index) => {
    replies.push(member, new DoubleReply(scores[index] ?? 0))
  })
  return replies
}

/** The same entries, the last first. */
export const reversed = ({ members, scores }: ScoredMembers): ScoredMembers => ({
  members: [...members].reverse(),
  scores: [...scores].reverse(),
})
