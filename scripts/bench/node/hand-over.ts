import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { RunningServer } from '../programs.js'
import { median } from '../statistics.js'
import { encodeCommand } from './fill.js'

const SUBSCRIBERS = 100
const MESSAGES = 2000
const HAND_OVERS = 5000
const ROUNDS = 5

/** Messages to many subscribers, and elements handed to a client that waits. */
export const benchLatency = async (ours: RunningServer, peer: RunningServer): Promise<void> => {
  console.log('node: rates as ratios to redis-server')
  for (const [title, measure] of [
    [`messages to ${SUBSCRIBERS} subscribers`, publishRate],
    ['BLPOP handed over by RPUSH', handOverRate],
  ] as const) {
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round++) ratios.push((await measure(ours.port)) / (await measure(peer.port)))
    console.log(`  ${title.padEnd(34)} ${median(ratios).toFixed(2)}`)
  }
}

/** A connection that counts the answers and messages it gets by the times a text occurs. */
class Listener {
  readonly socket: Socket
  readonly #mark: string
  #count = 0
  #rest = ''
  #wake = (): void => {}

  constructor(socket: Socket, mark: string) {
    this.socket = socket
    this.#mark = mark
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      const parts = (this.#rest + chunk).split(this.#mark)
      this.#rest = (parts.at(-1) ?? '').slice(1 - this.#mark.length)
      this.#count += parts.length - 1
      this.#wake()
    })
  }

  async reach(count: number): Promise<void> {
    while (this.#count < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

const open = async (port: number, mark: string): Promise<Listener> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return new Listener(socket, mark)
}

const publishRate = async (port: number): Promise<number> => {
  const subscribers: Listener[] = []
  for (let i = 0; i < SUBSCRIBERS; i++) {
    const subscriber = await open(port, 'subscribe\r\n')
    subscriber.socket.write(encodeCommand(['SUBSCRIBE', 'news']))
    await subscriber.reach(1)
    subscriber.socket.removeAllListeners('data')
    subscribers.push(new Listener(subscriber.socket, 'a message'))
  }
  const publisher = await open(port, ':100\r\n')
  const startedAt = performance.now()
  publisher.socket.write(encodeCommand(['PUBLISH', 'news', 'a message']).repeat(MESSAGES))
  await Promise.all([publisher.reach(MESSAGES), ...subscribers.map((each) => each.reach(MESSAGES))])
  const seconds = (performance.now() - startedAt) / 1000
  for (const { socket } of [publisher, ...subscribers]) socket.destroy()
  return (MESSAGES * SUBSCRIBERS) / seconds
}

const handOverRate = async (port: number): Promise<number> => {
  const waiter = await open(port, 'an element')
  const pusher = await open(port, ':1\r\n')
  const startedAt = performance.now()
  for (let i = 1; i <= HAND_OVERS; i++) {
    waiter.socket.write(encodeCommand(['BLPOP', 'queue', '0']))
    pusher.socket.write(encodeCommand(['RPUSH', 'queue', 'an element']))
    await Promise.all([waiter.reach(i), pusher.reach(i)])
  }
  const seconds = (performance.now() - startedAt) / 1000
  for (const { socket } of [waiter, pusher]) socket.destroy()
  return HAND_OVERS / seconds
}
