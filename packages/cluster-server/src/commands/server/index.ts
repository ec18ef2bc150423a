import type { Command } from '../command.js'
import { acl } from './acl/acl.js'
import { dbsize, flushall, flushdb, lastsave, monitor, shutdown, swapdb, time } from './basic.js'
import { command } from './command.js'
import { config } from './config.js'
import { debug } from './debug.js'
import { info } from './info.js'
import { latency } from './latency.js'
import { memory } from './memory.js'
import { slowlog } from './slowlog.js'

/** All commands about the server. */
export const serverCommands: readonly Command[] = [
  acl,
  command,
  config,
  dbsize,
  debug,
  flushall,
  flushdb,
  info,
  lastsave,
  latency,
  memory,
  monitor,
  shutdown,
  slowlog,
  swapdb,
  time,
]
