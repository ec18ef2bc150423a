import { once } from 'node:events'
import { connect } from 'node:net'

const BATCH = 1000

/** A command in RESP. */
export const encodeCommand = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`

/** Sends `count` commands, a thousand at a time; each is answered by one line. */
export const fill = async (
  port: number,
  command: (index: number) => readonly string[],
  count: number,
): Promise<void> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let lines = 0
  let wake = (): void => {}
  socket.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++
    wake()
  })
  for (let from = 0; from < count; from += BATCH) {
    const to = Math.min(count, from + BATCH)
    let text = ''
    for (let i = from; i < to; i++) text += encodeCommand(command(i))
    socket.write(text, 'latin1')
    while (lines < to)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  socket.destroy()
}

/** Fractions that look random, the same with each run. */
const scattered = (index: number): number => (index * 0.618_033_988_749_894_9) % 1

/** ZADD of the member of an index, in one set and in no order. */
export const sortedSetMembers =
  (key: string, count: number) =>
  (index: number): readonly string[] => [
    'ZADD',
    key,
    String(Math.floor(scattered(index) * count)),
    `member:${String(index).padStart(12, '0')}`,
  ]

/** SET of a short string. */
export const shortString = (index: number): readonly string[] => [
  'SET',
  `key:${String(index).padStart(12, '0')}`,
  'value',
]

/** HSET of five fields with 80 bytes of text. */
export const hashOfFive = (index: number): readonly string[] => [
  ...['HSET', `user:${String(index).padStart(12, '0')}`],
  ...['name', `user ${index}`, 'email', `u${index}@example.com`, 'age', String(index % 90)],
  ...['city', 'Berlin', 'created', String(1_700_000_000 + index)],
]
