import { lua } from '../../lua.js'

/**
 * `BUDGET` is the number of candidates examined in one call, `CHUNK` how many are read at a time. Under more than `LIGHT` conditions
 * both are less, since each candidate may have to be tested for all of them: a call takes about as long, whatever is asked.
 *
 * `walk` examines a driver's candidates in its own order, `backwards` where asked: it calls `visit` with each chunk and the
 * places that fulfil the residual, until it returns true. Returns nothing at the end, true where `visit` stopped it, or where to
 * resume: driver (with the choices of the planner), source, score, member. A source with conditions of its own (`rest`) is a branch of a union.
 */
export const walk = lua`
local BUDGET, CHUNK
local LIGHT, LEAST = 8, 16

local function takeConjuncts()
  tests = 0
  local condition = takeCondition()
  if tests > LIGHT then
    BUDGET = math.min(BUDGET, math.max(LEAST, math.floor(BUDGET * LIGHT / tests)))
    CHUNK = math.min(CHUNK, BUDGET)
  end
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
  chosen = false
  if take() == '' then return false end
  local number, places = string.match(take(), '^([^:]*):?(.*)$')
  if places ~= '' then
    chosen = {}
    for place in string.gmatch(places, '%d+') do chosen[#chosen + 1] = place end
  end
  return { driver = tonumber(number), source = takeNumber(), score = take(), member = take() }
end

local function resumeAt(driver, number, score, member)
  local name = string.format('%d', driver.number)
  if #choices > 0 then name = name .. ':' .. table.concat(choices, ',') end
  return { name, number, score, member }
end

local function walk(driver, residual, resume, withStamps, visit, backwards, step)
  local examined = 0
  for number = resume and resume.source or 1, #driver.sources do
    local source = driver.sources[number]
    if resume and number == resume.source then skipTo(source, resume.score, resume.member, backwards) end
    while size(source) > 0 do
      local chunk = newChunk()
      local count = peek(source, step and step() or CHUNK, backwards, chunk, withStamps)
      advance(source, count, backwards)
      local kept = filter(residual, chunk, allOf(chunk))
      if source.rest then kept = filter(source.rest, chunk, kept) end
      if visit(chunk, kept, source) then return true end
      examined = examined + count
      if examined >= BUDGET then
        if source.kind == 'i' then return resumeAt(driver, number, source.lo - 1, '') end
        local score = chunk.score or redis.call('ZSCORE', source.key, chunk.member)
        return resumeAt(driver, number, score, chunk.member)
      end
    end
  end
end
`
