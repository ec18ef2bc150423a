import type { PauseMode, PausePurpose } from '../commands/client-registry.js'
import { NO_REPLY, type Reply } from '../resp/reply.js'
import { keySlot } from '../slot.js'
import type { Timer } from './blocked-clients.js'
import type { Client } from './client.js'
import type { PreparedCommand } from './prepared-command.js'

/** What setTimeout takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Keys that may not change for a while. */
interface HeldKeys {
  readonly keys: ReadonlySet<string>
  /** Where scripts keep to the slots of the keys that they name; null where they may use any key. */
  readonly slots: ReadonlySet<number> | null
}

interface Pause {
  readonly mode: PauseMode
  readonly untilMs: number
}

/** CLIENT PAUSE and the like: holds commands back for a time, and lets them run afterwards in the order in which they came. */
export class PauseControl {
  readonly #timer: Timer
  readonly #nowMs: () => number
  readonly #held = new Map<Client, readonly string[]>()
  readonly #run: (client: Client, argv: readonly string[]) => void
  readonly #heldKeys = new Set<HeldKeys>()
  readonly #pauses = new Map<PausePurpose, Pause>()
  /** The strictest of the pauses, and the end of the last one. */
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
  pause(mode: PauseMode, untilMs: number, purpose: PausePurpose = 'client'): void {
    const known = this.#pauses.get(purpose)
    const current = known !== undefined && known.untilMs > this.#nowMs() ? known : undefined
    this.#pauses.set(purpose, {
      mode: current?.mode === 'all' ? 'all' : mode,
      untilMs: Math.max(current?.untilMs ?? 0, untilMs),
    })
    this.#update()
  }

  unpause(purpose: PausePurpose = 'client'): void {
    this.#pauses.delete(purpose)
    this.#update()
    this.#release()
  }

  #update(): void {
    const nowMs = this.#nowMs()
    for (const [purpose, { untilMs }] of this.#pauses) if (untilMs <= nowMs) this.#pauses.delete(purpose)
    const pauses = [...this.#pauses.values()]
    this.#mode = pauses.some(({ mode }) => mode === 'all') ? 'all' : 'write'
    this.#untilMs = pauses.reduce((latest, { untilMs }) => Math.max(latest, untilMs), 0)
    this.#cancelTimer()
    if (pauses.length === 0) return
    // The strictest may end before the last one does.
    const next = pauses.reduce((earliest, { untilMs }) => Math.min(earliest, untilMs), Number.POSITIVE_INFINITY)
    this.#cancelTimer = this.#timer(Math.min(Math.max(0, next - nowMs), LONGEST_TIMER_MS), () => {
      this.#update()
      this.#release()
    })
  }

  /** Tries all held commands again: those that are still to wait are held once more. */
  #release(): void {
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
  holdKeys(keys: readonly string[], isClustered: boolean): () => void {
    const held: HeldKeys = { keys: new Set(keys), slots: isClustered ? new Set(keys.map(keySlot)) : null }
    this.#heldKeys.add(held)
    return () => {
      if (this.#heldKeys.delete(held)) this.#release()
    }
  }

  /** Whether `holds` may be true of any command. */
  mayHold(nowMs: number): boolean {
    return this.#heldKeys.size > 0 || this.isActive(nowMs)
  }

  /** Whether data are being loaded, and that will be over so soon that nobody is refused for it. */
  waitsForLoading(client: Client, nowMs: number): boolean {
    return this.isActive(nowMs) && (this.#pauses.get('loading')?.untilMs ?? 0) > nowMs && client.connection !== null
  }

  holds(client: Client, command: PreparedCommand, nowMs: number, argv: readonly string[]): boolean {
    if (client.connection === null) return false
    if (this.concernsHeldKeys(client, command, argv)) return true
    if (!this.isActive(nowMs)) return false
    if (this.#mode === 'all') return true
    if (command.mayReplicate) return true
    return command.runsTransaction && (client.transaction?.queue.some((queued) => queued.command.mayReplicate) ?? false)
  }

  /** Whether a command may change keys that are held. */
  concernsHeldKeys(client: Client, command: PreparedCommand, argv: readonly string[]): boolean {
    if (this.#heldKeys.size === 0) return false
    const words = command.runsTransaction ? (client.transaction?.queue ?? []) : [{ command, argv }]
    return words.some((each) => {
      if (!each.command.mayReplicate) return false
      const keys = each.command.hasKeys ? each.command.keysOf(each.argv) : []
      // What names no keys may change any, such as FLUSHALL.
      if (keys.length === 0) return true
      return [...this.#heldKeys].some((held) => {
        if (!each.command.runsScript) return keys.some((key) => held.keys.has(key))
        return held.slots === null || keys.some((key) => held.slots?.has(keySlot(key)))
      })
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
