import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { prelude } from './prelude.js'

/** The server's time in ms, as the other scripts take it. */
export const clockScript = defineQueryScript('clock', prelude, lua`return now()`)
