import type { ClientConnection } from '../dispatch/client.js'
import type { PrimaryEndpoint } from '../peers/replication-host.js'

/** The link to a primary as the connection of a client: it is listed and can be closed, and sends nothing by itself. */
export class PrimaryConnection implements ClientConnection {
  readonly inputBytes = 0
  readonly unfinishedBytes = 0
  readonly reservedInputBytes = 0
  readonly unfinishedWords = { count: 0, bytes: 0 }
  readonly bufferedBytes = 0
  readonly #endpoint: PrimaryEndpoint

  constructor(endpoint: PrimaryEndpoint) {
    this.#endpoint = endpoint
  }

  close(): void {
    this.#endpoint.close()
  }

  closeAfterFlush(): void {
    this.#endpoint.close()
  }

  write(): void {}

  scheduleFlush(): void {}

  resume(): void {}

  refuseLongReply(): boolean {
    return false
  }

  openDialogue(): null {
    return null
  }

  /** Nobody but the link itself has to know. */
  onClose(): void {}
}
