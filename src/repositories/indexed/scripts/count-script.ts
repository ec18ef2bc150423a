import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { conditions } from './conditions.js'
import { entries, sweep, terms } from './entries.js'
import { members, prelude } from './prelude.js'
import { planner, sources } from './sources.js'

import { walk } from './walk.js'

/**
 * Counts records. Arguments: budget, chunk; resume ('' or `r` and driver, source, score, member), the condition.
 * Returns { 'done', driver, count } or { 'more', driver, count, resume … }; { 'again' }: call again, expired records went.
 */
export const countScript = defineQueryScript(
  'count',
  prelude,
  members,
  entries,
  terms,
  sweep,
  conditions,
  sources,
  planner,
  walk,
  lua`
local resume = takeResume()
local conjuncts = takeConjuncts()

if #conjuncts == 1 and conjuncts[1].type == 'not' and not resume then
  local driver = driverOf(conjuncts[1].inner)
  if driver and not driver.inexact then
    local count = redis.call('ZCARD', INDEX)
    for _, source in ipairs(driver.sources) do count = count - size(source) end
    return { 'done', 1, count }
  end
end

local drivers = planDrivers(conjuncts, { kind = '', field = '', key = '' })
local driver = resume and drivers[resume.driver] or drivers[1]
if not resume then
  for _, other in ipairs(drivers) do
    if other.size < driver.size then driver = other end
  end
end
local residual = residualOf(conjuncts, driver)
if #residual.of == 0 and driver.kind ~= 'i' and not resume then return { 'done', driver.number, driver.size } end

-- The server intersects by itself, since Redis 7.0, where that takes no longer than a walk would.
local version = redis.REDIS_VERSION_NUM
if version and version >= 0x070000 and not resume and driver.kind == 'c' and driver.size * #residual.of <= 2 * BUDGET then
  local keys = {}
  for i, condition in ipairs(conjuncts) do
    if condition.type ~= 'in' or #condition.keys > 1 then break end
    keys[i] = condition.keys[1]
  end
  if #keys == #conjuncts then
    local count = redis.pcall('ZINTERCARD', #keys, unpack(keys))
    if type(count) == 'number' then return { 'done', driver.number, count } end
  end
end

local count = 0
local stop = walk(driver, residual, resume, false, function(_, kept) count = count + #kept end)
if stop then return { 'more', driver.number, count, stop[1], stop[2], stop[3], stop[4] } end
return { 'done', driver.number, count }
`,
)
