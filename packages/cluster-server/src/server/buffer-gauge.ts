import type { ClientMemory } from '../commands/memory-state.js'
import type { Client } from '../dispatch/client.js'

/** What a connection takes without input and output, measured with 10,000 idle ones. */
const CLIENT_BYTES = 4096
/** Smaller buffers are part of `CLIENT_BYTES`: they come and go with every command. */
const SMALL_BUFFER_BYTES = 16 * 1024

/**
 * Knows what the buffers of clients take without looking at every client: connections tell of a buffer that has become
 * large, and only those are looked at, until they are small again.
 */
export class BufferGauge {
  readonly #clients: { readonly size: number }
  readonly #large = new Set<Client>()

  constructor(clients: { readonly size: number }) {
    this.#clients = clients
  }

  /** To be called when input or output has been left over. */
  note(client: Client, bytes: number): void {
    if (bytes > SMALL_BUFFER_BYTES) this.#large.add(client)
  }

  forget(client: Client): void {
    this.#large.delete(client)
  }

  get memory(): ClientMemory {
    let normalBytes = this.#clients.size * CLIENT_BYTES
    let replicaBytes = 0
    for (const client of this.#large) {
      const bytes = client.bufferBytes
      if (bytes <= SMALL_BUFFER_BYTES) this.#large.delete(client)
      else if (client.isReplica) replicaBytes += bytes
      else normalBytes += bytes
    }
    return { normalBytes, replicaBytes }
  }
}
