import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type RunningServer, startOurServer, startRedisServer } from '../programs.js'
import { fill, hashOfFive, shortString, sortedSetMembers } from './fill.js'
import { judged } from './paired-rounds.js'

const KEYS = 1_000_000
const CONNECTIONS = 10_000
/** How long a server is left alone before its memory is read, so that it can give back what it does not need. */
const REST_MS = 10_000

const LOADS = [
  { title: 'hash of five fields', command: hashOfFive, gate: 3 },
  { title: 'short string', command: shortString, gate: 3 },
  { title: 'member of one sorted set', command: sortedSetMembers('large', KEYS), gate: 3 },
] as const

/** Resident bytes for each of 1,000,000 hashes, strings and members, each in fresh servers; and for idle connections. */
export const benchMemory = async (ours: RunningServer, peer: RunningServer): Promise<void> => {
  console.log(`node: resident bytes, by growth of the process over ${KEYS} entries or ${CONNECTIONS} connections`)
  for (const { title, command, gate } of LOADS) {
    const [mine, theirs] = [await growth(startOurServer, command), await growth(startRedisServer, command)]
    console.log(
      `  ${title.padEnd(26)} ours ${mine.toFixed(0)}, redis-server ${theirs.toFixed(0)}: ${judged(mine / theirs, '<=', gate)}`,
    )
  }
  const [mine, theirs] = [await idleBytes(ours), await idleBytes(peer)]
  console.log(
    `  idle connection            ours ${mine.toFixed(0)}, redis-server ${theirs.toFixed(0)}: ${(mine / theirs).toFixed(2)}`,
  )
}

const growth = async (
  start: () => Promise<RunningServer>,
  command: (index: number) => readonly string[],
): Promise<number> => {
  const server = await start()
  try {
    const before = server.residentBytes()
    await fill(server.port, command, KEYS)
    await delay(REST_MS)
    return (server.residentBytes() - before) / KEYS
  } finally {
    await server.stop()
  }
}

const idleBytes = async (server: RunningServer): Promise<number> => {
  const before = server.residentBytes()
  const sockets: Socket[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    sockets.push(socket)
  }
  await delay(2000)
  const bytes = (server.residentBytes() - before) / CONNECTIONS
  for (const socket of sockets) socket.destroy()
  return bytes
}
