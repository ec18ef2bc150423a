import type { FailoverRequest, FailoverState, ReplicaStatus } from '../commands/replication-state.js'
import type { ReplicationHost } from './replication-host.js'

/** How often it is looked whether a replica has caught up. */
const TICK_MS = 100

/** What a failover needs of the replication that it belongs to. */
export interface FailoverOwner {
  readonly host: ReplicationHost
  readonly offset: number
  readonly replicas: readonly ReplicaStatus[]
  follow(host: string, port: number): void
  becomePrimary(): void
}

interface Attempt {
  readonly request: FailoverRequest
  readonly target: { readonly host: string; readonly port: number } | null
  /** Null: never. */
  readonly dueAtMs: number | null
  readonly isHandingOver: boolean
}

/**
 * FAILOVER: a primary hands its role over to one of its replicas. It holds writes back until a replica has everything
 * (or the time is up), becomes a replica of that one, and asks it to become the primary with PSYNC.
 */
export class CoordinatedFailover {
  readonly #owner: FailoverOwner
  #attempt: Attempt | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(owner: FailoverOwner) {
    this.#owner = owner
  }

  get state(): FailoverState {
    if (this.#attempt === null) return 'no-failover'
    return this.#attempt.isHandingOver ? 'failover-in-progress' : 'waiting-for-sync'
  }

  /** Nothing may be added to the stream: it would never be acknowledged before the time is up. */
  get holdsPings(): boolean {
    return this.#attempt !== null && this.#attempt.dueAtMs !== null && this.#owner.host.isPaused()
  }

  begin(request: FailoverRequest): void {
    const { host } = this.#owner
    const { target, timeoutMs } = request
    host.log(
      'notice',
      target === null ? 'FAILOVER requested to any replica.' : `FAILOVER requested to ${target.host}:${target.port}.`,
    )
    const dueAtMs = timeoutMs === 0 ? null : host.clock.nowMs() + timeoutMs
    this.#attempt = { request, target, dueAtMs, isHandingOver: false }
    host.pauseWrites()
    this.#timer ??= setInterval(() => this.tick(), TICK_MS).unref()
  }

  /** A replica has said how far it is: looks at it, behind what arrived together. */
  noteAcknowledgement(): void {
    if (this.#attempt !== null) setImmediate(() => this.tick())
  }

  /** Looks whether a replica has caught up, or the time is up. */
  tick(): void {
    const attempt = this.#attempt
    if (attempt === null || attempt.isHandingOver) return
    const { host, offset, replicas } = this.#owner
    if (attempt.dueAtMs !== null && attempt.dueAtMs <= host.clock.nowMs()) {
      if (!attempt.request.isForced || attempt.target === null) {
        this.abort('Replica never caught up before timeout')
        return
      }
      const { target } = attempt
      host.log('notice', `FAILOVER to ${target.host}:${target.port} time out exceeded, failing over.`)
      this.#handOver(attempt, target)
      return
    }
    const { target } = attempt
    const equal = replicas.find(
      (replica) =>
        replica.offset === offset &&
        (target === null || (replica.host === target.host && replica.port === target.port)),
    )
    if (equal === undefined) return
    host.log('notice', `Failover target ${equal.host}:${equal.port} is synced, failing over.`)
    this.#handOver(attempt, { host: equal.host, port: equal.port })
  }

  /** The replica that is to take over has answered. @returns false when it refused, and this node is the primary again */
  answered(isAccepted: boolean): boolean {
    if (this.#attempt?.isHandingOver !== true) return true
    if (isAccepted) this.#end()
    else this.abort('Failover target rejected psync request')
    return isAccepted
  }

  abort(reason: string): void {
    const attempt = this.#attempt
    if (attempt === null) return
    const { target, isHandingOver } = attempt
    const goal = target === null ? 'any replica' : `${target.host}:${target.port}`
    this.#owner.host.log('notice', `FAILOVER to ${goal} aborted: ${reason}`)
    if (isHandingOver) this.#owner.becomePrimary()
    this.#end()
  }

  /** Stops looking. */
  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #handOver(attempt: Attempt, target: { readonly host: string; readonly port: number }): void {
    this.#attempt = { ...attempt, target, isHandingOver: true }
    this.#owner.follow(target.host, target.port)
  }

  #end(): void {
    this.#attempt = null
    this.close()
    this.#owner.host.unpause()
  }
}
