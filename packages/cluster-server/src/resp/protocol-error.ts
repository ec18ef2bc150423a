import { WireError } from '../wire-errors.js'

/** The client broke the protocol: it gets `message` as its last reply, and the connection is closed. */
export class ProtocolError extends WireError {
  constructor(reason: string) {
    super(`ERR Protocol error: ${reason}`)
  }
}
