import type { Command } from '../command.js'
import { discard, exec, multi, unwatch, watch } from './transactions.js'

/** All commands of transactions. */
export const transactionCommands: readonly Command[] = [discard, exec, multi, unwatch, watch]
