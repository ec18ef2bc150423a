import { writeSync } from 'node:fs'
import type { Dialogue } from '../../scripting/debugger/dialogue.js'
import { descriptorOf, readDescriptor } from './read-now.js'

const LOOK_PAUSE_MS = 2
/** How long a client that does not read is waited for. */
const WRITE_PATIENCE_MS = 5000

const pause = new Int32Array(new SharedArrayBuffer(4))
const wait = (): void => void Atomics.wait(pause, 0, 0, LOOK_PAUSE_MS)

/** Talks over a socket while the event loop stands still; null where its descriptor is not to be had. */
export const openDialogue = (socket: object): Dialogue | null => {
  const descriptor = descriptorOf(socket)
  if (descriptor === undefined) return null
  return {
    read() {
      for (;;) {
        const arrived = readDescriptor(descriptor)
        if (arrived === 'ended') return null
        if (arrived !== null) return arrived.toString('latin1')
        wait()
      }
    },
    write: (text) => writeAll(descriptor, Buffer.from(text, 'latin1')),
  }
}

/** What cannot be written is left: the next read tells that the other side has gone. */
const writeAll = (descriptor: number, bytes: Buffer): void => {
  const deadlineMs = performance.now() + WRITE_PATIENCE_MS
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written)
    } catch (error) {
      const isFull = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
      if (!isFull || performance.now() > deadlineMs) return
      wait()
    }
  }
}
