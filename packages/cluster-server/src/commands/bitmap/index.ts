import type { Command } from '../command.js'
import { getbit, setbit } from './bit.js'
import { bitop } from './bitop.js'
import { bitcount, bitpos } from './count.js'

/** The commands of the group `bitmap`, as far as they work on single bits and whole strings. */
export const bitmapCommands: readonly Command[] = [bitcount, bitop, bitpos, getbit, setbit]
