import { createServer } from 'node:net'

const listens = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })

/**
 * A loopback port on which nothing listens at the moment, below the range that the system gives to outgoing
 * connections, and with `port + 10000` free as well: the port of the cluster bus. Another process may still take it first.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 12_000)
    if ((await listens(port)) !== undefined && (await listens(port + 10_000)) !== undefined) return port
  }
  throw new Error('no free loopback port between 10000 and 22000')
}
