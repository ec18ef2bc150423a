import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { helpCommand } from '../help-command.js'
import { unknownForm } from '../unknown-form.js'

export const publish = defineCommand({
  name: 'publish',
  arity: 3,
  flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
  categories: [],
  group: 'pubsub',
  since: '2.0.0',
  complexity: 'O(N+M) where N is the number of subscribers and M that of all patterns',
  summary: 'Sends a message to a channel',
  arguments: [
    { name: 'channel', type: 'string' },
    { name: 'message', type: 'string' },
  ],
  channels: { reach: 'one' },
  run(context, argv) {
    const { cluster, pubsub } = context.server
    const [channel, message] = [argument(argv, 1), argument(argv, 2)]
    const deliveries = pubsub.publish(channel, message)
    // Outside of a cluster the stream to replicas carries the message to their subscribers; in one, every node gets it.
    if (cluster === null) context.propagate(...argv)
    else cluster.publish(channel, message)
    return deliveries
  },
})

export const spublish = defineCommand({
  name: 'spublish',
  arity: 3,
  flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
  keySpecs: [keyRange(['not_key'], 1)],
  categories: [],
  group: 'pubsub',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of subscribers',
  summary: 'Sends a message to a channel of a shard',
  arguments: [
    { name: 'shardchannel', type: 'string' },
    { name: 'message', type: 'string' },
  ],
  channels: { reach: 'one' },
  run(context, argv) {
    const { cluster, pubsub } = context.server
    const [channel, message] = [argument(argv, 1), argument(argv, 2)]
    const deliveries = pubsub.publishToShard(channel, message)
    if (cluster === null) context.propagate(...argv)
    else cluster.publishToShard(channel, message)
    return deliveries
  },
})

const channels = defineCommand({
  name: 'channels',
  arity: -2,
  flags: ['pubsub', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.8.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Lists the channels with subscribers',
  arguments: [{ name: 'pattern', type: 'pattern', optional: true }],
  run({ server }, argv) {
    if (argv.length > 3) throw unknownForm(argv)
    return server.pubsub.active('channels', argv[2])
  },
})

const numsub = defineCommand({
  name: 'numsub',
  arity: -2,
  flags: ['pubsub', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.8.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Counts the subscribers of channels',
  arguments: [{ name: 'channel', type: 'string', optional: true, multiple: true }],
  run: ({ server }, argv) => argv.slice(2).flatMap((name) => [name, server.pubsub.count('channels', name)]),
})

const numpat = defineCommand({
  name: 'numpat',
  arity: 2,
  flags: ['pubsub', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '2.8.0',
  complexity: 'O(1)',
  summary: 'Counts the patterns with subscribers',
  run: ({ server }) => server.pubsub.size('patterns'),
})

const shardchannels = defineCommand({
  name: 'shardchannels',
  arity: -2,
  flags: ['pubsub', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Lists the channels of this shard with subscribers',
  arguments: [{ name: 'pattern', type: 'pattern', optional: true }],
  run({ server }, argv) {
    if (argv.length > 3) throw unknownForm(argv)
    return server.pubsub.active('shardChannels', argv[2])
  },
})

const shardnumsub = defineCommand({
  name: 'shardnumsub',
  arity: -2,
  flags: ['pubsub', 'loading', 'stale'],
  categories: [],
  group: 'pubsub',
  since: '7.0.0',
  complexity: 'O(N) where N is the number of channels',
  summary: 'Counts the subscribers of channels of this shard',
  arguments: [{ name: 'shardchannel', type: 'string', optional: true, multiple: true }],
  run: ({ server }, argv) => argv.slice(2).flatMap((name) => [name, server.pubsub.count('shardChannels', name)]),
})

const HELP = [
  'PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['CHANNELS [<pattern>]', 'NUMPAT', 'NUMSUB [<channel> ...]'],
  ...['SHARDCHANNELS [<pattern>]', 'SHARDNUMSUB [<channel> ...]', 'HELP'],
]

const help = helpCommand({ group: 'pubsub', since: '6.2.0', lines: HELP })

export const pubsub = defineCommand({
  name: 'pubsub',
  arity: -2,
  flags: [],
  categories: [],
  group: 'pubsub',
  since: '2.8.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at who listens to what',
  subcommands: [channels, help, numpat, numsub, shardchannels, shardnumsub],
})
