import type { PauseControl } from '../dispatch/pause-control.js'

/** The longest time that commands wait while a small file or copy is loaded, before they are refused. */
const LOADING_PATIENCE_MS = 5000

/** When a node holds its clients back on its own account. */
export class NodePauses {
  readonly #control: PauseControl
  readonly #nowMs: () => number
  #handsOver = false

  constructor(control: PauseControl, nowMs: () => number) {
    this.#control = control
    this.#nowMs = nowMs
  }

  /** Whether any pause is in force, CLIENT PAUSE included. */
  get isActive(): boolean {
    return this.#control.isActive(this.#nowMs())
  }

  /** A replica is about to take over: nothing may be added to the stream, of which it must have all. */
  get isHandingOver(): boolean {
    return this.#handsOver && this.isActive
  }

  /**
   * Holds back all commands: a file or a copy is being loaded. As with redis-server, which answers nobody meanwhile, they are
   * refused only once `loading-process-events-interval-bytes` have been loaded.
   */
  beginLoading(): void {
    this.#control.pause('all', this.#nowMs() + LOADING_PATIENCE_MS, 'loading')
  }

  endLoading(): void {
    this.#control.unpause('loading')
  }

  /** Holds back all writes until then: a replica takes this primary's place. */
  beginFailover(untilMs: number): void {
    this.#handsOver = true
    this.#control.pause('write', untilMs, 'failover')
  }

  endFailover(): void {
    this.#handsOver = false
    this.#control.unpause('failover')
  }
}
