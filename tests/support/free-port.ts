import { mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Marks of ports that were given out lately, by all processes of this machine's tests: a file for each. */
const RESERVATIONS = path.join(tmpdir(), 'activeredis-test-ports')
const RESERVED_MS = 30 * 60_000

const listens = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })

/** Reserves a port. @returns false when it was given out lately */
const reserve = async (port: number): Promise<boolean> => {
  const file = path.join(RESERVATIONS, String(port))
  try {
    await writeFile(file, '', { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const now = new Date()
  if (now.getTime() - (await stat(file)).mtimeMs < RESERVED_MS) return false
  await utimes(file, now, now)
  return true
}

/**
 * A loopback port on which nothing listens at the moment, below the range that the system gives to outgoing
 * connections, and with `port + 10000` free as well: the port of the cluster bus. It is given out only once in half an hour:
 * the nodes of a cluster go on looking for one of them that has ended, and must not find that of another cluster at its port.
 */
export async function freePort(): Promise<number> {
  await mkdir(RESERVATIONS, { recursive: true })
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 12_000)
    if (!(await reserve(port))) continue
    if ((await listens(port)) !== undefined && (await listens(port + 10_000)) !== undefined) return port
  }
  throw new Error('no free loopback port between 10000 and 22000')
}
