import { WireClient } from './wire-client.js'
import { readReply, showReply } from './wire-reply.js'

const SUBSCRIPTIONS = [
  ['PSUBSCRIBE', '__key*'],
  ['SUBSCRIBE', 'mark'],
]

/** Every class of notifications, of which A leaves out two, as events of keys; the messages by key say the same. */
const CLASSES = 'EAmn'

/** A connection that hears of every event of keys, and of the marks between streams. */
export const subscribeToEvents = async (port: number): Promise<WireClient> => {
  const subscriber = await WireClient.connect(port)
  await subscriber.call('CONFIG', 'SET', 'notify-keyspace-events', CLASSES)
  await subscriber.send(SUBSCRIPTIONS)
  return subscriber
}

/** The messages up to a mark, without it. */
export const readEvents = async (subscriber: WireClient, mark: string): Promise<string[]> => {
  const ending = `\r\n${mark}\r\n`
  const messages = await subscriber.readTextUntil((replies) => replies.at(-1)?.endsWith(ending) === true)
  return messages.slice(0, -1)
}

const EXPIRED = '__:expired\r\n'

/** Keys that expired together are removed in an order of the server's own. */
const ordered = (events: readonly string[]): string[] => {
  const result: string[] = []
  let removed: string[] = []
  for (const event of [...events, '']) {
    if (event.includes(EXPIRED)) removed.push(event)
    else {
      result.push(...removed.sort(), event)
      removed = []
    }
  }
  return result
}

const show = (event: string | undefined): string => (event ? showReply(readReply(event)) : 'nothing')

/** The first point at which two servers told different things of keys, or undefined. */
export const eventsDiffer = (ourEvents: readonly string[], realEvents: readonly string[]): string | undefined => {
  const [ours, real] = [ordered(ourEvents), ordered(realEvents)]
  const at = real.findIndex((event, index) => event !== ours[index])
  if (at === -1 && ours.length === real.length) return undefined
  const point = at === -1 ? real.length : at
  return `event ${point + 1}, after ${show(real[point - 1])}:\n  real: ${show(real[point])}\n  ours: ${show(ours[point])}`
}
