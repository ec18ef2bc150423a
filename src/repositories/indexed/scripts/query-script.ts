import type { Script } from '../../../connections/connection.js'
import { defineQueryScript } from '../../define-script.js'
import { lua, nested } from '../../lua.js'
import { conditions } from './conditions.js'
import { querySweep } from './entries.js'
import { expectDefinition } from './guard.js'
import { planner } from './planner.js'
import { members, prelude } from './prelude.js'
import { sources } from './sources.js'
import { walk } from './walk.js'

/** A query script in two parts. */
export interface QueryScriptParts {
  /** Answers some questions by itself, before any function is made; absent: none. */
  readonly quick?: string
  /** Functions, and variables that `answer` sets: made once in a call. */
  readonly definitions: readonly string[]
  /** Answers about one partition, and returns its reply. */
  readonly answer: string
}

/**
 * A script that answers a question about a partition. Its first arguments are the definition of the indexes that the caller expects,
 * the budget and the chunk (`walk.ts`); where expired records went and there may be more, it returns { 'again' }.
 *
 * Called with the keys of several partitions, which only a server without slots allows, it answers about each, in turn, and the
 * reply is a list. Then the arguments begin with `=`, and all partitions take the same, or with `+`, and those of each come after
 * their number. An error about one is the error of the call. All share the budget of one.
 */
export function definePartitionQuery(name: string, { quick = '', definitions, answer }: QueryScriptParts): Script {
  return defineQueryScript(
    name,
    quick,
    prelude,
    expectDefinition,
    members,
    querySweep,
    conditions,
    sources,
    planner,
    walk,
    ...definitions,
    lua`
local function answer()
  local refused = expectDefinition()
  if refused then return refused end
  BUDGET, CHUNK = takeNumber(), takeNumber()
  BUDGET = math.max(CHUNK, math.ceil(2 * BUDGET / #KEYS))
  if sweep() then return { 'again' } end
${nested(answer)}
end

if #KEYS == 2 then return answer() end
local replies = {}
local isShared = take() == '='
for i = 1, #KEYS, 2 do
  local stop = 1
  if not isShared then
    stop = takeNumber()
    stop = taken + stop
  end
  INDEX, STEM = KEYS[i], KEYS[i + 1]
  EXPIRY, TERMS, MIXED = INDEX .. ':%expiry', INDEX .. ':%terms', INDEX .. ':%mixed'
  LIVE = false
  local reply = answer()
  if reply.err then return reply end
  replies[#replies + 1] = reply
  taken = stop
end
return replies
`,
  )
}
