import { lua } from '../../lua.js'

/** Begins both scripts: their first two arguments are the budget, candidates examined in one call, and the chunk read at a time. */
export const walk = lua`
local BUDGET, CHUNK = takeNumber(), takeNumber()
if sweep() then return { 'again' } end

local function takeConjuncts()
  local condition = takeCondition()
  local conjuncts = condition.type == 'all' and condition.of or { condition }
  if LIVE then conjuncts[#conjuncts + 1] = { type = 'live' } end
  return conjuncts
end

local function allOf(chunk)
  local active = {}
  for i = 1, chunk.n do active[i] = i end
  return active
end

local function takeResume()
  if take() == '' then return false end
  return { driver = takeNumber(), source = takeNumber(), score = take(), member = take() }
end

-- Examines a driver's candidates in its own order: calls visit with each chunk and the places that fulfil the residual.
-- Returns nothing at the end of the driver, or where to resume.
local function walk(driver, residual, resume, withStamps, visit)
  local examined = 0
  for number = resume and resume.source or 1, #driver.sources do
    local source = driver.sources[number]
    if resume and number == resume.source then skipTo(source, resume.score, resume.member, false) end
    while size(source) > 0 do
      local chunk = newChunk()
      local count = peek(source, CHUNK, false, chunk, withStamps)
      advance(source, count, false)
      visit(chunk, filter(residual, chunk, allOf(chunk)))
      examined = examined + count
      if examined >= BUDGET then
        if source.kind == 'i' then return { driver.number, number, source.lo - 1, '' } end
        local score = chunk.score or redis.call('ZSCORE', source.key, chunk.member)
        return { driver.number, number, score, chunk.member }
      end
    end
  end
end
`
