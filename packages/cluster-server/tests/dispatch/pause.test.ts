import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const HELD: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'a write': [['SET', 'k', 'v']],
  'a script': [['EVAL', `return redis.call('GET', 'k')`, '0']],
  'a transaction that writes': [['MULTI'], ['SET', 'k', 'w'], ['EXEC']],
  PUBLISH: [['PUBLISH', 'c', 'm']],
}

describeBesideRedis('CLIENT PAUSE', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())
  beforeEach(() => pair.ask(['FLUSHALL'], ['SET', 'k', 'v']))
  afterEach(() => pair.ask(['CLIENT', 'UNPAUSE']))

  const blockedClients = async (control: WireClient): Promise<string> =>
    /blocked_clients:\d+/.exec(showReply(await control.call('INFO', 'clients')))?.[0] ?? ''

  const hold = async (port: number, control: WireClient, commands: readonly (readonly string[])[]) => {
    await control.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    const client = await WireClient.connect(port)
    const replies = client.send(commands)
    while ((await blockedClients(control)) === 'blocked_clients:0');
    const during = [await blockedClients(control), showReply(await control.call('GET', 'k'))]
    await control.call('CLIENT', 'UNPAUSE')
    const after = (await replies).map(showReply)
    client.close()
    return { during, after, left: await blockedClients(control) }
  }

  test.each(Object.entries(HELD))(
    'WRITE holds %s back, counts its client as blocked, and lets it go',
    async (_name, argv) => {
      const ours = await hold(pair.node.address.port, pair.ours, argv)
      expect(ours).toEqual(await hold(pair.redis.port, pair.real, argv))
    },
  )
})
