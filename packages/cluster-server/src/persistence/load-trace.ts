import { RdbType } from './rdb-format.js'

/** What the loading of an RDB is about, in the words of redis-check-rdb. */
export type LoadActivity =
  | 'read-type'
  | 'read-expire'
  | 'read-key'
  | 'read-object-value'
  | 'check-sum'
  | 'read-len'
  | 'read-aux'
  | 'read-module-aux'
  | 'read-functions'

/** Source: `rdb_type_string` of Redis 7.0.15, which has no name for the last one. */
const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [RdbType.string, 'string'],
  [RdbType.list, 'list-linked'],
  [RdbType.set, 'set-hashtable'],
  [RdbType.sortedSetText, 'zset-v1'],
  [RdbType.hash, 'hash-hashtable'],
  [RdbType.sortedSet, 'zset-v2'],
  [RdbType.module, 'module-value'],
  [RdbType.module2, ''],
  [RdbType.hashZipmap, 'hash-zipmap'],
  [RdbType.listZiplist, 'list-ziplist'],
  [RdbType.setIntegers, 'set-intset'],
  [RdbType.sortedSetZiplist, 'zset-ziplist'],
  [RdbType.hashZiplist, 'hash-ziplist'],
  [RdbType.listQuicklist, 'quicklist'],
  [RdbType.stream, 'stream'],
  [RdbType.hashListpack, 'hash-listpack'],
  [RdbType.sortedSetListpack, 'zset-listpack'],
  [RdbType.listQuicklist2, 'quicklist-v2'],
])

/** How far the loading of an RDB is, for the report on one that is damaged. */
export class LoadTrace {
  doing: LoadActivity = 'read-type'
  /** The key that is being read, once its name is known. */
  key: string | null = null
  type: number | null = null
  /** With the one that is being read. */
  keys = 0
  expires = 0
  expired = 0

  /** The lines in which redis-check-rdb would say where the damage is. `offset`: bytes that were read. */
  report(complaint: string, offset: number): string[] {
    const { doing, key, type, keys, expires, expired } = this
    return [
      '--- RDB ERROR DETECTED ---',
      `[offset ${offset}] ${complaint}`,
      `[additional info] While doing: ${doing}`,
      ...(key === null ? [] : [`[additional info] Reading key '${key}'`]),
      ...(type === null ? [] : [`[additional info] Reading type ${type} (${TYPE_NAMES.get(type) ?? 'unknown'})`]),
      `[info] ${keys} keys read`,
      `[info] ${expires} expires`,
      `[info] ${expired} already expired`,
    ]
  }
}
