import { closeSync, fsync, openSync, renameSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { type OpenSink, openFileSink, placeFile, type SaveSink, type SaveTarget } from './save-sink.js'
import { WriterProcess } from './writer-process.js'

const syncFile = promisify(fsync)

class ProcessSink implements SaveSink {
  readonly pid: number
  readonly gone: AbortSignal
  readonly temporary: string
  readonly #writer: WriterProcess
  readonly #final: string

  constructor(writer: WriterProcess, temporary: string, final: string) {
    this.#writer = writer
    this.pid = writer.pid
    this.gone = writer.gone
    this.temporary = temporary
    this.#final = final
  }

  write(bytes: Buffer): Promise<void> {
    return this.#writer.write(bytes)
  }

  async close(): Promise<void> {
    await this.#writer.end()
    const file = openSync(this.temporary, 'r+')
    await syncFile(file).finally(() => closeSync(file))
  }

  place(): void {
    placeFile(this.temporary, this.#final)
  }

  discard(): void {
    this.#writer.kill()
    rmSync(this.temporary, { force: true })
  }
}

/** Writes in a process of its own, as redis-server does; in this one where there is no such program. */
export const openProcessSink: OpenSink = (target: SaveTarget) => {
  const early = target.temporaryOf(process.pid)
  const file = openSync(early, 'w', 0o644)
  let writer: WriterProcess | null
  try {
    writer = WriterProcess.start(file)
  } finally {
    closeSync(file)
  }
  if (writer === null) return openFileSink(target)
  const temporary = target.temporaryOf(writer.pid)
  renameSync(early, temporary)
  return new ProcessSink(writer, temporary, target.final)
}
