import type { Command } from '../command.js'
import { pfadd, pfcount, pfmerge } from './count.js'
import { pfdebug, pfselftest } from './debug.js'

/** All commands of the group `hyperloglog`. */
export const hyperLogLogCommands: readonly Command[] = [pfadd, pfcount, pfdebug, pfmerge, pfselftest]
