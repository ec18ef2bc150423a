import { readSync } from 'node:fs'
import { RelayedSocket } from './relayed-socket.js'

const CHUNK_BYTES = 64 * 1024
const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)

/** The descriptor of a socket; undefined where the platform has none, or Node hides it. */
export const descriptorOf = (socket: object): number | undefined => {
  // Hazard: the handle is not part of Node's documented interface; without it, others wait until the script has ended.
  const handle: unknown = '_handle' in socket ? socket._handle : undefined
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}

/** What has arrived; null when there is nothing, `ended` when nothing will come any more. */
export type Arrival = Buffer | null | 'ended'

/**
 * What has arrived on a socket, without a turn of the event loop, which would hand it over otherwise. Errors are left to the
 * event loop.
 */
export const readNow = (socket: object): Arrival => {
  if (socket instanceof RelayedSocket) return socket.takeNow()
  const descriptor = descriptorOf(socket)
  return descriptor === undefined ? null : readDescriptor(descriptor)
}

/** As `readNow`, for a descriptor that does not block. */
export const readDescriptor = (descriptor: number): Arrival => {
  const { stackTraceLimit } = Error
  // An exception is how "nothing there" is told; it need not know where.
  Error.stackTraceLimit = 0
  try {
    const length = readSync(descriptor, buffer, 0, CHUNK_BYTES, null)
    return length === 0 ? 'ended' : Buffer.from(buffer.subarray(0, length))
  } catch {
    return null
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
