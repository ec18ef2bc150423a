import { expect, test } from '@jest/globals'
import { Client } from '../../src/dispatch/client.js'
import { PubSub } from '../../src/pubsub/pubsub.js'
import { PushReply } from '../../src/resp/reply.js'
import { encodeReply } from '../../src/resp/reply-encoder.js'
import { Random } from '../differential/random.js'

test('a reply that no string can hold is replaced by an error, and the client is let go', () => {
  const client = new Client({ id: 1, address: '', localAddress: '', connectedAtMs: 0, authenticated: true })
  client.reply(Array.from({ length: 5 }, () => 'x'.repeat(2 ** 27)))
  expect(client.pendingOutput).toBe('-ERR the reply is longer than the 512 MB that this server can send at once\r\n')
  expect(client.activity).toBe('closing')
})

test('every client is sent its answers and the messages of its channels, in order, whatever others are sent', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Random(seed)
    const pubsub = new PubSub()
    const clients = Array.from({ length: 8 }, (_, id) => {
      const client = new Client({ id, address: '', localAddress: '', connectedAtMs: 0, authenticated: true })
      if (random.chance(0.3)) client.protocol = 3
      for (const channel of ['a', 'b']) if (random.chance(0.7)) pubsub.subscribe('channels', client, channel)
      if (random.chance(0.3)) pubsub.subscribe('patterns', client, '*')
      return { client, expected: '' }
    })
    for (let step = 0; step < 60; step++) {
      const text = String(random.below(10))
      const channel = random.pick(['a', 'b'])
      const one = random.pick(clients)
      if (random.chance(0.15)) {
        expect(one.client.takeOutput()).toBe(one.expected)
        one.expected = ''
      } else if (random.chance(0.2)) {
        one.client.reply(text)
        one.expected += encodeReply(text, one.client.protocol)
      } else {
        pubsub.publish(channel, text)
        for (const each of clients) {
          const { client } = each
          const encode = (...items: string[]): string => encodeReply(new PushReply(items), client.protocol)
          if (client.channels.has(channel)) each.expected += encode('message', channel, text)
          if (client.patterns.has('*')) each.expected += encode('pmessage', '*', channel, text)
        }
      }
    }
    for (const { client, expected } of clients) expect(client.takeOutput()).toBe(expected)
  }
})
