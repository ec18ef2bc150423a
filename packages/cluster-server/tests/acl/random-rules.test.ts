import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Random } from '../differential/random.js'
import { showReply, type WireReply } from '../differential/wire-reply.js'
import { runnableCommands, sampleOf } from '../support/sample-command.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'
import { randomRule } from './random-rules.js'

const isFull = process.env.FULL === '1'
const SEQUENCES = isFull ? 400 : 40
const RULES_EACH = 12

/** Names of single commands stand in no order in Redis: its table has one that changes with every start. */
const normalised = (line: string): string => {
  const words = line.split(' ')
  const isSingle = (word: string): boolean => /^[-+][^@]/.test(word)
  const out: string[] = []
  const run: string[] = []
  for (const word of words) {
    const closes = word.endsWith(')')
    const bare = closes ? word.slice(0, -1) : word
    if (isSingle(bare)) run.push(bare)
    else out.push(...run.splice(0).sort(), bare)
    if (closes) out.push(...run.splice(0).sort(), ')')
  }
  return [...out, ...run.sort()].join(' ')
}

const shown = (reply: WireReply): string =>
  reply.kind === 'aggregate'
    ? `${reply.prefix}[${reply.items.map(shown).join(', ')}]`
    : reply.kind === 'bulk'
      ? normalised(reply.text)
      : showReply(reply)

describeBesideRedis('rules of users beside redis-server', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({ node: { log: () => {} } })
  })
  afterAll(() => pair?.close())

  const both = async (...commands: readonly (readonly string[])[]) => {
    const [ours, real] = await Promise.all([pair.ours.send(commands), pair.real.send(commands)])
    return { ours: ours.map(shown), real: real.map(shown) }
  }

  test('any sequence of rules is taken or refused alike, and leaves the same description', async () => {
    for (let seed = 1; seed <= SEQUENCES; seed++) {
      const random = new Random(seed)
      const commands: string[][] = [['ACL', 'DELUSER', 'u']]
      for (let i = 0; i < RULES_EACH; i++) {
        const rules = random.several(0, 3, () => randomRule(random))
        commands.push(['ACL', 'SETUSER', 'u', ...rules], ['ACL', 'GETUSER', 'u'], ['ACL', 'LIST'])
      }
      commands.push(['HELLO', '3'], ['ACL', 'GETUSER', 'u'], ['HELLO', '2'])
      const { ours, real } = await both(...commands)
      const differs = ours.findIndex((reply, i) => reply !== real[i] && commands[i]?.[0] !== 'HELLO')
      const context = { seed, command: commands[differs], before: commands[differs - 1] }
      expect({ ...context, reply: ours[differs] }).toEqual({ ...context, reply: real[differs] })
    }
  })

  const samples = runnableCommands()
    .filter(({ name }) => name !== 'client|setinfo')
    .map((each) => sampleOf(each, (i) => (i % 2 === 0 ? `key-${i}` : `other:${i}`)))

  test('DRYRUN judges every command alike for users with any rules', async () => {
    for (let seed = 1; seed <= (isFull ? 60 : 8); seed++) {
      const random = new Random(1000 + seed)
      const rules = random.several(2, 10, () => randomRule(random))
      const set = rules.map((rule) => ['ACL', 'SETUSER', 'v', rule])
      const dry = samples.map((sample) => ['ACL', 'DRYRUN', 'v', ...sample])
      const { ours, real } = await both(['ACL', 'DELUSER', 'v'], ['ACL', 'SETUSER', 'v'], ...set, ...dry)
      const first = set.length + 2
      const told = (replies: string[]) => dry.map((words, i) => `${words.slice(3).join(' ')}: ${replies[first + i]}`)
      expect({ seed, rules, told: told(ours) }).toEqual({ seed, rules, told: told(real) })
    }
  })

  test('each command is denied, allowed, and denied its keys alike', async () => {
    for (const [allowed, keys] of [
      ['-@all', '~*'],
      ['+@all', 'resetkeys'],
      ['+@all', '%R~*'],
      ['+@all', '%W~*'],
      ['+@all', '~key-*'],
    ] as const) {
      const rules = ['reset', 'on', 'nopass', 'resetchannels', allowed, keys]
      const dry = samples.map((sample) => ['ACL', 'DRYRUN', 'w', ...sample])
      const { ours, real } = await both(['ACL', 'SETUSER', 'w', ...rules], ...dry)
      expect(ours.map((reply, i) => [dry[i - 1]?.slice(3).join(' '), reply])).toEqual(
        real.map((reply, i) => [dry[i - 1]?.slice(3).join(' '), reply]),
      )
    }
  })

  test('what DRYRUN denies is refused at once, in a transaction, at EXEC and in a script', async () => {
    const setUp = [
      ['ACL', 'SETUSER', 'x', 'reset', 'on', '>p', '+@all', '-del', '~key-*', '&ch-*'],
      ['AUTH', 'x', 'p'],
    ]
    const tried = [
      ['DEL', 'key-1'],
      ['SET', 'other', '1'],
      ['PUBLISH', 'ch-1', 'm'],
      ['PUBLISH', 'other', 'm'],
      ['MULTI'],
      ['DEL', 'key-1'],
      ['EXEC'],
      ['EVAL', "return redis.call('SET', 'other', 1)", '0'],
      ['EVAL', "return redis.pcall('DEL', 'key-1')", '0'],
      ['EVAL', "return {redis.acl_check_cmd('DEL', 'key-1'), redis.acl_check_cmd('GET', 'key-1')}", '0'],
      ['SORT', 'key-1', 'GET', '*'],
      ['MULTI'],
      ['SET', 'key-1', '1'],
      ['ACL', 'SETUSER', 'x', '-set'],
      ['SET', 'key-1', '2'],
      ['EXEC'],
      ['AUTH', 'x', 'wrong'],
      ['AUTH', 'nobody', 'p'],
      ['AUTH', 'wrong'],
      ['HELLO', '3', 'AUTH', 'x', 'wrong'],
      ['ACL', 'WHOAMI'],
      ['AUTH', 'default', ''],
    ]
    const { ours, real } = await pair.ask(...setUp, ...tried)
    // Where in its text a script failed is told by each server in its own way.
    const plain = (replies: string[]) => replies.map((reply) => reply.replace(/ script: .*$/, ''))
    expect(plain(ours)).toEqual(plain(real))
    const log = await pair.ask(['ACL', 'LOG'])
    // Of the connection: the user. The sizes of its buffers and the age differ.
    const entries = (text: string | undefined) =>
      (text ?? '').replace(/"age-seconds", \$"[^"]*"/g, '').replace(/id=[^"]* (user=\S+) [^"]*/g, '$1')
    expect(entries(log.ours[0])).toEqual(entries(log.real[0]))
  })
})
