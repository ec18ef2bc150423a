import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Reply } from '../../src/resp/reply.js'
import { LuaEngine } from '../../src/scripting/lua-engine.js'
import { sha1 } from '../../src/scripting/sha1.js'
import { WireError } from '../../src/wire-errors.js'
import { FakeHost } from './fake-host.js'

let engine: LuaEngine
let host: FakeHost

beforeEach(() => {
  engine = new LuaEngine()
  host = new FakeHost()
})

const run = (source: string, keys: string[] = [], argv: string[] = []): Reply =>
  engine.compile(source).run(host, keys, argv)

const errorOf = (source: string): string => {
  const reply = run(source)
  return reply instanceof WireError ? reply.message : `no error but ${String(reply)}`
}

describe('a script that does not end is stopped when the host says so', () => {
  test.each([
    ['an endless while', 'while true do end'],
    ['an endless repeat', 'repeat until false'],
    ['a numeric for without end', 'for i = 1, math.huge do end'],
    ['a numeric for with the step 0', 'for i = 2, 1, 0 do end'],
    ['a generic for without end', 'for x in function() return 1 end do end'],
    ['a loop in a function', 'local function f() while true do end end f()'],
    ['short loops in a long one', 'while true do for i = 1, 10 do end end'],
    ['calls without a loop', 'local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(60)'],
    ['a loop that catches errors', 'while true do pcall(function() while true do end end) end'],
    ['an error handler that runs on', 'xpcall(function() while true do end end, function() while true do end end)'],
    [
      'a coroutine',
      'local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end',
    ],
    ['a loop in a coroutine', 'coroutine.resume(coroutine.create(function() while true do end end))'],
    ['a comparison function', 'table.sort({3, 2, 1}, function() while true do end end)'],
  ])('%s', (_name, source) => {
    host.stopAt = 3
    expect(errorOf(source)).toMatch(/^ERR stopped by the host script: [0-9a-f]{40}, on /)
  })

  test('a script that ends is asked about now and then, and goes on', () => {
    expect(run('local n = 0 for i = 1, 100000 do n = n + 1 end return n')).toBe(100000)
    expect(host.asked).toBeGreaterThan(5)
  })
})

describe('recursion without end is an error and not a crash', () => {
  test('it names the line', () => {
    const source = 'local function f()\n  return 1 + f()\nend\nreturn f()'
    expect(errorOf(source)).toBe(`ERR user_script:2: stack overflow script: ${sha1(source)}, on @user_script:2.`)
  })

  test.each([
    ['through pcall', 'local function f() local ok, e = pcall(f) error(e, 0) end f()'],
    [
      'through metamethods',
      'local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. "x"] end return t.a',
    ],
    ['through string.gsub', 'local function f() return (string.gsub("x", "x", f)) end return f()'],
    [
      'through tostring',
      'local t = {} setmetatable(t, {__tostring = function() return tostring(t) end}) return tostring(t)',
    ],
    ['through table.sort', 'local function f() table.sort({2, 1}, f) end f()'],
  ])('%s', (_name, source) => {
    expect(run(source)).toBeInstanceOf(WireError)
    expect(run('return 1')).toBe(1)
  })

  test('a command is never begun on a stack that it could exhaust', () => {
    // Each command needs some stack of its own; one that ran out of it half way would leave its data half changed.
    const frames = (left: number): number => (left === 0 ? 0 : 1 + frames(left - 1))
    let begun = 0
    let ended = 0
    host.answer = () => {
      begun++
      frames(100)
      ended++
      return 1
    }
    const source = `
      local function f(n) redis.call('PING') return 1 + f(n + 1) end
      local ok, message = pcall(f, 0)
      return message`
    expect(run(source)).toBe('user_script:2: stack overflow')
    expect(begun).toBeGreaterThan(100)
    expect(ended).toBe(begun)
  })
})

describe('scripts cannot leave anything behind', () => {
  test('globals and libraries are read-only', () => {
    for (const source of [
      'x = 1',
      'string.x = 1',
      'redis.call = nil',
      '_G.x = 1',
      'rawset(_G, "x", 1)',
      'function f() end',
    ]) {
      expect(errorOf(source)).toContain('Attempt to modify a readonly table')
    }
  })

  test('KEYS and ARGV are new in every run', () => {
    expect(run('KEYS[2] = "x" ARGV.n = 1 return #KEYS', ['a'])).toBe(2)
    expect(run('return {#KEYS, ARGV.n or "none", _G.KEYS == KEYS}', ['a'])).toEqual([1, 'none', 1])
  })

  test('an error in the middle of nested calls does not shorten the next run', () => {
    const source = 'local function f(n) if n == 0 then error("end") end return 1 + f(n - 1) end return f(300)'
    for (let i = 0; i < 50; i++) expect(errorOf(source)).toContain('end')
    expect(run('local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(300)')).toBe(300)
  })
})

describe('source never reaches JavaScript as code', () => {
  test('every byte survives in a string, quoted and in long brackets', () => {
    const all = Array.from({ length: 256 }, (_each, code) => String.fromCharCode(code)).join('')
    const escaped = Array.from(all, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`).join('')
    expect(run(`return "${escaped}"`)).toBe(all)
    expect(run(`return [==[\n${all.replace(/[\r\n]/g, ' ')}]==]`)).toBe(all.replace(/[\r\n]/g, ' '))
    expect(run('return ARGV[1]', [], [all])).toBe(all)
  })

  test.each([
    ['return "`$" .. "{1}` \' \\" */ // </script>"', `\`$` + `{1}\` ' " */ // </script>`],
    ['local t = {["a\\"];process.exit()//"] = 1} for k in pairs(t) do return k end', 'a"];process.exit()//'],
    ['local constructor, __proto__, this = 1, 2, 3 return constructor + __proto__ + this', 6],
    ['local t = {} t.__proto__ = 5 t.constructor = 6 return t.__proto__ + t.constructor', 11],
    ['local t = {} return tostring(t.__proto__) .. tostring(t.toString) .. tostring(t.length)', 'nilnilnil'],
    ['local arguments, eval, let, yield, await, R, T, K = 1, 1, 1, 1, 1, 1, 1, 1 return arguments + eval + K', 3],
    ['local V1, t0, n, r, va = 1, 2, 3, 4, 5 for i = 1, 2 do n = n + i end return V1 + t0 + n + r + va', 18],
    ['return ("x").length', null],
  ])('%s', (source, value) => {
    expect(run(source)).toBe(value)
  })

  test('a line separator in a string is no line end', () => {
    expect(run('return "\\226\\128\\168" .. [[\xe2\x80\xa9]]')).toBe('\xe2\x80\xa8\xe2\x80\xa9')
  })
})

describe('compiled scripts', () => {
  test('are kept up to a bound, and compiled anew when they are needed again', () => {
    engine = new LuaEngine({ compiledScripts: 3 })
    const scripts = Array.from({ length: 10 }, (_each, i) => engine.compile(`return ${i} + #ARGV`))
    expect(engine.compiledCount).toBe(3)
    expect(scripts.map((script) => script.run(host, [], ['a']))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(engine.compiledCount).toBe(3)
  })

  test('keep their line numbers in messages after they were compiled anew', () => {
    engine = new LuaEngine({ compiledScripts: 1 })
    const script = engine.compile('\n\nerror("here")')
    engine.compile('return 1').run(host, [], [])
    const reply = script.run(host, [], [])
    expect(reply instanceof WireError && reply.message).toContain('user_script:3: here script:')
  })

  test('have the SHA1 of their source', () => {
    expect(engine.compile('return 1').sha1).toBe('e0e1f9fabfc9d4800c877a703b823ac0578ff8db')
  })
})

describe('what a script asks of its host', () => {
  test('arguments are text, numbers in full precision', () => {
    run(`redis.call('SET', KEYS[1], 1, -0.5, 3.3, 1e15, 1e20, 2^53, unpack({'a', 'b'}))`, ['k'])
    expect(host.calls).toEqual([
      ['SET', 'k', '1', '-0.5', '3.2999999999999998', '1000000000000000', '1e+20', '9007199254740992', 'a', 'b'],
    ])
  })

  test('log, setresp and set_repl reach it', () => {
    run(`redis.log(redis.LOG_WARNING, 'a', 5, 'b') redis.setresp(3) redis.set_repl(redis.REPL_AOF)`)
    expect([host.logged, host.protocol, host.masks]).toEqual([['3 a 5 b'], 3, [1]])
  })

  test('redis.call under another name does the same', () => {
    run(
      `local call, name = redis.call, 'call' call('A', 1) redis[name]('B', 2) ;(function(f, ...) f(...) end)(redis.call, 'C', 3)`,
    )
    expect(host.calls).toEqual([
      ['A', '1'],
      ['B', '2'],
      ['C', '3'],
    ])
  })
})
