import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { scriptFunction } from '../../script-function.js'
import { prelude } from './prelude.js'
import { deleteScript, deleteUnchangedScript } from './record-scripts.js'

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

/** Takes a mark back if it is still this one. Arguments: id, mark, `own`, or `expired` for one whose lease must be over. */
export const unmarkScript = defineScript(
  'unmark',
  prelude,
  lua`
local id, mark, of = take(), take(), take()
if of == 'expired' and tonumber(string.match(mark, '^%d+')) > tonumber(now()) then return 0 end
if redis.call('HGET', INDEX .. ':%moves', id) ~= mark then return 0 end
return redis.call('HDEL', INDEX .. ':%moves', id)
`,
)

/**
 * Ends a move: deletes the record if it is still as it was read, and its mark. Arguments: those of `delete-unchanged`, then the id.
 */
export const leaveScript = defineScript(
  'leave',
  scriptFunction('deleteUnchanged', deleteUnchangedScript),
  lua`
local args = {}
for i = 1, #ARGV - 1 do args[i] = ARGV[i] end
local outcome = deleteUnchanged(KEYS, args)
if outcome == 1 then redis.call('HDEL', KEYS[1] .. ':%moves', ARGV[#ARGV]) end
return outcome
`,
)

/**
 * Deletes what a broken move left behind, if the mark is still this one and its lease is over. Arguments: those of `delete` for the one id, then the
 * id and the mark. Returns 1 or 0.
 */
export const removeLeftoverScript = defineScript(
  'remove-leftover',
  scriptFunction('delete', deleteScript),
  lua`
local id, mark, moves = ARGV[#ARGV - 1], ARGV[#ARGV], KEYS[1] .. ':%moves'
local time = redis.call('TIME')
if tonumber(string.match(mark, '^%d+')) > tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 then return 0 end
if redis.call('HGET', moves, id) ~= mark then return 0 end
local args = {}
for i = 1, #ARGV - 2 do args[i] = ARGV[i] end
local outcome = delete(KEYS, args)
if outcome.err then return outcome end
redis.call('HDEL', moves, id)
return 1
`,
)
