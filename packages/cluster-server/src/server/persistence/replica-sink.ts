import type { CopySink } from '../../peers/replication-host.js'
import type { SaveSink } from './save-sink.js'
import { WriterProcess } from './writer-process.js'

/** Hands a copy to replicas as it is made. */
class ReplicaSink implements SaveSink {
  readonly pid = process.pid
  readonly temporary = ''
  readonly gone = new AbortController().signal
  readonly #replicas: CopySink

  constructor(replicas: CopySink) {
    this.#replicas = replicas
  }

  write(bytes: Buffer): Promise<void> {
    return this.#replicas.write(bytes)
  }

  async close(): Promise<void> {}

  place(): void {}

  discard(): void {}
}

/** The same through a process, by which whoever looks after the server can see the transfer, and end it. */
class ReplicaProcessSink implements SaveSink {
  readonly pid: number
  readonly temporary = ''
  readonly gone: AbortSignal
  readonly #writer: WriterProcess
  #written: Promise<void> = Promise.resolve()

  constructor(writer: WriterProcess, replicas: CopySink) {
    this.#writer = writer
    this.pid = writer.pid
    this.gone = writer.gone
    const { output } = writer
    output?.on('data', (bytes: Buffer) => {
      output.pause()
      this.#written = replicas.write(bytes).then(() => void output.resume())
    })
  }

  write(bytes: Buffer): Promise<void> {
    return this.#writer.write(bytes)
  }

  async close(): Promise<void> {
    await this.#writer.end()
    await this.#written
  }

  place(): void {}

  discard(): void {
    this.#writer.kill()
  }
}

/** @param usesProcess Whether a process of its own passes the copy on. */
export const openReplicaSink = (replicas: CopySink, usesProcess: boolean): SaveSink => {
  const writer = usesProcess ? WriterProcess.start('pipe') : null
  return writer === null ? new ReplicaSink(replicas) : new ReplicaProcessSink(writer, replicas)
}
