import { expect, test } from '@jest/globals'
import { runnableCommands } from '../support/sample-command.js'
import { FORMS, makeStream } from './random-stream.js'

const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]

const CLUSTER = 'answers one thing only without cluster-enabled; tests/cluster compares a cluster'

/** Commands that no random stream holds, each with the reason; a container stands for its subcommands. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  bgrewriteaof: 'answers according to what the background is doing; the tests of persistence cover it',
  bgsave: 'answers according to what the background is doing; the tests of persistence cover it',
  cluster: CLUSTER,
  'client|setinfo': 'newer than 7.0.15',
  monitor: 'turns the connection into a feed; tests/dispatch/monitor.test.ts',
  pfselftest: 'takes a second and depends on nothing',
  psync: 'turns the connection into a stream; tests/cluster/replication-with-redis.test.ts',
  quit: 'ends the connection',
  'script|debug': 'answers according to what else the connection is owed',
  save: 'writes a file; the tests of persistence cover it',
  shutdown: 'ends the server',
  sync: 'turns the connection into a stream; tests/cluster/replication-with-redis.test.ts',
}

/** The commands, and `container|subcommand`, of many streams. */
const commandsOfStreams = (): Set<string> => {
  const met = new Set<string>()
  for (let seed = 1; seed <= 60; seed++) {
    for (const { argv } of makeStream(seed, 500, groups).flat()) {
      met.add((argv[0] ?? '').toLowerCase())
      met.add(`${argv[0]}|${argv[1]}`.toLowerCase())
    }
  }
  return met
}

const isLeftOut = (name: string): boolean => name in LEFT_OUT || (name.split('|')[0] ?? '') in LEFT_OUT

test('every command of the table is in the random streams, or left out by name with a reason', () => {
  const met = commandsOfStreams()
  const names = runnableCommands().map(({ name }) => name)
  expect(names.filter((name) => !met.has(name) && !isLeftOut(name))).toEqual([])
  expect(Object.keys(LEFT_OUT).filter((name) => met.has(name))).toEqual([])
  expect(
    Object.keys(LEFT_OUT).filter((name) => !names.some((known) => known.split('|')[0] === name || known === name)),
  ).toEqual([])
})
