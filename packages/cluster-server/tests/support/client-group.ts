import { WireClient } from '../differential/wire-client.js'
import { showReply, type WireReply } from '../differential/wire-reply.js'
import type { ServerPair } from './server-pair.js'

/** The words of one command. */
export type Words = readonly string[]

/** One connection, with all that it was sent. */
export class Listener {
  readonly #heard: string[] = []
  constructor(readonly client: WireClient) {}

  /** Reads on until one reply satisfies `isLast`; all of them are heard. */
  async readUntil(isLast: (reply: WireReply) => boolean): Promise<void> {
    for (;;) {
      const [reply] = await this.client.read(1)
      this.#heard.push(showReply(reply!))
      if (isLast(reply!)) return
    }
  }

  /** What was heard since the last call. */
  take(): string[] {
    return this.#heard.splice(0)
  }
}

const idOf = async (client: WireClient): Promise<number> =>
  Number(showReply(await client.call('CLIENT', 'ID')).slice(1))

/** Several connections to each of two servers, of which the first have the same ids, and so on. */
export interface ClientGroups {
  readonly ids: readonly number[]
  readonly ours: readonly Listener[]
  readonly real: readonly Listener[]
}

/** Connects to both servers. Ids are given in order: the server that is behind gets some connections in vain. */
export const connectGroups = async (pair: ServerPair, size: number): Promise<ClientGroups> => {
  const [ourPort, realPort] = [pair.node.address.port, pair.redis.port]
  let [mine, theirs] = [await WireClient.connect(ourPort), await WireClient.connect(realPort)]
  for (;;) {
    const [myId, theirId] = [await idOf(mine), await idOf(theirs)]
    if (myId === theirId) break
    if (myId < theirId) {
      mine.close()
      mine = await WireClient.connect(ourPort)
    } else {
      theirs.close()
      theirs = await WireClient.connect(realPort)
    }
  }
  const [ours, real] = [[new Listener(mine)], [new Listener(theirs)]]
  while (ours.length < size) {
    ours.push(new Listener(await WireClient.connect(ourPort)))
    real.push(new Listener(await WireClient.connect(realPort)))
  }
  return { ids: await Promise.all(ours.map(({ client }) => idOf(client))), ours, real }
}

/** Closes every connection of the groups. */
export const closeGroups = ({ ours, real }: ClientGroups): void => {
  for (const { client } of [...ours, ...real]) client.close()
}
