import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'

/**
 * Takes connections on a path, in place of whatever was there. Closing the server removes it.
 * @param mode permissions of the path; 0 leaves those of the process
 * @throws the system's error when the path cannot be used
 */
export const listenOnUnixSocket = (path: string, mode: number, accept: (socket: Socket) => void): Promise<Server> =>
  new Promise((resolve, reject) => {
    rmSync(path, { force: true })
    const server = createServer(accept)
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      server.on('error', () => {})
      if (mode !== 0) chmodSync(path, mode)
      resolve(server)
    })
  })
