import type { Command } from '../command.js'
import { sdiff, sdiffstore, sinter, sintercard, sinterstore, sunion, sunionstore } from './algebra.js'
import { sadd, scard, sismember, smembers, smismember, smove, srem, sscan } from './members.js'
import { spop, srandmember } from './random.js'

/** All commands of the group `set`. */
export const setCommands: readonly Command[] = [
  sadd,
  scard,
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
  sunion,
  sunionstore,
]
