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

/**
 * What has arrived on a socket, without a turn of the event loop, which would hand it over otherwise; null when there
 * is nothing. The end of the stream and errors are left to the event loop.
 */
export const readNow = (socket: object): Buffer | null => {
  if (socket instanceof RelayedSocket) return socket.takeNow()
  const descriptor = descriptorOf(socket)
  return descriptor === undefined ? null : readDescriptor(descriptor)
}

/** As `readNow`, for a descriptor that does not block. */
export const readDescriptor = (descriptor: number): Buffer | null => {
  const { stackTraceLimit } = Error
  // An exception is how "nothing there" is told; it need not know where.
  Error.stackTraceLimit = 0
  try {
    const length = readSync(descriptor, buffer, 0, CHUNK_BYTES, null)
    return length === 0 ? null : Buffer.from(buffer.subarray(0, length))
  } catch {
    return null
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
