import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { LuaTable } from '../../src/scripting/runtime/lua-table.js'
import { Programs } from '../support/programs.js'

let programs: Programs
beforeAll(() => {
  programs = new Programs()
})
afterEach(() => programs.endAll())
afterAll(() => programs.remove())

test.each([
  ['a table that grows without end', 'local t = {} for i = 1, 1e12 do t[i] = {} end'],
  ['fields that grow without end', 'local t = {} for i = 1, 1e12 do t["field:" .. i] = i end'],
  [
    'tables in a loop of a protected call',
    'while true do pcall(function() local t = {} for i = 1, 1e12 do t[i] = {} end end) end',
  ],
])(
  '%s end the script, not the server',
  async (_title, script) => {
    const port = await freePort()
    const program = await programs
      .run(['--port', String(port), '--save', ''], undefined, '--max-old-space-size=192')
      .ready()
    const client = programs.client({ port })
    await client.set('kept', 'v')
    await expect(client.eval(script, 0)).rejects.toThrow('not enough memory')
    expect(await client.get('kept')).toBe('v')
    expect(await client.eval('local t = {} for i = 1, 1e5 do t[i] = {} end return #t', 0)).toBe(100_000)
    await program.kill('SIGTERM')
  },
  120_000,
)

test('a table has as many items as an array can hold without becoming a hash table', () => {
  const table = LuaTable.fromItems(new Array(2 ** 25).fill(0))
  expect(() => table.append(1)).toThrow('Invalid array length')
})
