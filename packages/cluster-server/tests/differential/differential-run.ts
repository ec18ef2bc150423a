import type { ReplicationReader } from '../support/replication-reader.js'
import { type Comparison, repliesAgree } from './comparison.js'
import { effectsDiffer, watchEffects } from './effect-comparison.js'
import { describeKeyspace } from './keyspace-description.js'
import type { Block } from './random-stream.js'
import type { WireClient } from './wire-client.js'
import { showReply } from './wire-reply.js'

/** The first point at which two servers differ, or undefined. */
export type Difference = string | undefined

/** Two servers that must answer alike. */
export interface ServerPair {
  readonly ours: WireClient
  readonly real: WireClient
  /** Replicas of the two; with them what replicas are told is compared, too. */
  readonly replicas?: { readonly ours: ReplicationReader; readonly real: ReplicationReader }
}

const SHOWN_WORDS = 20

const showCommand = (argv: readonly string[]): string => {
  const words = argv.slice(0, SHOWN_WORDS).map((word) => JSON.stringify(word))
  return argv.length > SHOWN_WORDS ? `${words.join(' ')} … ${argv.length} words in all` : words.join(' ')
}

const prepare = async ({ ours, real }: ServerPair): Promise<void> => {
  // DISCARD ends a transaction that a shortened stream left open.
  const nodes = ['stream-node-max-entries', '100', 'stream-node-max-bytes', '4096']
  // Without the removal in the background, which comes when it comes, both servers remove expired keys at the same point.
  const still = ['DEBUG', 'SET-ACTIVE-EXPIRE', '0']
  for (const client of [ours, real]) await client.send([['DISCARD'], ['FLUSHALL'], ['CONFIG', 'SET', ...nodes], still])
}

/** Sends a stream to both servers, after emptying both, and compares replies and then the keys. */
export const runStream = async (pair: ServerPair, blocks: readonly Block[]): Promise<Difference> => {
  await prepare(pair)
  const { replicas } = pair
  const watched =
    replicas && (await Promise.all([watchEffects(pair.ours, replicas.ours), watchEffects(pair.real, replicas.real)]))
  const commands = blocks.flat()
  const argvs = commands.map(({ argv }) => argv)
  const [ours, real] = await Promise.all([pair.ours.send(argvs), pair.real.send(argvs)])
  for (let i = 0; i < commands.length; i++) {
    const { argv, compare } = commands[i]!
    const expected: Comparison = compare
    if (!repliesAgree(ours[i]!, real[i]!, expected)) {
      return `command ${i + 1}: ${showCommand(argv)}\n  real: ${showReply(real[i]!)}\n  ours: ${showReply(ours[i]!)}`
    }
  }
  if (watched) {
    // A transaction that a shortened stream left open would swallow the mark behind it.
    for (const client of [pair.ours, pair.real]) await client.call('DISCARD')
    const [ourEffects, realEffects] = await Promise.all(watched.map((read) => read()))
    const difference = effectsDiffer(ourEffects!, realEffects!)
    if (difference) return difference
  }
  const [ourKeys, realKeys] = await Promise.all([describeKeyspace(pair.ours), describeKeyspace(pair.real)])
  if (ourKeys === realKeys) return undefined
  const realLines = new Set(realKeys.split('\n'))
  const ourLines = new Set(ourKeys.split('\n'))
  const onlyReal = [...realLines].filter((line) => !ourLines.has(line))
  const onlyOurs = [...ourLines].filter((line) => !realLines.has(line))
  return `keys differ\n  real: ${onlyReal.join('\n        ')}\n  ours: ${onlyOurs.join('\n        ')}`
}

/** Drops blocks for as long as the servers still differ. */
export const shrinkStream = async (pair: ServerPair, blocks: readonly Block[]): Promise<readonly Block[]> => {
  let failing = blocks
  for (let size = Math.ceil(blocks.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < failing.length; ) {
      const shorter = [...failing.slice(0, start), ...failing.slice(start + size)]
      if (await runStream(pair, shorter)) failing = shorter
      else start += size
    }
  }
  return failing
}

/** Runs a stream; on a difference throws an error with the seed and the shortest stream that shows it. */
export const expectSameAnswers = async (pair: ServerPair, seed: number, blocks: readonly Block[]): Promise<void> => {
  if (!(await runStream(pair, blocks))) return
  const shortest = await shrinkStream(pair, blocks)
  const difference = await runStream(pair, shortest)
  const shown = shortest.flat().map(({ argv }) => `  ${showCommand(argv)}`)
  throw new Error(`the servers differ (seed ${seed}) after\n${shown.join('\n')}\n${difference}`)
}
