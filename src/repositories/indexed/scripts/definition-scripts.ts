import { defineQueryScript, defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'

/** Reads the stored definition of a partition. Returns it, or '' for none, and 1 if the partition has records. */
export const readDefinitionScript = defineQueryScript(
  'read-definition',
  lua`
return { redis.call('GET', KEYS[1] .. ':%schema') or '', redis.call('EXISTS', KEYS[1]) }
`,
)

/**
 * Stores a definition in place of another one. Arguments: the one that is stored, '' for none; the new one; what becomes of
 * the place of the build: `restart`, `end` or `keep`; ends of keys that are removed. One that says that the model leaves the
 * partition outlives its records. Returns 1, or 0 where another one is stored; nothing changes then.
 */
export const changeDefinitionScript = defineScript(
  'change-definition',
  lua`
local key = KEYS[1] .. ':%schema'
if (redis.call('GET', key) or '') ~= ARGV[1] then return 0 end
if redis.call('EXISTS', KEYS[1]) == 0 and not string.find(ARGV[2], '\n>', 1, true) then
  redis.call('DEL', key, KEYS[1] .. ':%build', KEYS[1] .. ':%dirty')
  return 1
end
local ttl = redis.call('PTTL', KEYS[1])
redis.call('SET', key, ARGV[2])
if ttl >= 0 and not string.find(ARGV[2], '\n>', 1, true) then redis.call('PEXPIRE', key, ttl + 60000) end
if ARGV[3] == 'restart' then redis.call('DEL', KEYS[1] .. ':%build') end
if ARGV[3] == 'end' then redis.call('SET', KEYS[1] .. ':%build', 'end') end
for i = 4, #ARGV do redis.call('UNLINK', KEYS[1] .. ARGV[i]) end
return 1
`,
)

/**
 * Ends a build. Arguments: the definition that is stored, the new one, 1 where others are left to be built. Returns 1; 0 where
 * another one is stored or records wait to be completed. Nothing changes then.
 */
export const finishBuildScript = defineScript(
  'finish-build',
  lua`
local index = KEYS[1]
if redis.call('GET', index .. ':%schema') ~= ARGV[1] then return 0 end
if redis.call('GET', index .. ':%build') ~= 'end' or redis.call('EXISTS', index .. ':%dirty') == 1 then return 0 end
local ttl = redis.call('PTTL', index)
redis.call('SET', index .. ':%schema', ARGV[2])
if ttl >= 0 then redis.call('PEXPIRE', index .. ':%schema', ttl + 60000) end
redis.call('DEL', index .. ':%build')
return 1
`,
)
