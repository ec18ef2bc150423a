import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConfigReader } from '../../commands/settings.js'
import type { CopyStore } from '../../peers/arriving-copy.js'
import { syncDirectory } from './dataset-file.js'
import { datasetPath } from './dataset-settings.js'

/** The copy that a replica receives, in a temporary file that becomes the file of the node. */
export class ReceivedFile implements CopyStore {
  readonly #final: string
  #path: string
  #file: number
  #readPosition = 0

  /** @throws the system's error */
  constructor(config: ConfigReader, nowSeconds: number) {
    this.#final = datasetPath(config)
    this.#path = join(dirname(this.#final), `temp-${nowSeconds}.${process.pid}.rdb`)
    this.#file = openSync(this.#path, 'w+', 0o644)
  }

  append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
  }

  read(buffer: Uint8Array, at: number): number {
    const count = readSync(this.#file, buffer, at, buffer.length - at, this.#readPosition)
    this.#readPosition += count
    return count
  }

  place(): void {
    renameSync(this.#path, this.#final)
    this.#path = ''
    syncDirectory(this.#final)
  }

  close(): void {
    if (this.#file !== -1) closeSync(this.#file)
    this.#file = -1
    if (this.#path !== '') rmSync(this.#path, { force: true })
  }
}
