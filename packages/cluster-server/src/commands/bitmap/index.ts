import type { Command } from '../command.js'
import { getbit, setbit } from './bit.js'
import { bitfield, bitfieldRo } from './bitfield.js'
import { bitop } from './bitop.js'
import { bitcount, bitpos } from './count.js'

/** All commands of the group `bitmap`. */
export const bitmapCommands: readonly Command[] = [bitcount, bitfield, bitfieldRo, bitop, bitpos, getbit, setbit]
