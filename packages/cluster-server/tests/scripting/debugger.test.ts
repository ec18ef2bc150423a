import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { Programs } from '../support/programs.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

const SCRIPT = `local a = 1
local t = {1,2,{x='y'}}
local function f(n)
  local m = n * 2
  redis.call('set','k',m)
  return m
end
for i = 1, 2 do
  a = a + f(i)
end
for k, v in pairs({x=1}) do
  a = a + v
end
while a < 10 do
  a = a + 5
end
if a > 3 then
  redis.debug('hi', a, t, nil, true)
  redis.breakpoint()
end
local ok = redis.pcall('incr','nosuch','x')
redis.pcall('nosuchcmd')
repeat
  a = a - 1
until a < 8
return {a, t[1], KEYS[1]}`

const RECURSIVE = `local function fact(n)
 if n <= 1 then return 1 end
 return n * fact(n-1)
end
return fact(3)`

const LOOPS = `for k,v in pairs({x=1,y=2}) do
 local a = 1
 local b = 2
end
for i=1,2 do redis.call('ping') end
for i=1,3 do
 if i == 2 then
  break
 end
end
return 1`

const STEPS = (count: number): string[] => new Array<string>(count).fill('s')

/** A script, and what the debugger is told, one command after the other. */
const CONVERSATIONS: readonly (readonly [title: string, script: string, commands: readonly string[]])[] = [
  ['steps through all lines', SCRIPT, STEPS(40)],
  ['steps through loops', LOOPS, STEPS(20)],
  [
    'lists, breakpoints, variables, code and commands',
    SCRIPT,
    [
      ...['p', 'list', 'list 5 1', 'l 0', 'w', 'b', 'b 5', 'b 5', 'b', 'b 999', 'b x', 'c', 'p', 'p n', 'p a', 'p t'],
      ...['p KEYS', 'p ARGV', 'p nosuch', 't', 'e 1+1', 'e x x', 'e redis.call("get","k")', 'e nosuch', 'r get k'],
      ...['r hgetall k', 'r nosuch', 'r set a b c d', 'r', 'm', 'm 10', 'm 0', 'm 100', 'b -5', 'b -7', 'b 0', 'b'],
      ...['c', 'trace', 'continue', 'c'],
    ],
  ],
  ['traces functions that call themselves', RECURSIVE, ['s', 'n', 'step', 't', 's', 's', 't', 'p', 'p n', 'next', 'c']],
  ['ends a script that is aborted', 'redis.call("set", "x", 1)\nreturn 1', ['s', 'a']],
  ['stops at a line once', 'local a = 1 local b = 2 return a + b', ['s']],
  [
    'cuts what is long, and says so once',
    "local s = string.rep('x',1000)\nreturn 1",
    ['s', 'p s', 'p', 'm 0', 'p s', 'c'],
  ],
  ['shows replies of the third protocol', "redis.setresp(3) redis.call('hgetall','h') return 1", ['s']],
  ['passes errors on', "error('boom')", ['s']],
  ['stops what does not stop by itself', 'while true do end', ['c', 'p', 'a']],
  ['knows its commands', 'return 1', ['bogus', "hello'\0world", 'printx', 'c']],
]

describeBesideRedis('SCRIPT DEBUG SYNC', () => {
  let programs: Programs
  let ports: readonly [ours: number, real: number]
  beforeAll(async () => {
    programs = new Programs()
    ports = [await freePort(), await freePort()]
    const words = (port: number): string[] => ['--port', `${port}`, '--save', '', '--busy-reply-threshold', '100']
    await Promise.all([programs.run(words(ports[0])).ready(), programs.runReal(words(ports[1])).ready()])
  })
  afterAll(async () => {
    await programs.endAll()
    programs.remove()
  })
  const clients: WireClient[] = []
  const connect = async (port: number): Promise<WireClient> => {
    const client = await WireClient.connect(port)
    clients.push(client)
    return client
  }
  beforeEach(async () => {
    for (const port of ports) await (await connect(port)).send([['FLUSHALL'], ['HSET', 'h', 'f', 'v']])
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })

  const converse = async (port: number, script: string, commands: readonly string[]): Promise<unknown[]> => {
    const client = await connect(port)
    const seen: unknown[] = [showReply(await client.call('SCRIPT', 'DEBUG', 'SYNC'))]
    let answer = showReply(await client.call('EVAL', script, '1', 'key', 'arg'))
    seen.push(answer)
    for (const command of commands) {
      if (answer.includes('<endsession>')) break
      answer = showReply(await client.call(...(command.split(' ') as [string])))
      seen.push([command, answer])
    }
    if (answer.includes('<endsession>')) seen.push((await client.read(1)).map(showReply))
    const others = await connect(port)
    seen.push(
      (
        await others.send([
          ['GET', 'x'],
          ['GET', 'k'],
        ])
      ).map(showReply),
    )
    return seen
  }

  test.each(CONVERSATIONS)('%s', async (_title, script, commands) => {
    const [ours, real] = await Promise.all(ports.map((port) => converse(port, script, commands)))
    expect(ours).toEqual(real)
  })

  test('the connection ends with the script, and a client that goes lets it run', async () => {
    const scenes = await Promise.all(
      ports.map(async (port) => {
        const client = await connect(port)
        await client.call('SCRIPT', 'DEBUG', 'SYNC')
        await client.call('EVAL', "redis.call('set', 'x', 1)\nredis.call('set', 'k', 2)\nreturn 1", '0')
        client.close()
        const other = await connect(port)
        const after = (await other.send([['MGET', 'x', 'k']])).map(showReply)
        const off = await connect(port)
        const answers = await off.send([['SCRIPT', 'DEBUG', 'NO']])
        return [after, answers.map(showReply), showReply(await off.call('EVAL', 'return 1', '0'))]
      }),
    )
    expect(scenes[0]).toEqual(scenes[1])
  })

  test('EVALSHA, a pipeline and other words are refused as by Redis', async () => {
    const scenes = await Promise.all(
      ports.map(async (port) => {
        const client = await connect(port)
        return [
          await client.send([['PING'], ['SCRIPT', 'DEBUG', 'SYNC']]),
          [await client.call('SCRIPT', 'DEBUG', 'maybe'), await client.call('SCRIPT', 'DEBUG', 'SYNC')],
          [await client.call('EVALSHA', 'x'.repeat(40), '0')],
        ].flatMap((replies) => replies.map(showReply))
      }),
    )
    expect(scenes[0]).toEqual(scenes[1])
  })
})
