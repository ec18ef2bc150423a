import type { ReplicationReader } from '../support/replication-reader.js'
import { repliesAgree } from './comparison.js'
import { effectsDiffer, markOfStream, readToMark } from './effect-comparison.js'
import { DEFAULT_TUNING } from './key-forms.js'
import { DESCRIPTION, descriptionsDiffer } from './keyspace-description.js'
import { eventsDiffer, readEvents } from './notification-comparison.js'
import type { RandomCommand } from './random-command.js'
import type { Block } from './random-stream.js'
import type { WireClient } from './wire-client.js'
import { readReply, showReply } from './wire-reply.js'

/** The first point at which two servers differ, or undefined. */
export type Difference = string | undefined

/** One server, and how it is watched. */
export interface WatchedServer {
  readonly client: WireClient
  /** What it tells its replicas. */
  readonly replica: ReplicationReader
  /** What it tells of keys. */
  readonly subscriber: WireClient
}

/** Two servers that must answer alike. */
export interface ServerPair {
  readonly ours: WatchedServer
  readonly real: WatchedServer
}

/** A stream, and what it was made of. */
export interface SeededStream {
  readonly seed: number
  readonly blocks: readonly Block[]
}

const SHOWN_WORDS = 20

const showCommand = (argv: readonly string[]): string => {
  const words = argv.slice(0, SHOWN_WORDS).map((word) => JSON.stringify(word))
  return argv.length > SHOWN_WORDS ? `${words.join(' ')} … ${argv.length} words in all` : words.join(' ')
}

/** Makes a server forget what streams leave behind. RESET ends a transaction that a shortened stream left open. */
const PREPARATION = [
  ['RESET'],
  ['FLUSHALL'],
  ['SCRIPT', 'FLUSH'],
  ['FUNCTION', 'FLUSH'],
  ['CONFIG', 'SET', 'stream-node-max-entries', '100', 'stream-node-max-bytes', '4096'],
  DEFAULT_TUNING,
  // Without the removal in the background, which comes when it comes, both servers remove expired keys at the same point.
  ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
]

/** What a server said to a stream. */
interface Outcome {
  readonly replies: readonly string[]
  readonly effects: readonly (readonly string[])[]
  readonly events: readonly string[]
  readonly keys: string
}

let streamsSent = 0

/** Sends streams in one piece: no reply is needed to make the next command, and each wait would cost a turn of both processes. */
const send = async (server: WatchedServer, streams: readonly (readonly RandomCommand[])[]): Promise<Outcome[]> => {
  const names = streams.map(() => `stream ${++streamsSent}`)
  const sent = streams.map((commands, index) => [
    ...PREPARATION,
    markOfStream(`before ${names[index]}`),
    ...commands.map(({ argv }) => argv),
    ['RESET'],
    markOfStream(`after ${names[index]}`),
    DESCRIPTION,
  ])
  const replies = await server.client.exchange(sent.flat())
  const outcomes: Outcome[] = []
  let start = 0
  for (const [index, name] of names.entries()) {
    const end = start + (sent[index]?.length ?? 0)
    await readToMark(server.replica, `before ${name}`)
    await readEvents(server.subscriber, `before ${name}`)
    outcomes.push({
      replies: replies.slice(start + PREPARATION.length + 1, end - 3),
      effects: await readToMark(server.replica, `after ${name}`),
      events: await readEvents(server.subscriber, `after ${name}`),
      keys: replies[end - 1] ?? '',
    })
    start = end
  }
  return outcomes
}

const outcomesDiffer = (commands: readonly RandomCommand[], ours: Outcome, real: Outcome): Difference => {
  for (let i = 0; i < commands.length; i++) {
    const { argv, compare } = commands[i]!
    if (compare === 'ignored' || ours.replies[i] === real.replies[i]) continue
    const [ourReply, realReply] = [readReply(ours.replies[i]!), readReply(real.replies[i]!)]
    if (repliesAgree(ourReply, realReply, compare)) continue
    return `command ${i + 1}: ${showCommand(argv)}\n  real: ${showReply(realReply)}\n  ours: ${showReply(ourReply)}`
  }
  return (
    effectsDiffer(ours.effects, real.effects) ??
    eventsDiffer(ours.events, real.events) ??
    descriptionsDiffer(ours.keys, real.keys)
  )
}

/** Sends streams to both servers, each after emptying both, and compares replies, effects, notifications and keys. */
export const runStreams = async (
  pair: ServerPair,
  streams: readonly (readonly Block[])[],
): Promise<readonly Difference[]> => {
  const flat = streams.map((blocks) => blocks.flat())
  const [ours, real] = await Promise.all([send(pair.ours, flat), send(pair.real, flat)])
  return flat.map((commands, index) => outcomesDiffer(commands, ours[index]!, real[index]!))
}

/** Drops blocks for as long as the servers still differ. */
export const shrinkStream = async (pair: ServerPair, blocks: readonly Block[]): Promise<readonly Block[]> => {
  let failing = blocks
  for (let size = Math.ceil(blocks.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < failing.length; ) {
      const shorter = [...failing.slice(0, start), ...failing.slice(start + size)]
      if ((await runStreams(pair, [shorter]))[0]) failing = shorter
      else start += size
    }
  }
  return failing
}

/** Runs streams; on a difference throws an error with the seed and the shortest stream that shows it. */
export const expectSameAnswers = async (pair: ServerPair, streams: readonly SeededStream[]): Promise<void> => {
  const differences = await runStreams(
    pair,
    streams.map(({ blocks }) => blocks),
  )
  for (const [index, { seed, blocks }] of streams.entries()) {
    const first = differences[index]
    if (first === undefined) continue
    const shortest = await shrinkStream(pair, blocks)
    const [difference] = await runStreams(pair, [shortest])
    // What does not come back by itself depended on the streams before it, or on the moment.
    if (difference === undefined) throw new Error(`the servers differed once (seed ${seed}):\n${first}`)
    const shown = shortest.flat().map(({ argv }) => `  ${showCommand(argv)}`)
    throw new Error(`the servers differ (seed ${seed}) after\n${shown.join('\n')}\n${difference}`)
  }
}
