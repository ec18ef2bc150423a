import { lua } from '../../lua.js'
import { definePartitionQuery } from './query-script.js'
import { question } from './question.js'
import { rows } from './rows.js'

/**
 * Says how `selectScript` would answer the same arguments. Returns { 'plan', driver, ordered, leading, entries of the driver, expected rows,
 * all records }, or { 'again' }.
 */
export const planScript = definePartitionQuery('plan', {
  definitions: [rows, question],
  answer: lua`
takeProjection()
takeQuestion()
local drivers = planDrivers(conjuncts, orders, tieReverse)
local driver = choose(drivers, want)
local ordered, leading = driver.ordered and 1 or 0, driver.leading and 1 or 0
local expected = string.format('%.0f', expectedRows(drivers))
return { 'plan', driver.number, ordered, leading, driver.size, expected, drivers[1].size }
`,
})
