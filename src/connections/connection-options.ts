/** Where a node listens. */
export interface NodeAddress {
  /** Host name or IP address; an IPv6 address without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
}

/** Encryption between client and server. `true` uses the system's certificate authorities. */
export interface TlsOptions {
  /** Certificate authority in PEM, instead of the system's. */
  readonly ca?: string
  /** File with the certificate authority in PEM; read when a socket opens. */
  readonly caFile?: string
  /** The client's own certificate in PEM, where the server asks for one. */
  readonly cert?: string
  readonly certFile?: string
  /** Private key of `cert` in PEM. */
  readonly key?: string
  readonly keyFile?: string
  /** Name that the server's certificate must carry, where it differs from the host. */
  readonly servername?: string
  /** False accepts any certificate, and so any man in the middle. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** What all connections to a server have in common. */
export interface CommonConnectionOptions {
  /** Put before every key, default ''. It must not contain `{` or `}`, which would change the slot of a key. */
  readonly keyPrefix?: string
  /** Longest time in milliseconds for a socket to open and authenticate, default 5000. */
  readonly connectTimeoutMs?: number
  /** Longest silence in milliseconds of a server that owes an answer, default 30000. Then the socket is given up. */
  readonly requestTimeoutMs?: number
  /**
   * How long in milliseconds a request is tried again while a server is away, loading or failing over, default 10000.
   * 0: the first failure is final. The very first attempt to connect is never repeated.
   */
  readonly retryForMs?: number
}

/** Credentials and encryption. */
export interface SecurityOptions {
  /** ACL user, with `password`. */
  readonly username?: string
  readonly password?: string
  readonly tls?: boolean | TlsOptions
}

/** One server: `redis://`, `rediss://`. */
export interface StandaloneOptions extends CommonConnectionOptions, SecurityOptions {
  readonly kind: 'standalone'
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 6379. */
  readonly port?: number
  /** Number of the database, default 0. */
  readonly database?: number
  /** Replicas of this server, for reads that may be answered by one. Default none. Same credentials, TLS and database. */
  readonly replicas?: readonly NodeAddress[]
}

/** A cluster: `redis+cluster://`, `rediss+cluster://`. */
export interface ClusterOptions extends CommonConnectionOptions, SecurityOptions {
  readonly kind: 'cluster'
  /** Nodes to ask for the rest; one that answers is enough, several survive the loss of one. */
  readonly nodes: readonly NodeAddress[]
  /** Reachable address by the address that the cluster announces (`10.0.0.5:6379`), for nodes behind NAT. */
  readonly natMap?: Readonly<Record<string, NodeAddress>>
  /** Longest chain of MOVED and ASK answers that one request follows, default 16. */
  readonly maxRedirections?: number
}

/** A cluster of `@activeredis/cluster-server` inside this process: `embedded://`. Its data ends with the connection. */
export interface EmbeddedOptions extends CommonConnectionOptions {
  readonly kind: 'embedded'
  /** Default 3. */
  readonly primaries?: number
  /** Replicas of each primary, default 0. */
  readonly replicas?: number
}

/** How a connection is configured. The kind is always stated: a cluster is never guessed from its answers. */
export type ConnectionOptions = StandaloneOptions | ClusterOptions | EmbeddedOptions

/** Values of the options that were not given. */
export const connectionDefaults = {
  host: '127.0.0.1',
  port: 6379,
  database: 0,
  keyPrefix: '',
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  retryForMs: 10_000,
  maxRedirections: 16,
  primaries: 3,
  replicas: 0,
} as const
