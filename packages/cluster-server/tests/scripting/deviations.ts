/** A known difference to redis-server 7.0.15. */
export interface Deviation {
  readonly name: string
  readonly reason: string
  /** A script that shows it; absent where no answer of a script does. */
  readonly script?: string
}

/** Every difference that is known. The test fails for one that is gone, so that the list stays true. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'the sign of NaN',
    reason: 'JavaScript does not show it; every NaN is written as that of 0/0 on x86',
    script: `return tostring(tonumber('nan'))`,
  },
  {
    name: '0 and -0 written in one function',
    reason: 'Lua keeps the first of them for both, by accident of its table of constants',
    script: 'return tostring(0 == -0) .. tostring(1/0 == 1/-0)',
  },
  {
    name: '# of some tables with holes',
    reason: 'any border is right; ours follows the array part of Lua except where its hash part collides',
    script: 'local t = {1, nil, nil} t.x = 1 t[7] = 1 t[2] = 1 t[7] = 1 t[8] = 1 t[6] = 1 t[3] = 1 return #t',
  },
  {
    name: 'tail calls take stack',
    reason: 'JavaScript has no proper tail calls; a recursion without end in tail position ends as a stack overflow',
    script: 'local function f(n) if n == 0 then return "done" end return f(n - 1) end return f(300000)',
  },
  {
    name: 'pcall in pcall',
    reason: 'Lua allows 200 levels of calls through C; here only the stack limits them',
    script:
      'local function f(n) if n == 0 then return "deep" end local ok, e = pcall(f, n - 1) return e end return f(300)',
  },
  {
    name: 'addresses',
    reason: 'tostring of a table or function shows a number that is unique, but not an address',
    script: 'return tostring({})',
  },
  {
    name: 'deep recursion',
    reason: 'about 10,000 calls on a stack of 984 kB, where Lua counts to 20,000; a bigger --stack-size allows more',
    script: 'local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(16000)',
  },
  {
    name: 'the error of __redis__err__handler',
    reason: 'the global function of that name is part of how Redis reports errors, and does not exist here',
    script: 'return type(__redis__err__handler)',
  },
  {
    name: 'string.dump',
    reason: 'there is no byte code: of a binary chunk, which nothing would read, only the header is made',
    script: 'return #string.dump(function() end) > 50',
  },
  {
    name: 'error({})',
    reason: 'redis-server 7.0.15 crashes on a raised table without a text; here it is an error reply',
  },
  { name: 'operators in a row', reason: 'a chain of several thousand variables and operators is refused as too deep' },
  { name: 'memory figures', reason: 'collectgarbage("count") and gcinfo() tell the heap of the whole process' },
  { name: 'last digits of functions', reason: 'sin, exp, pow and others come from V8 and not from the C library' },
  { name: 'BUSY', reason: 'no command is read while a script runs; it is stopped after 10 times busy-reply-threshold' },
  { name: 'SCRIPT DEBUG YES', reason: 'nothing is forked; SYNC debugs, with everybody else waiting' },
]
