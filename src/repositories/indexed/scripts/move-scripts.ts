import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { scriptFunction } from '../../script-function.js'
import { insertScript } from './insert-script.js'
import { prelude } from './prelude.js'
import { deleteScript, deleteUnchangedScript } from './record-scripts.js'

/** Ends a mark, and remembers for ten seconds that the record has gone: whoever was looking for it looks again. */
const gone = lua`
local function gone(index, id)
  redis.call('HDEL', index .. ':%moves', id)
  local recent, time = index .. ':%recent', redis.call('TIME')
  local ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('ZREMRANGEBYSCORE', recent, '-inf', string.format('%.0f', ms - 10000))
  redis.call('ZADD', recent, string.format('%.0f', ms), id)
  redis.call('PEXPIRE', recent, 10000)
end
`

/** The key that tells the mover of a mark that somebody else has ended its move. */
const left = lua`
local function leftKey(index, mark)
  return index .. ':%left:' .. string.match(mark, '^%d+ (%S+)')
end
`

/** The arguments without the last ones, which are a wrapper's own. */
const without = lua`
local function without(last)
  local args = {}
  for i = 1, #ARGV - last do args[i] = ARGV[i] end
  return args
end
`

/**
 * Marks a record that moves to another partition under the same id, and reads it. Arguments: id, number of the other
 * partition, mover, lease in ms. The mark is `<until ms> <mover> <partition>` in `%moves`; one mover at a time, until the
 * lease of the other ends. Returns {} (no such record), { 0, mark } (another mover is at work),
 * { 2, mark } (another mover was, and its lease is over) or { 1, mark, deadline or '', fields }.
 */
export const departScript = defineScript(
  'depart',
  prelude,
  lua`
local id, to, mover, lease = take(), take(), take(), takeNumber()
local moves, time = INDEX .. ':%moves', tonumber(now())
local deadline = redis.call('ZSCORE', EXPIRY, id) or ''
if redis.call('HEXISTS', recordKey(id), '') == 0 or (deadline ~= '' and tonumber(deadline) <= time) then
  redis.call('HDEL', moves, id)
  return {}
end
local mark = redis.call('HGET', moves, id)
if mark then
  local untilMs, holder = string.match(mark, '^(%d+) (%S+) ')
  if holder ~= mover then return { tonumber(untilMs) > time and 0 or 2, mark } end
end
mark = string.format('%.0f %s %s', time + lease, mover, to)
redis.call('HSET', moves, id, mark)
return { 1, mark, deadline, redis.call('HGETALL', recordKey(id)) }
`,
)

/**
 * Takes a mark back if it is still this one. Arguments: id, mark, `own`. Returns 1 or 0.
 */
export const unmarkScript = defineScript(
  'unmark',
  prelude,
  lua`
local id, mark = take(), take()
if redis.call('HGET', INDEX .. ':%moves', id) ~= mark then return 0 end
return redis.call('HDEL', INDEX .. ':%moves', id)
`,
)

/**
 * Inserts the copy of a record that moves, and notes its mover's arrival for a day. Arguments: those of `insert` for one row,
 * then the mover. Returns 1, 0 (the id is taken) or 2 (it was decided that this mover never arrives).
 */
export const arriveScript = defineScript(
  'arrive',
  scriptFunction('insert', insertScript),
  without,
  lua`
local arrived = KEYS[1] .. ':%arrived:' .. ARGV[#ARGV]
if redis.call('GET', arrived) == 'never' then return 2 end
local outcomes = insert(KEYS, without(1))
if outcomes.err then return outcomes end
if outcomes[1] == 1 then redis.call('SET', arrived, '1', 'PX', 86400000) end
return outcomes[1]
`,
)

/**
 * Says whether a mover has arrived, and if its lease is over and it has not, that it never will. Arguments: mover, its mark.
 * Returns `arrived`, `never` or `waiting`. The clocks of two servers may differ: a mover that is given up too early is refused, and
 * begins again.
 */
export const judgeArrivalScript = defineScript(
  'judge-arrival',
  prelude,
  lua`
local mover, mark = take(), take()
local arrived = INDEX .. ':%arrived:' .. mover
local state = redis.call('GET', arrived)
if state == '1' then return 'arrived' end
if state == 'never' then return 'never' end
if tonumber(string.match(mark, '^%d+')) > tonumber(now()) then return 'waiting' end
redis.call('SET', arrived, 'never', 'PX', 3600000)
return 'never'
`,
)

/** Lets an arrival be forgotten. Arguments: mover, in how many ms; 0: at once. */
export const forgetArrivalScript = defineScript(
  'forget-arrival',
  prelude,
  lua`return redis.call('PEXPIRE', INDEX .. ':%arrived:' .. take(), take())`,
)

/**
 * Takes the copy of a move back, and its arrival. Arguments: those of `delete-unchanged`, then the mover.
 * Returns 1, 0 (no such record) or 2 (it has changed).
 */
export const withdrawScript = defineScript(
  'withdraw',
  scriptFunction('deleteUnchanged', deleteUnchangedScript),
  without,
  lua`
local outcome = deleteUnchanged(KEYS, without(1))
if outcome == 1 or outcome == 0 then redis.call('DEL', KEYS[1] .. ':%arrived:' .. ARGV[#ARGV]) end
return outcome
`,
)

/**
 * Ends a move: deletes the record if it is still as it was read, and its mark. Arguments: those of `delete-unchanged`, then the id
 * and the mark. Returns what that does; and 1 where somebody else has ended this move, which a record that was deleted or
 * has expired meanwhile is not.
 */
export const leaveScript = defineScript(
  'leave',
  scriptFunction('deleteUnchanged', deleteUnchangedScript),
  gone,
  left,
  without,
  lua`
local id, mark = ARGV[#ARGV - 1], ARGV[#ARGV]
local outcome = deleteUnchanged(KEYS, without(2))
if outcome == 1 then gone(KEYS[1], id) end
if outcome == 0 then return redis.call('DEL', leftKey(KEYS[1], mark)) end
return outcome
`,
)

/**
 * Deletes what a broken move left behind, if the mark is still this one; its mover learns of it for an hour, should it be
 * alive. Arguments: those of `delete` for the one id, then the id and the mark. Returns 1 or 0.
 */
export const removeLeftoverScript = defineScript(
  'remove-leftover',
  scriptFunction('delete', deleteScript),
  gone,
  left,
  without,
  lua`
local id, mark = ARGV[#ARGV - 1], ARGV[#ARGV]
if redis.call('HGET', KEYS[1] .. ':%moves', id) ~= mark then return 0 end
local outcome = delete(KEYS, without(2))
if outcome.err then return outcome end
if outcome[1] == 1 then redis.call('SET', leftKey(KEYS[1], mark), '1', 'PX', 3600000) end
gone(KEYS[1], id)
return 1
`,
)
