import type {
  ConfirmedWrites,
  Connection,
  ConnectionHealth,
  Outcome,
  PrimaryNode,
  ReplicaReadOptions,
  ReplicaReads,
  ReplicaWait,
  Request,
} from '../../connections/connection.js'

/** A view of a connection that sends other requests in place of those it is given. */
export class ConnectionView implements Connection {
  readonly name: string
  readonly kind: Connection['kind']
  readonly keyPrefix: string
  readonly origin: Connection
  readonly #inner: Connection
  readonly #instead: (request: Request) => Request

  /** @param instead What is sent in place of a request. */
  constructor(inner: Connection, instead: (request: Request) => Request) {
    this.name = inner.name
    this.kind = inner.kind
    this.keyPrefix = inner.keyPrefix
    this.origin = inner.origin ?? inner
    this.#inner = inner
    this.#instead = instead
  }

  send(request: Request): Promise<unknown> {
    return this.#inner.send(this.#instead(request))
  }

  execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    return this.#inner.execute(requests.map(this.#instead))
  }

  primaries(): Promise<readonly PrimaryNode[]> {
    return this.#inner.primaries()
  }

  replicaReads(options: ReplicaReadOptions): ReplicaReads {
    return this.#inner.replicaReads(options)
  }

  confirmedWrites(wait: ReplicaWait): ConfirmedWrites {
    return this.#inner.confirmedWrites(wait)
  }

  health(): Promise<ConnectionHealth> {
    return this.#inner.health()
  }

  /** Does nothing: the view has no sockets of its own. */
  async close(): Promise<void> {}
}
