import type { Command } from '../command.js'
import { xadd } from './add.js'
import { xautoclaim } from './autoclaim.js'
import { xdel, xsetid, xtrim } from './change.js'
import { xclaim } from './claim.js'
import { xgroup } from './group.js'
import { xinfo } from './info.js'
import { xack, xpending } from './pending.js'
import { xlen, xrange, xrevrange } from './range.js'
import { xread, xreadgroup } from './read.js'

/** All commands of the group `stream`. */
export const streamCommands: readonly Command[] = [
  xack,
  xadd,
  xautoclaim,
  xclaim,
  xdel,
  xgroup,
  xinfo,
  xlen,
  xpending,
  xrange,
  xread,
  xreadgroup,
  xrevrange,
  xsetid,
  xtrim,
]
