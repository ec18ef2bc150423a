import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

describeBesideRedis('CLIENT REPLY', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  /** What a client gets for the commands, up to an answer that it asks for at the end. */
  const listen = async (port: number, control: WireClient, commands: readonly string[]): Promise<string[]> => {
    const client = await WireClient.connect(port)
    client.write(commands.map((line) => line.split(' ')))
    while (showReply(await control.call('PUBSUB', 'NUMSUB', 'last')) !== '*[$"last", :1]');
    await control.call('PUBLISH', 'last', 'end')
    const seen: string[] = []
    while (!seen.at(-1)?.includes('"end"')) seen.push(showReply((await client.read(1))[0]!))
    client.close()
    return seen
  }

  test.each([
    ['OFF', ['CLIENT REPLY OFF', 'PING', 'SUBSCRIBE a b', 'PSUBSCRIBE p*', 'UNSUBSCRIBE a', 'SUBSCRIBE last']],
    ['OFF in RESP3', ['HELLO 3', 'CLIENT REPLY OFF', 'PING', 'SUBSCRIBE a', 'GET k', 'SUBSCRIBE last']],
    ['SKIP', ['CLIENT REPLY SKIP', 'PING', 'PING', 'CLIENT REPLY SKIP', 'SUBSCRIBE a b', 'PING', 'SUBSCRIBE last']],
  ])('%s silences answers, and nothing that a subscriber is told', async (_name, commands) => {
    const withoutHello = (seen: readonly string[]) => (commands[0] === 'HELLO 3' ? seen.slice(1) : seen)
    const real = await listen(pair.redis.port, pair.real, commands)
    expect(withoutHello(await listen(pair.node.address.port, pair.ours, commands))).toEqual(withoutHello(real))
  })
})
