import { lua } from '../../lua.js'
import { definePartitionQuery } from './query-script.js'

/**
 * Counts records. Arguments: those of all query scripts; resume ('' or `r` and driver, source, score, member), the condition.
 * Returns { 'done', driver, count } or { 'more', driver, count, resume … }; { 'again' }: call again, expired records went.
 */
export const countScript = definePartitionQuery('count', {
  definitions: [],
  answer: lua`
local resume = takeResume()
local conjuncts = takeConjuncts()

if #conjuncts == 1 and conjuncts[1].type == 'not' and not resume then
  local driver = driverOf(conjuncts[1].inner)
  if driver and driver.exact then return { 'done', 0, redis.call('ZCARD', INDEX) - driver.size } end
end

local drivers = planDrivers(conjuncts, {}, false)
local driver = resume and numbered(drivers, resume.driver) or drivers[1]
if not resume then
  for _, other in ipairs(drivers) do
    if other.size < driver.size then driver = other end
  end
end
local residual = residualOf(conjuncts, driver, false)
if #residual.of == 0 and driver.exact and not resume then return { 'done', driver.number, driver.size } end

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
local stop = walk(driver, residual, resume, false, function(_, kept) count = count + #kept end, false)
if stop then return { 'more', driver.number, count, stop[1], stop[2], stop[3], stop[4] } end
return { 'done', driver.number, count }
`,
})
