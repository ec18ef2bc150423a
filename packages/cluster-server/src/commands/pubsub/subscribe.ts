import type { SubscriptionKind } from '../../pubsub/pubsub.js'
import { NO_REPLY, PushReply, type Reply } from '../../resp/reply.js'
import { defineCommand, keyRange } from '../command.js'
import type { ClientState, CommandContext } from '../context.js'

/** Shard channels are counted for themselves. */
const countOf = (client: ClientState, kind: SubscriptionKind): number =>
  kind === 'shardChannels' ? client.shardChannels.size : client.channels.size + client.patterns.size

/** The answers but the last go out by themselves, as a command has only one; within EXEC the last one counts. */
const answerEach = (client: ClientState, names: readonly (string | null)[], answer: (name: string | null) => Reply) => {
  const answers = names.map(answer)
  const last = answers.pop()
  for (const reply of answers) client.push(reply)
  return last ?? NO_REPLY
}

const subscribeTo =
  (kind: SubscriptionKind, word: string) =>
  ({ client, server }: CommandContext, argv: readonly string[]): Reply =>
    answerEach(client, argv.slice(1), (name) => {
      server.pubsub.subscribe(kind, client, name ?? '')
      return new PushReply([word, name, countOf(client, kind)])
    })

/** Without names, everything of that kind is given up; when there is nothing, that is said once with a null. */
const unsubscribeFrom =
  (kind: SubscriptionKind, word: string) =>
  ({ client, server }: CommandContext, argv: readonly string[]): Reply => {
    const names: readonly (string | null)[] = argv.length > 1 ? argv.slice(1) : [...client[kind]]
    return answerEach(client, names.length > 0 ? names : [null], (name) => {
      if (name !== null) server.pubsub.unsubscribe(kind, client, name)
      return new PushReply([word, name, countOf(client, kind)])
    })
  }

export const subscribe = defineCommand({
  name: 'subscribe',
  arity: -2,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Listens to channels',
  arguments: [{ name: 'channel', type: 'string', multiple: true }],
  traits: ['anyContext'],
  channels: { reach: 'all' },
  run: subscribeTo('channels', 'subscribe'),
})

export const psubscribe = defineCommand({
  name: 'psubscribe',
  arity: -2,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of patterns',
  summary: 'Listens to all channels that match patterns',
  arguments: [{ name: 'pattern', type: 'block', multiple: true, arguments: [{ name: 'pattern', type: 'pattern' }] }],
  traits: ['anyContext'],
  channels: { reach: 'all', arePatterns: true },
  run: subscribeTo('patterns', 'psubscribe'),
})

export const ssubscribe = defineCommand({
  name: 'ssubscribe',
  arity: -2,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keySpecs: [keyRange(['not_key'], 1, -1)],
  categories: [],
  group: 'pubsub',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Listens to channels of a shard',
  arguments: [{ name: 'shardchannel', type: 'string', multiple: true }],
  traits: ['anyContext'],
  channels: { reach: 'all' },
  run: subscribeTo('shardChannels', 'ssubscribe'),
})

export const unsubscribe = defineCommand({
  name: 'unsubscribe',
  arity: -1,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Stops listening to channels',
  arguments: [{ name: 'channel', type: 'string', optional: true, multiple: true }],
  traits: ['anyContext'],
  run: unsubscribeFrom('channels', 'unsubscribe'),
})

export const punsubscribe = defineCommand({
  name: 'punsubscribe',
  arity: -1,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of patterns',
  summary: 'Stops listening to patterns',
  arguments: [{ name: 'pattern', type: 'pattern', optional: true, multiple: true }],
  traits: ['anyContext'],
  run: unsubscribeFrom('patterns', 'punsubscribe'),
})

export const sunsubscribe = defineCommand({
  name: 'sunsubscribe',
  arity: -1,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keySpecs: [keyRange(['not_key'], 1, -1)],
  categories: [],
  group: 'pubsub',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Stops listening to channels of a shard',
  arguments: [{ name: 'shardchannel', type: 'string', optional: true, multiple: true }],
  traits: ['anyContext'],
  run: unsubscribeFrom('shardChannels', 'sunsubscribe'),
})
