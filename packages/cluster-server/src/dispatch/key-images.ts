import type { ServerState } from '../commands/context.js'
import type { Database } from '../keyspace/database.js'

/**
 * Commands that make a copy have these keys as they are here now; for a command that broke off half-way, which would not
 * break off at the same place elsewhere.
 */
export const keyImages = (server: ServerState, db: Database, keys: Iterable<string>): string[][] =>
  [...new Set(keys)].map((key) => {
    const value = db.peek(key)
    if (value === undefined) return ['DEL', key]
    return ['RESTORE', key, String(db.deadline(key) ?? 0), server.persistence.dump(value), 'REPLACE', 'ABSTTL']
  })
