import type { ReplicaStatus } from '../commands/replication-state.js'
import type { ReplicaSession } from './replica-session.js'
import type { ReplicationHost } from './replication-host.js'

/** The replicas of a node, by the clients that they are. */
export class ReplicaList {
  readonly #host: ReplicationHost
  readonly #sessions = new Map<number, ReplicaSession>()
  /** Those that get the shared stream, listed anew when that changes. */
  #fed: readonly ReplicaSession[] = []

  constructor(host: ReplicationHost) {
    this.#host = host
  }

  get size(): number {
    return this.#sessions.size
  }

  get all(): Iterable<ReplicaSession> {
    return this.#sessions.values()
  }

  get statuses(): readonly ReplicaStatus[] {
    const nowMs = this.#host.clock.nowMs()
    return Array.from(this.all, (session) => session.status(nowMs))
  }

  /** Whether anybody gets the stream. */
  get isFed(): boolean {
    return this.#fed.length > 0
  }

  /** What is kept for those that get their copy. They share it: it is that of the one who waits longest. */
  get keptBytes(): number {
    let bytes = 0
    for (const session of this.#fed) bytes = Math.max(bytes, session.keptBytes)
    return bytes
  }

  get(clientId: number): ReplicaSession | undefined {
    return this.#sessions.get(clientId)
  }

  add(clientId: number, session: ReplicaSession): void {
    this.#sessions.set(clientId, session)
  }

  remove(session: ReplicaSession): void {
    for (const [clientId, candidate] of this.#sessions) {
      if (candidate === session) this.#sessions.delete(clientId)
    }
    this.sort()
  }

  /** To be called when one has come to the point from which it gets the stream. */
  sort(): void {
    this.#fed = Array.from(this.all).filter((session) => session.isFed)
  }

  /** A part of the shared stream. */
  feed(text: string): void {
    for (const session of this.#fed) session.write(text)
  }

  /** Number of replicas that acknowledged `offset` or more. */
  countAcknowledged(offset: number): number {
    return this.#fed.filter((session) => session.isOnline && session.acknowledgedOffset >= offset).length
  }

  /** Shows those who wait that this node is alive, and drops those that have said nothing for `repl-timeout` seconds. */
  tick(): void {
    const { config, clock, log } = this.#host
    const timeoutMs = config.number('repl-timeout') * 1000
    for (const session of [...this.all]) {
      session.keepAlive()
      if (!session.isTimedOut(clock.nowMs(), timeoutMs)) continue
      log(
        'warning',
        `Disconnecting timedout replica (${session.isOnline ? 'streaming' : 'full'} sync): ${session.name}`,
      )
      session.close()
    }
  }

  /** They have to begin anew, or to learn of another id. */
  dropAll(): void {
    for (const session of [...this.all]) session.close()
  }
}
