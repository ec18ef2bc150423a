import type {
  Migration,
  MigrationOutcome,
  MigrationRequest,
  MigrationState,
  SlotProgress,
} from '../../commands/migration-state.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { MigrationLinks, type TransferOutcome } from './migration-links.js'
import { MigrationThread } from './migration-thread.js'
import { SlotMoves } from './slot-moves.js'

/** The parts of a node that a migration needs. */
export interface MigrationHost {
  readonly nowMs: () => number
  /** The program of the thread that sends keys while nobody is served. */
  readonly program: URL
  /** @returns a function that lets go of the keys */
  readonly holdKeys: (keys: readonly string[]) => () => void
  readonly removeKeys: (databaseIndex: number, keys: readonly string[]) => void
  /** Tries again whoever waits for a migration. */
  readonly ended: () => void
}

/** Sends keys to other nodes: while others are served, or, for transactions and scripts, while nobody is. */
export class MigrationControl implements MigrationState {
  readonly #host: MigrationHost
  readonly #links: MigrationLinks
  readonly #moves: SlotMoves
  #thread: MigrationThread | null = null

  constructor(host: MigrationHost) {
    this.#host = host
    this.#links = new MigrationLinks(host.nowMs)
    this.#moves = new SlotMoves(host.nowMs)
  }

  get cachedSockets(): number {
    return this.#links.size
  }

  get movedKeys(): number {
    return this.#moves.movedKeys
  }

  progressOf(slot: number): SlotProgress | undefined {
    return this.#moves.progressOf(slot)
  }

  begin(request: MigrationRequest): Migration {
    const migration: { outcome: WireError | null | undefined } = { outcome: undefined }
    const names = request.keys.map(({ key }) => key)
    const release = request.copies ? () => {} : this.#host.holdKeys(names)
    void this.#links.transfer(request).then(({ taken, error }) => {
      if (!request.copies && taken.length > 0) this.#host.removeKeys(request.fromDatabase, taken)
      this.#note(request, taken)
      migration.outcome = error === null ? null : wireError(error)
      release()
      this.#host.ended()
    })
    return migration
  }

  run(request: MigrationRequest): MigrationOutcome {
    this.#thread ??= new MigrationThread(this.#host.program)
    const outcome: TransferOutcome | null = this.#thread.run(request)
    if (outcome === null) this.#endThread()
    const { taken, error } = outcome ?? { taken: [], error: 'IOERR error or timeout reading to target instance' }
    this.#note(request, taken)
    return { taken, error: error === null ? null : wireError(error) }
  }

  /** To be called from time to time. `isMoving`: whether a slot is on its way to another node. */
  cron(isMoving: (slot: number) => boolean): void {
    this.#links.closeIdle()
    this.#moves.forgetUnless(isMoving)
  }

  close(): void {
    this.#links.close()
    this.#endThread()
  }

  #note({ copies }: MigrationRequest, taken: readonly string[]): void {
    if (!copies) this.#moves.note(taken)
  }

  #endThread(): void {
    this.#thread?.close()
    this.#thread = null
  }
}
