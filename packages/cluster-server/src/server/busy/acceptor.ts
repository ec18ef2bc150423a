import { hasPendingConnections } from './pending-connections.js'
import { descriptorOf } from './read-now.js'
import { RelayProcess } from './relay-process.js'
import type { AcceptedSocket } from './relayed-socket.js'

/** How often it is looked whether somebody waits. */
const LOOK_PAUSE_MS = 20

/** What the acceptor needs of its node. */
export interface AcceptorHost {
  readonly port: number
  /** The file of the child process. */
  readonly program: string
  /** The first socket on which the node listens: newcomers by another address wait for the end of the script. */
  readonly listener: object | null
  accept(socket: AcceptedSocket): void
}

/**
 * Takes new connections while a script keeps the event loop from turning. Node cannot accept one within a call: a child
 * process does, which is started only when somebody waits.
 */
export class Acceptor {
  readonly #host: AcceptorHost
  readonly #relays = new Set<RelayProcess>()
  #isListening = false
  #nextLookAt = 0

  constructor(host: AcceptorHost) {
    this.#host = host
  }

  /** Lets in who waits, within the call; to be called again and again while a script runs. */
  serveNow(): void {
    const now = performance.now()
    if (!this.#isListening && now >= this.#nextLookAt) {
      this.#nextLookAt = now + LOOK_PAUSE_MS
      if (hasPendingConnections(this.#host.port)) this.#start()
    }
    for (const relay of this.#relays) relay.serveNow()
  }

  close(): void {
    for (const relay of this.#relays) relay.close()
  }

  #start(): void {
    const { program, listener } = this.#host
    const descriptor = listener === null ? undefined : descriptorOf(listener)
    if (descriptor === undefined) return
    const relay: RelayProcess = new RelayProcess({
      program,
      descriptor,
      accept: (socket) => this.#host.accept(socket),
      ended: () => this.#relays.delete(relay),
    })
    this.#relays.add(relay)
    this.#isListening = true
    // The event loop turns again when the script has ended, and accepts by itself.
    setImmediate(() => {
      this.#isListening = false
      relay.stopListening()
    })
  }
}
