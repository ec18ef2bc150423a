import type { Command } from '../command.js'
import { restoreAsking } from '../generic/dump.js'
import { acl } from './acl/acl.js'
import { dbsize, flushall, flushdb, monitor, swapdb, time } from './basic.js'
import { command } from './command.js'
import { config } from './config.js'
import { debug } from './debug.js'
import { info } from './info.js'
import { latency } from './latency.js'
import { lolwut } from './lolwut.js'
import { memory } from './memory.js'
import { moduleContainer } from './module.js'
import { bgrewriteaof } from './rewrite-log.js'
import { bgsave, lastsave, save } from './save.js'
import { shutdown } from './shutdown.js'
import { slowlog } from './slowlog.js'

/** All commands about the server. */
export const serverCommands: readonly Command[] = [
  acl,
  bgrewriteaof,
  bgsave,
  command,
  config,
  dbsize,
  debug,
  flushall,
  flushdb,
  info,
  lastsave,
  latency,
  lolwut,
  memory,
  moduleContainer,
  monitor,
  restoreAsking,
  save,
  shutdown,
  slowlog,
  swapdb,
  time,
]
