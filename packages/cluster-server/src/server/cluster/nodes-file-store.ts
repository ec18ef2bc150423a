import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { formatNodesFile, type NodesFile, NodesFileError, parseNodesFile } from '../../cluster/nodes-file.js'
import { systemErrorText } from '../../persistence/user-file-storage.js'
import { syncDirectory } from '../persistence/dataset-file.js'
import { isFlocked, NodesFileLock } from './nodes-file-lock.js'

/** The least page of memory, which is what a file system changes as one. */
const PAGE_BYTES = 4096
/** So long a file that was written over stays so, until it is replaced. */
const OVERWRITTEN_MS = 500

/** A node cannot start with a file of nodes; the message is what redis-server would write to its log, or begins with it. */
export class NodesFileStoreError extends Error {
  override readonly name = 'NodesFileStoreError'
}

/** The file in which a node keeps what it knows of its cluster, `cluster-config-file`, held for this process alone. */
export class NodesFileStore {
  /** What the file held when it was opened; null when it was empty or not there. */
  readonly loaded: NodesFile | null
  readonly #path: string
  readonly #mode: number
  readonly #lock: NodesFileLock
  /** While the file is one that was written over. */
  #overwritten: { readonly timer: NodeJS.Timeout; text: string } | null = null

  private constructor(path: string, mode: number, lock: NodesFileLock, loaded: NodesFile | null) {
    this.#path = path
    this.#mode = mode
    this.#lock = lock
    this.loaded = loaded
  }

  /**
   * Locks and reads a file. One that is not there is made, empty, as redis-server does.
   *
   * A redis-server that runs on the file is seen; one that is started on it later is not held off, because it locks with
   * `flock`, which Node does not offer.
   * @param warn is told of variables in the file that are passed over
   * @throws NodesFileStoreError when the file cannot be written to, belongs to another process, or is damaged; then it
   *   stays as it is
   */
  static open(path: string, warn?: (message: string) => void): NodesFileStore {
    const file = touch(path)
    // The file behind a symbolic link is the one to be replaced, and to be locked.
    const target = realpathSync(path)
    const lock = isFlocked(target, file) ? null : NodesFileLock.acquire(target)
    if (lock === null) throw new NodesFileStoreError(usedMessage(path))
    try {
      // Of a process that died while it saved: the lock says that it is nobody's.
      rmSync(temporaryOf(target), { force: true })
      return new NodesFileStore(target, file.mode & 0o777, lock, read(path, warn))
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /**
   * Changes the file, whole or not at all, whenever this process ends; with `fsync` also whenever the machine does.
   * @param fsync whether it is on the disk when this returns; else a crash of the machine may undo it for half a second
   * @throws the system's error; the file is as it was, and no other one is left
   */
  save(file: NodesFile, fsync: boolean): void {
    const text = formatNodesFile(file)
    if (fsync || !this.#overwrite(text)) this.#replace(text, fsync)
    else if (this.#overwritten !== null) this.#overwritten.text = text
    else this.#overwritten = { timer: setTimeout(() => this.#tidy(), OVERWRITTEN_MS).unref(), text }
  }

  /**
   * Writes over a file of one page, as long as it needs no more room: Linux changes a page, and writes it to the disk, in
   * one piece, where to replace the file costs a hundred times as much, and a wait for the disk on some file systems: too
   * much for each of a thousand slots that are moved one after the other. Its size stays, because it gets to the disk on its
   * own: what is left over becomes empty lines, which mean nothing. Soon after the first of these changes, and so at the end
   * of them, the file is replaced.
   * @returns false when it is to be replaced instead
   */
  #overwrite(text: string): boolean {
    let descriptor = -1
    try {
      descriptor = openSync(this.#path, 'r+')
      const { size, blksize, nlink } = fstatSync(descriptor)
      // With a second name it may be somebody's copy.
      if (text.length > size || size > Math.min(PAGE_BYTES, blksize) || nlink !== 1) return false
      return writeSync(descriptor, text.padEnd(size, '\n'), 0, 'latin1') === size
    } catch {
      return false
    } finally {
      if (descriptor !== -1) closeSync(descriptor)
    }
  }

  /** Replaces a file that was written over, with a wait for the disk. */
  #tidy(): void {
    const overwritten = this.#forgetOverwritten()
    if (overwritten === null) return
    try {
      this.#replace(overwritten, true)
    } catch {
      // All of it is in the file; the next change that has to be on the disk fails where it can be told.
    }
  }

  #forgetOverwritten(): string | null {
    const text = this.#overwritten?.text ?? null
    if (this.#overwritten !== null) clearTimeout(this.#overwritten.timer)
    this.#overwritten = null
    return text
  }

  #replace(text: string, fsync: boolean): void {
    this.#forgetOverwritten()
    const temporary = temporaryOf(this.#path)
    let descriptor = -1
    try {
      descriptor = openSync(temporary, 'w', this.#mode)
      fchmodSync(descriptor, this.#mode)
      writeFileSync(descriptor, text, 'latin1')
      if (fsync) fsyncSync(descriptor)
      closeSync(descriptor)
      descriptor = -1
      renameSync(temporary, this.#path)
    } catch (error) {
      if (descriptor !== -1) closeSync(descriptor)
      rmSync(temporary, { force: true })
      throw error
    }
    if (fsync) syncDirectory(this.#path)
  }

  /** Lets others have the file. Idempotent. */
  close(): void {
    this.#tidy()
    this.#lock.release()
  }
}

const temporaryOf = (path: string): string => `${path}.tmp`

const usedMessage = (path: string): string =>
  `Sorry, the cluster configuration file ${path} is already used by a different Redis Cluster node. ` +
  'Please make sure that different nodes use different cluster configuration files.'

/** Makes sure that there is a file, and that it can be written to. */
const touch = (path: string): Stats => {
  try {
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o644)
    try {
      return fstatSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw new NodesFileStoreError(`Can't open ${path} in order to acquire a lock: ${systemErrorText(error)}`)
  }
}

const read = (path: string, warn?: (message: string) => void): NodesFile | null => {
  try {
    const text = readFileSync(path, 'latin1')
    return text === '' ? null : parseNodesFile(text, warn)
  } catch (error) {
    if (!(error instanceof NodesFileError)) {
      throw new NodesFileStoreError(`Loading the cluster node config from ${path}: ${systemErrorText(error)}`)
    }
    const place = error.lineNumber === undefined ? path : `${path}, line ${error.lineNumber}`
    throw new NodesFileStoreError(`Unrecoverable error: corrupted cluster config file. ${place}: ${error.reason}`, {
      cause: error,
    })
  }
}
