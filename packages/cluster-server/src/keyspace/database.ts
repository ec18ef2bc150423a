import { WRONG_TYPE } from '../wire-errors.js'
import type { HashValue } from './hash-value.js'
import type { ListValue } from './list-value.js'
import type { SetValue } from './set-value.js'
import type { SortedSetValue } from './sorted-set-value.js'
import type { StoredValue } from './value.js'

/**
 * The keys of one database: values, deadlines, the slot index. Expired keys are removed when they are met.
 * Keys and text are latin1; whatever is kept is copied out of the network chunk first (`detach`).
 */
export class Database {
  get(_key: string): StoredValue | undefined {
    throw WRONG_TYPE
  }
}
/* The interface that command families rely on; the class above grows into it.

get(key): StoredValue | undefined          the live value
getString / getHash / getList / getSet / getSortedSet (key): that type | undefined; throws WRONG_TYPE on another type
has(key): boolean
set(key, value): void                      stores and drops a deadline
replace(key, value): void                  stores and keeps the deadline
delete(key): boolean
deadline(key): number | undefined          Unix ms
setDeadline(key, unixMs): void / persist(key): boolean
changed(key, event): void                  after every change: WATCH, dirty counter, blocked clients, notifications;
                                           `event` is Redis' keyspace event: 'set', 'hset', 'del', 'expire' …
removeIfEmpty(key, value): void            deletes a container that lost its last member and reports 'del'
size: number; nowMs: set by the dispatcher for each command
*/
export type { HashValue, ListValue, SetValue, SortedSetValue }
