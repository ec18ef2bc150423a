import type { Command } from '../command.js'
import { linsert, lrem, lset, ltrim } from './change.js'
import { blmove, brpoplpush, lmove, rpoplpush } from './move.js'
import { blmpop, blpop, brpop, lmpop } from './pop-from-several.js'
import { lpop, lpush, lpushx, rpop, rpush, rpushx } from './push-pop.js'
import { lindex, llen, lpos, lrange } from './read.js'

/** All commands of the group `list`. */
export const listCommands: readonly Command[] = [
  blmove,
  blmpop,
  blpop,
  brpop,
  brpoplpush,
  lindex,
  linsert,
  llen,
  lmove,
  lmpop,
  lpop,
  lpos,
  lpush,
  lpushx,
  lrange,
  lrem,
  lset,
  ltrim,
  rpop,
  rpoplpush,
  rpush,
  rpushx,
]
