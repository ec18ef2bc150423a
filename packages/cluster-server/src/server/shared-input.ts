import { Socket } from 'node:net'
import type { AcceptedSocket } from './busy/relayed-socket.js'

const BUFFER_BYTES = 64 * 1024

/** Takes what has arrived; the bytes are overwritten as soon as it returns. */
export type InputListener = (buffer: Buffer, length: number) => void

/** One buffer for all connections: what is in it has been copied before the next socket is read. */
const shared = Buffer.allocUnsafeSlow(BUFFER_BYTES)

/** A socket that reads into the buffer that all of them share, where Node would allocate 64 KiB for every read. */
export class SharedInputSocket extends Socket {
  #listener: InputListener | null = null

  private constructor(handle: object) {
    const input = {
      buffer: shared,
      callback: (length: number): boolean => {
        this.#listener?.(shared, length)
        return true
      },
    }
    const options = { allowHalfOpen: false, handle, onread: input }
    super(options)
  }

  /**
   * The connection of `socket`, which is not to be used any more; `socket` itself where Node hides what is needed, and
   * for connections of another kind.
   */
  static takeOver(socket: AcceptedSocket): AcceptedSocket {
    // Hazard: the handle is not part of Node's documented interface (`onread` is): without it every read allocates.
    if (!(socket instanceof Socket) || !('_handle' in socket)) return socket
    const handle: unknown = socket._handle
    if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return socket
    const successor = new SharedInputSocket(handle)
    socket._handle = null
    socket.destroy()
    return successor
  }

  /** Has what arrives handed to `listener` in place of events. */
  onInput(listener: InputListener): void {
    this.#listener = listener
  }
}
