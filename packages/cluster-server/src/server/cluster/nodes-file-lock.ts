import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { basename, dirname } from 'node:path'

/** Bytes of a name in the abstract namespace, the NUL at its start included. */
const NAME_BYTES = 108
const HEAD = '\0activeredis-nodes-'

/**
 * Holds a file of nodes against other processes of this program. Node offers no `flock`, and a lock that is a file can
 * outlive its owner, or be taken over by two processes that both find the owner dead. So the lock is the name of a Unix
 * socket in Linux' abstract namespace: bound to at most one process, with no trace on the disk, and given back by the
 * kernel however the process ends. It holds within one network namespace: containers that share a directory do not see
 * each other's. On other systems, which have no such names, nothing is held.
 */
export class NodesFileLock {
  readonly #server: Server | null

  private constructor(server: Server | null) {
    this.#server = server
  }

  /**
   * @param path of the file, with no symbolic link in it; the file need not exist, its directory must
   * @returns null when another process holds it
   */
  static acquire(path: string): NodesFileLock | null {
    if (process.platform !== 'linux') return new NodesFileLock(null)
    const server = createServer((socket) => socket.destroy())
    // Told of later; what counts is whether the name is bound when `listen` returns, as it is for all but TCP by name.
    server.on('error', () => {})
    server.listen({ path: nameOf(path) })
    if (!server.listening) return null
    server.unref()
    return new NodesFileLock(server)
  }

  /** Idempotent. */
  release(): void {
    this.#server?.close()
  }
}

/**
 * The directory counts by its inode, so that every path to it makes the same name. The name fills its place, because
 * versions of libuv differ in whether a shorter one ends where its text ends.
 */
const nameOf = (path: string): string => {
  const { dev, ino } = statSync(dirname(path))
  const digest = createHash('sha512')
    .update(`${dev}:${ino}:${basename(path)}`, 'utf8')
    .digest('hex')
  return HEAD + digest.slice(0, NAME_BYTES - HEAD.length)
}

/**
 * Whether another process, such as a redis-server, holds a `flock` on a file. Linux lists such locks by device and
 * inode; on file systems that give their files devices of their own (overlayfs, btrfs) the numbers differ from those of
 * `stat`, so there the process is asked for its open files.
 */
export const isFlocked = (path: string, file: Stats): boolean => {
  if (process.platform !== 'linux') return false
  for (const line of linesOf('/proc/locks')) {
    const lock = /^\d+: FLOCK +\S+ +\S+ +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (lock === null || Number(lock[4]) !== file.ino) continue
    const [, pid = '', major = '', minor = ''] = lock
    if (deviceOf(Number.parseInt(major, 16), Number.parseInt(minor, 16)) === file.dev || hasOpen(pid, path)) return true
  }
  return false
}

const linesOf = (path: string): string[] => {
  try {
    return readFileSync(path, 'latin1').split('\n')
  } catch {
    return []
  }
}

/** How Linux packs both numbers of a device, as far as they have 32 bits. */
const deviceOf = (major: number, minor: number): number =>
  (major & 0xfff) * 0x100 + (minor & 0xff) + (minor & 0xfff00) * 0x1000

const hasOpen = (pid: string, path: string): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => opens(`/proc/${pid}/fd/${descriptor}`, path))
  } catch {
    return false
  }
}

const opens = (link: string, path: string): boolean => {
  try {
    return readlinkSync(link) === path
  } catch {
    return false
  }
}
