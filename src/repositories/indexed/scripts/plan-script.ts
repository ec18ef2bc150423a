import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { conditions } from './conditions.js'
import { querySweep } from './entries.js'
import { expectDefinition } from './guard.js'
import { members, prelude } from './prelude.js'
import { question } from './question.js'
import { rows } from './rows.js'
import { planner, sources } from './sources.js'
import { walk } from './walk.js'

/**
 * Says how `selectScript` would answer the same arguments. Returns { 'plan', driver, ordered, leading, entries of the driver, expected rows,
 * all records }, or { 'again' }.
 */
export const planScript = defineQueryScript(
  'plan',
  prelude,
  expectDefinition,
  members,
  querySweep,
  conditions,
  sources,
  planner,
  walk,
  rows,
  question,
  lua`
local drivers = planDrivers(conjuncts, orders, tieReverse)
local driver = choose(drivers, want)
local ordered, leading = driver.ordered and 1 or 0, driver.leading and 1 or 0
local expected = string.format('%.0f', expectedRows(drivers))
return { 'plan', driver.number, ordered, leading, driver.size, expected, drivers[1].size }
`,
)
