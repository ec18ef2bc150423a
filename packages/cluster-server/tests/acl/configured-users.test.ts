import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Node, type NodeOptions } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

let directory: string
let nodes: Node[] = []
let clients: WireClient[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'users-'))
})

afterEach(async () => {
  for (const client of clients) client.close()
  await Promise.all(nodes.map((node) => node.close()))
  nodes = []
  clients = []
  rmSync(directory, { recursive: true })
})

const start = async (options: NodeOptions): Promise<() => Promise<(...lines: string[]) => Promise<string[]>>> => {
  const node = new Node({ log: () => {}, ...options, settings: { port: 0, ...options.settings } })
  nodes.push(node)
  const { port } = await node.listen()
  return async () => {
    const client = await WireClient.connect(port)
    clients.push(client)
    return async (...lines) => (await client.send(lines.map((line) => line.split(' ')))).map(showReply)
  }
}

test('users come from the file, go back to it, and a wrong file changes nothing', async () => {
  const file = join(directory, 'users.acl')
  writeFileSync(file, 'user ann on nopass ~a* +@read\n\nuser default on nopass ~* &* +@all\n')
  const connect = await start({ settings: { aclfile: file } })
  const send = await connect()
  expect(await send('ACL USERS', 'ACL SETUSER bob on >p', 'ACL SAVE')).toEqual(['*[$"ann", $"default"]', '+OK', '+OK'])
  const saved = readFileSync(file, 'latin1')
  expect(saved).toMatch(/^user ann on nopass ~a\* resetchannels -@all \+@read\nuser bob on #[0-9a-f]{64} /)
  writeFileSync(file, `${saved}user ann on\nuser eve +nosuch\nnonsense`)
  const [refusal, users] = await send('ACL LOAD', 'ACL USERS')
  expect(refusal).toBe(
    `-ERR WARNING: Duplicate user 'ann' found on line 4. ${file}:5: Error in applying operation '+nosuch': Unknown command or category name in ACL. ${file}:6 should start with user keyword followed by the username. WARNING: ACL errors detected, no change to the previously active ACL rules was performed`,
  )
  expect(users).toBe('*[$"ann", $"bob", $"default"]')
})

test('a file that is wrong, or users beside it, keep the server from starting', () => {
  const file = join(directory, 'users.acl')
  writeFileSync(file, 'user ann on on on nonsense')
  const node = (options: NodeOptions) => () => new Node({ log: () => {}, ...options })
  expect(node({ settings: { aclfile: file } })).toThrow(
    `Aborting Redis startup because of ACL errors: ${file}:1: Syntax`,
  )
  expect(node({ settings: { aclfile: file }, users: [['ann', 'on']] })).toThrow('define either an ACL file or declare')
  expect(node({ users: [['ann', '+nosuch']] })).toThrow("Error loading ACL rule '+nosuch' for the user named 'ann'")
})

test('connections end with their user, and with the channels that they listen to', async () => {
  const connect = await start({
    users: [
      ['ann', 'on', 'nopass', '+@all', '~*', '&news*'],
      ['bob', 'on', 'nopass', '+@all'],
    ],
  })
  const [send, ann, bob] = [await connect(), await connect(), await connect()]
  await ann('AUTH ann x', 'SUBSCRIBE news-1')
  await bob('AUTH bob x')
  const count = async () => (await send('CLIENT LIST'))[0]!.split('user=').length - 1
  expect(await count()).toBe(3)
  expect(await send('ACL SETUSER ann &more')).toEqual(['+OK'])
  expect(await count()).toBe(3)
  expect(await send('ACL SETUSER ann resetchannels')).toEqual(['+OK'])
  expect(await count()).toBe(2)
  expect(await send('ACL DELUSER ann bob nobody')).toEqual([':2'])
  expect(await count()).toBe(1)
})

test('a renamed command has its new name for clients and scripts, and its old one in rules', async () => {
  const connect = await start({
    renamedCommands: [
      ['GET', 'fetch'],
      ['config', ''],
    ],
    users: [['ann', 'on', 'nopass', '~*', '-@all', '+get', '+config', '+eval']],
  })
  const send = await connect()
  const told = await send('SET k v', 'AUTH ann x', 'FETCH k', 'GET k', 'CONFIG GET port', 'FETCH')
  expect(told.slice(2)).toEqual([
    '$"v"',
    "-ERR unknown command 'GET', with args beginning with: 'k' ",
    "-ERR unknown command 'CONFIG', with args beginning with: 'GET' 'port' ",
    "-ERR wrong number of arguments for 'get' command",
  ])
  expect(await send("EVAL return{redis.call('fetch','k')} 0")).toEqual(['*[$"v"]'])
  expect(() => new Node({ renamedCommands: [['get', 'set']] })).toThrow('Target command name already exists')
  expect(() => new Node({ renamedCommands: [['nosuch', 'x']] })).toThrow('No such command in rename-command')
})
