import type { Command } from '../command.js'
import { evalCommand, evalReadOnly, evalsha, evalshaReadOnly } from './eval.js'
import { script } from './script.js'

/** All commands of the group `scripting` that run Lua scripts. */
export const scriptingCommands: readonly Command[] = [evalCommand, evalReadOnly, evalsha, evalshaReadOnly, script]
