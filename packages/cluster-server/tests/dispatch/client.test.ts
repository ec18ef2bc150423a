import { expect, test } from '@jest/globals'
import { Client } from '../../src/dispatch/client.js'

test('a reply that no string can hold is replaced by an error, and the client is let go', () => {
  const client = new Client({ id: 1, address: '', localAddress: '', connectedAtMs: 0, authenticated: true })
  client.reply(Array.from({ length: 5 }, () => 'x'.repeat(2 ** 27)))
  expect(client.pendingOutput).toBe('-ERR the reply is longer than the 512 MB that this server can send at once\r\n')
  expect(client.activity).toBe('closing')
})
