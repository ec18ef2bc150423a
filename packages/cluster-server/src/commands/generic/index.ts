import type { Command } from '../command.js'
import { copy, move } from './between-databases.js'
import { dump, restore } from './dump.js'
import { del, exists, keys, randomkey, touch, type, unlink } from './existence.js'
import { expire, expireat, persist, pexpire, pexpireat } from './expire.js'
import { migrate } from './migrate.js'
import { object } from './object.js'
import { rename, renamenx } from './rename.js'
import { scan } from './scan.js'
import { sort, sortRo } from './sort.js'
import { expiretime, pexpiretime, pttl, ttl } from './time-to-live.js'

/** All commands that work on keys whatever they hold. */
export const genericCommands: readonly Command[] = [
  copy,
  del,
  dump,
  exists,
  expire,
  expireat,
  expiretime,
  keys,
  migrate,
  move,
  object,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  randomkey,
  rename,
  renamenx,
  restore,
  scan,
  sort,
  sortRo,
  touch,
  ttl,
  type,
  unlink,
]
