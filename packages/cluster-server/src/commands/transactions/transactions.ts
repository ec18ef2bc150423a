import { OK } from '../../resp/reply.js'
import { defineCommand, keyRange } from '../command.js'

export const multi = defineCommand({
  name: 'multi',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  group: 'transactions',
  since: '1.2.0',
  complexity: 'O(1)',
  summary: 'Begins a transaction',
  traits: ['unqueued'],
  run({ client, server }) {
    server.transactions.begin(client)
    return OK
  },
})

export const exec = defineCommand({
  name: 'exec',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  categories: ['transaction'],
  group: 'transactions',
  since: '1.2.0',
  complexity: 'Depends on the commands.',
  summary: 'Runs the commands of a transaction',
  traits: ['unqueued', 'runsTransaction'],
  run(context) {
    // Each queued command propagates its own effect; together they are one unit.
    context.propagateNothing()
    return context.server.transactions.execute(context)
  },
})

export const discard = defineCommand({
  name: 'discard',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  group: 'transactions',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of queued commands',
  summary: 'Drops a transaction',
  traits: ['unqueued'],
  run({ client, server }) {
    server.transactions.discard(client)
    return OK
  },
})

export const watch = defineCommand({
  name: 'watch',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  keySpecs: [keyRange(['RO'], 1, -1)],
  categories: ['transaction'],
  group: 'transactions',
  since: '2.2.0',
  complexity: 'O(1) for every key',
  summary: 'Lets EXEC run only if the keys have not changed until then',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  traits: ['unqueued'],
  run({ client, db, server }, argv) {
    server.transactions.watch(client, db, argv.slice(1))
    return OK
  },
})

export const unwatch = defineCommand({
  name: 'unwatch',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  group: 'transactions',
  since: '2.2.0',
  complexity: 'O(1)',
  summary: 'Forgets what is watched',
  run({ client, server }) {
    server.transactions.unwatch(client)
    return OK
  },
})
