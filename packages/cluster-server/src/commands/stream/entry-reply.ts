import { idText } from '../../keyspace/stream-id.js'
import type { StreamEntry } from '../../keyspace/stream-node.js'
import type { Reply } from '../../resp/reply.js'

/** An entry as every command answers it: its id, then fields and values in turn. */
export const entryReply = ({ id, content }: StreamEntry): Reply => [idText(id), content]

/** Several entries. */
export const entriesReply = (entries: readonly StreamEntry[]): Reply => entries.map(entryReply)
