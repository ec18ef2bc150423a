import type { Command } from '../command.js'
import { evalCommand, evalReadOnly, evalsha, evalshaReadOnly } from './eval.js'
import { fcall, fcallReadOnly } from './fcall.js'
import { functionCommand } from './function.js'
import { script } from './script.js'

/** All commands of the group `scripting` that run Lua scripts and functions. */
export const scriptingCommands: readonly Command[] = [
  evalCommand,
  evalReadOnly,
  evalsha,
  evalshaReadOnly,
  fcall,
  fcallReadOnly,
  functionCommand,
  script,
]
