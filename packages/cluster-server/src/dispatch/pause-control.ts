import type { PauseMode } from '../commands/client-registry.js'
import { NO_REPLY, type Reply } from '../resp/reply.js'
import type { Timer } from './blocked-clients.js'
import type { Client } from './client.js'
import type { PreparedCommand } from './prepared-command.js'

/** Keys that may not change for a while. */
interface HeldKeys {
  readonly databaseIndex: number
  readonly keys: ReadonlySet<string>
}

/** CLIENT PAUSE: holds commands back for a time, and lets them run afterwards in the order in which they came. */
export class PauseControl {
  readonly #timer: Timer
  readonly #nowMs: () => number
  readonly #held = new Map<Client, readonly string[]>()
  readonly #run: (client: Client, argv: readonly string[]) => void
  readonly #heldKeys = new Set<HeldKeys>()
  #mode: PauseMode = 'write'
  #untilMs = 0
  #cancelTimer = (): void => {}

  constructor(timer: Timer, nowMs: () => number, run: (client: Client, argv: readonly string[]) => void) {
    this.#timer = timer
    this.#nowMs = nowMs
    this.#run = run
  }

  /** Number of clients whose command is held back. */
  get count(): number {
    return this.#held.size
  }

  isActive(nowMs: number): boolean {
    return nowMs < this.#untilMs
  }

  /** A pause that is in force is never shortened, and never changed from `all` to `write`. */
  pause(mode: PauseMode, untilMs: number): void {
    const active = this.isActive(this.#nowMs())
    if (!active || mode === 'all') this.#mode = mode
    this.#untilMs = active ? Math.max(this.#untilMs, untilMs) : untilMs
    this.#cancelTimer()
    this.#cancelTimer = this.#timer(Math.max(0, this.#untilMs - this.#nowMs()), () => this.unpause())
  }

  unpause(): void {
    this.#cancelTimer()
    this.#untilMs = 0
    const held = [...this.#held]
    this.#held.clear()
    // Not inside of the command that ended the pause: each of these is a unit of its own.
    queueMicrotask(() => this.#runHeld(held))
  }

  #runHeld(held: readonly (readonly [Client, readonly string[]])[]): void {
    for (const [client, argv] of held) {
      if (client.activity !== 'paused') continue
      client.activity = 'ready'
      this.#run(client, argv)
      client.connection?.resume()
    }
  }

  /**
   * Keeps keys as they are: commands that may change them are held back until the function that it returns is called.
   * Commands that only read go on.
   */
  holdKeys(databaseIndex: number, keys: readonly string[]): () => void {
    const held: HeldKeys = { databaseIndex, keys: new Set(keys) }
    this.#heldKeys.add(held)
    return () => {
      if (this.#heldKeys.delete(held) && !this.isActive(this.#nowMs())) this.unpause()
    }
  }

  /** Whether `holds` may be true of any command. */
  mayHold(nowMs: number): boolean {
    return this.#heldKeys.size > 0 || this.isActive(nowMs)
  }

  holds(client: Client, command: PreparedCommand, nowMs: number, argv: readonly string[]): boolean {
    if (client.connection === null) return false
    if (this.#heldKeys.size > 0 && this.#concernsHeldKeys(client, command, argv)) return true
    if (!this.isActive(nowMs)) return false
    if (this.#mode === 'all') return true
    if (command.mayReplicate) return true
    return command.runsTransaction && (client.transaction?.queue.some((queued) => queued.command.mayReplicate) ?? false)
  }

  #concernsHeldKeys(client: Client, command: PreparedCommand, argv: readonly string[]): boolean {
    const words = command.runsTransaction ? (client.transaction?.queue ?? []) : [{ command, argv }]
    return words.some((each) => {
      if (!each.command.mayReplicate) return false
      const keys = each.command.hasKeys ? each.command.keysOf(each.argv) : []
      // What names no keys may change any: FLUSHALL, a script.
      if (keys.length === 0) return true
      return [...this.#heldKeys].some((held) => keys.some((key) => held.keys.has(key)))
    })
  }

  /** Keeps a command for later; nothing else of the client is run meanwhile. */
  hold(client: Client, argv: readonly string[]): Reply {
    client.activity = 'paused'
    this.#held.set(client, argv)
    return NO_REPLY
  }

  forget(client: Client): void {
    this.#held.delete(client)
  }

  close(): void {
    this.#cancelTimer()
    this.#held.clear()
  }
}
