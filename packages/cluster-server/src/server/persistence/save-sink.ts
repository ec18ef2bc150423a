import { closeSync, fsync, openSync, renameSync, rmSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { syncDirectory } from './dataset-file.js'

/** The files of a save in the background. */
export interface SaveTarget {
  /** The name of the temporary file, by the process that writes it. */
  readonly temporaryOf: (pid: number) => string
  readonly final: string
}

/** Where a save in the background goes to. Errors are those of the system. */
export interface SaveSink {
  /** The process that writes. */
  readonly pid: number
  readonly temporary: string
  /** Aborted when nothing can be written any more; `write` says why. */
  readonly gone: AbortSignal
  write(bytes: Buffer): Promise<void>
  /** Makes sure that all is on the disk. */
  close(): Promise<void>
  /** Puts what was written in the place of the old file, once it is closed. */
  place(): void
  /** Ends the writing and removes what was written, at once. */
  discard(): void
}

/** Begins to write a file. @throws the system's error */
export type OpenSink = (target: SaveTarget) => SaveSink

const writeFile = promisify(write)
const syncFile = promisify(fsync)

/** Puts a file that is on the disk in the place of another one. */
export const placeFile = (temporary: string, final: string): void => {
  renameSync(temporary, final)
  syncDirectory(final)
}

class FileSink implements SaveSink {
  readonly pid = process.pid
  readonly temporary: string
  readonly gone = new AbortController().signal
  readonly #final: string
  #file: number

  constructor({ temporaryOf, final }: SaveTarget) {
    this.temporary = temporaryOf(process.pid)
    this.#final = final
    this.#file = openSync(this.temporary, 'w', 0o644)
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += (await writeFile(this.#file, bytes, at)).bytesWritten
  }

  async close(): Promise<void> {
    await syncFile(this.#file)
    this.#closeFile()
  }

  place(): void {
    placeFile(this.temporary, this.#final)
  }

  discard(): void {
    this.#closeFile()
    rmSync(this.temporary, { force: true })
  }

  #closeFile(): void {
    if (this.#file !== -1) closeSync(this.#file)
    this.#file = -1
  }
}

/** Writes in this process. */
export const openFileSink: OpenSink = (target) => new FileSink(target)
