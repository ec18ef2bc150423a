import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBesideRedis } from '../support/server-pair.js'
import { ScriptServers } from './server-pair.js'

const WALK = 'local names = {} for name in pairs(t) do names[#names + 1] = tostring(name) end return names'

const names = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_each, index) => `${'name'.repeat(length)}${index * 7919}`)

/** Tables whose keys were only added: by a constructor, or one after the other, over several sizes of the hash part. */
const TABLES: readonly string[] = [1, 2, 3, 5, 8, 9, 17, 40].flatMap((count) =>
  [0, 1, 12].flatMap((length) => {
    const keys = names(count, length)
    return [
      `local t = {${keys.map((key) => `['${key}'] = 1`).join(', ')}} ${WALK}`,
      `local t = {} ${keys.map((key) => `t['${key}'] = 1`).join(' ')} ${WALK}`,
      `local t = {} ${keys.map((key, index) => `t[${index * 1.7 - 9}] = 1 t['${key}'] = 1`).join(' ')} ${WALK}`,
    ]
  }),
)

describeBesideRedis('the fields of a table', () => {
  let servers: ScriptServers
  beforeAll(async () => {
    servers = await ScriptServers.start()
  })
  afterAll(() => servers?.close())

  test('are walked in the order of the hash part of Lua, by pairs and by what encodes tables', async () => {
    expect(
      await servers.differences([
        ...TABLES,
        `return cjson.encode({a = 1, b = 2, c = 3, d = {x = 1, yy = 2}})`,
        `return cjson.encode(cjson.decode('{"name":"x","age":3,"list":[1,2],"zip":null}'))`,
        `local a = {x = nil, y = 5} local b = {x = a} a['x'] = b return cmsgpack.pack(a)`,
      ]),
    ).toEqual([])
  })
})
