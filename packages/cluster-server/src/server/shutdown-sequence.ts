import type { ServerState, ShutdownAttempt, ShutdownRequest } from '../commands/context.js'
import type { Persistence } from './persistence/persistence.js'

/** The parts of a node that take part in its end. */
export interface ShutdownHost {
  readonly server: ServerState
  readonly persistence: Persistence
  /** Closes the node for good. */
  readonly close: () => void
}

/** How often it is looked whether the replicas have caught up. */
const POLL_MS = 20
/** As long as a timer of Node can wait. */
const FOR_GOOD_MS = 2 ** 31 - 1

interface Attempt {
  readonly request: ShutdownRequest
  readonly onFailure: () => void
  hasFailed: boolean
  isFinishing: boolean
}

/** Ends a node: waits for its replicas, writes the file, closes. What fails or is aborted leaves the node as it was. */
export class ShutdownSequence {
  /** Unix time in milliseconds at which replicas are not waited for any longer; null while they are not waited for. */
  dueAtMs: number | null = null
  readonly #host: ShutdownHost
  #attempt: Attempt | null = null
  /** A shutdown that a signal asked for, and that begins with the next round of `cron`. */
  #scheduled: { readonly request: ShutdownRequest; readonly onFailure: () => void } | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(host: ShutdownHost) {
    this.#host = host
  }

  get isUnderWay(): boolean {
    return this.#attempt !== null
  }

  /** Begins with the next round of `cron`, as after a signal. */
  schedule(request: ShutdownRequest, onFailure: () => void): void {
    this.#scheduled ??= { request, onFailure }
  }

  /** To be called several times a second. */
  cron(): void {
    if (this.#scheduled === null || this.#attempt !== null) return
    const { request, onFailure } = this.#scheduled
    this.begin(request, onFailure)
  }

  /** Begins; while one is under way, that one is answered. */
  begin(request: ShutdownRequest, onFailure: () => void = () => {}): ShutdownAttempt {
    if (this.#attempt !== null) return this.#attempt
    const { server } = this.#host
    const attempt: Attempt = { request, onFailure, hasFailed: false, isFinishing: false }
    this.#attempt = attempt
    server.log('warning', 'User requested shutdown...')
    const timeoutMs = server.config.number('shutdown-timeout') * 1000
    if (request.now || timeoutMs === 0 || this.#replicasAreEqual()) void this.#finish(attempt)
    else this.#waitForReplicas(attempt, timeoutMs)
    return attempt
  }

  /** @returns false when there is nothing to abort any more */
  abort(): boolean {
    const attempt = this.#attempt
    if (attempt === null ? this.#scheduled === null : attempt.isFinishing) return false
    if (attempt === null) this.#endSchedule()
    else this.#cancel(attempt)
    this.#host.server.log('notice', 'Shutdown manually aborted.')
    return true
  }

  #replicasAreEqual(): boolean {
    const { replicas, offset } = this.#host.server.replication
    return replicas.every((replica) => replica.offset === offset)
  }

  #waitForReplicas(attempt: Attempt, timeoutMs: number): void {
    const { server } = this.#host
    const dueAtMs = server.clock.nowMs() + timeoutMs
    this.dueAtMs = dueAtMs
    server.replication.requestAcknowledgements()
    server.clients.pause('write', server.clock.nowMs() + FOR_GOOD_MS, 'shutdown')
    server.log('notice', 'Waiting for replicas before shutting down.')
    this.#timer = setInterval(() => {
      if (this.#replicasAreEqual() || server.clock.nowMs() >= dueAtMs) void this.#finish(attempt)
    }, POLL_MS)
  }

  async #finish(attempt: Attempt): Promise<void> {
    if (attempt.isFinishing) return
    attempt.isFinishing = true
    this.#stopWaiting()
    this.#logReplicas()
    const { server, persistence } = this.#host
    const { saves, force } = attempt.request
    if (!this.#endLog(force)) {
      this.#fail(attempt)
      return
    }
    const savesNow = !persistence.isLoading && (saves ?? persistence.savesOnItsOwn)
    if (savesNow) {
      // What is written now would not be in the file.
      server.clients.pause('all', server.clock.nowMs() + FOR_GOOD_MS, 'shutdown')
      server.log('notice', 'Saving the final RDB snapshot before exiting.')
      if (!(await persistence.saveFinally())) {
        server.log('warning', `Error trying to save the DB${force ? '. Exit anyway.' : ", can't exit."}`)
        if (!force) {
          this.#fail(attempt)
          return
        }
      }
    }
    this.#host.close()
  }

  /** Has the append-only file on the disk. @returns false when the first one is not complete, and is waited for */
  #endLog(force: boolean): boolean {
    const { server, persistence } = this.#host
    const { appendLog } = persistence
    if (!appendLog.isOn) return true
    if (appendLog.isRewriting) {
      if (appendLog.isIncomplete) {
        server.log('warning', force ? 'Writing initial AOF. Exit anyway.' : "Writing initial AOF, can't exit.")
        if (!force) return false
      }
      server.log('warning', 'There is a child rewriting the AOF. Killing it!')
      appendLog.abortRewrite()
    }
    server.log('notice', 'Calling fsync() on the AOF file.')
    appendLog.flush(true)
    return true
  }

  #fail(attempt: Attempt): void {
    const { server } = this.#host
    server.log('warning', 'Errors trying to shut down the server. Check the logs for more information.')
    this.#cancel(attempt)
  }

  #cancel(attempt: Attempt): void {
    this.#stopWaiting()
    attempt.hasFailed = true
    attempt.onFailure()
    this.#attempt = null
    this.#scheduled = null
    const { server } = this.#host
    server.clients.unpause('shutdown')
    server.retryWaiting()
  }

  #endSchedule(): void {
    this.#scheduled?.onFailure()
    this.#scheduled = null
  }

  #stopWaiting(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.dueAtMs = null
  }

  #logReplicas(): void {
    const { server } = this.#host
    const { replicas, offset } = server.replication
    if (replicas.length === 0) return
    const lagging = replicas.filter((replica) => replica.offset !== offset)
    for (const replica of lagging) {
      const behind = offset - replica.offset
      const lag = Math.max(0, replica.lagSeconds)
      const name = `${replica.host}:${replica.port}`
      server.log(
        'warning',
        `Lagging replica ${name} reported offset ${behind} behind master, lag=${lag}, state=${replica.state}.`,
      )
    }
    const equal = replicas.length - lagging.length
    server.log('notice', `${equal} of ${replicas.length} replicas are in sync when shutting down.`)
  }
}
