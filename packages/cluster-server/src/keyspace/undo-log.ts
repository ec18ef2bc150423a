/** What can take back a change of its own. */
export interface Undoable<Change extends string> {
  /**
   * Takes back one change. Whatever was noted after it has been taken back already, and no change is noted meanwhile.
   * The operands are those of the note.
   */
  undo(change: Change, first: unknown, second: unknown, number: number): void
}

/** One change; an object of its own, as young objects refer to each other at less cost than a table that grew old does. */
class Note {
  constructor(
    readonly target: Undoable<string>,
    readonly change: string,
    readonly first: unknown,
    readonly second: unknown,
    public number: number,
    readonly before: Note | null,
  ) {}
}

/** What counts the changes that commands report. */
interface ChangeCount {
  dirty: number
}

/**
 * What a command that writes has changed so far, so that it can be taken back when the command breaks off: by an error in
 * this program, or at a limit of V8. Every stored value and every database notes what undoes its changes; a change is
 * noted right behind it, or before it where taking it back twice does no harm. Nothing is noted while the log is closed.
 *
 * Keys, values with their order and encoding, deadlines, counts of bytes, `dirty` and the slot index are as before then.
 * Not taken back are the removal of keys that had expired, which copies are told of by itself; notes of the last use;
 * statistics; what was published or invalidated; and a transaction whose watched key was touched fails.
 */
export class UndoLog {
  /** Whether changes are to be noted; set by the log alone. */
  isOpen = false
  /** The database of the command: what it counts needs no notes. */
  database: ChangeCount | null = null
  #dirtyBefore = 0
  #last: Note | null = null
  /** The value that was made last while the log is open: nobody has it when the command is undone. */
  #newest: object | null = null

  /** Begins the log of a command; one that was not ended is forgotten. */
  open(database: ChangeCount): void {
    this.#last = null
    this.#newest = null
    this.database = database
    this.#dirtyBefore = database.dirty
    this.isOpen = true
  }

  /** The command is through. */
  close(): void {
    this.isOpen = false
    this.#last = null
    this.#newest = null
  }

  /** `value` is new: its changes need no notes, as long as no other one is made. */
  made(value: object): void {
    if (this.isOpen) this.#newest = value
  }

  /** Whether changes of `value` are to be noted. */
  concerns(value: object): boolean {
    return this.isOpen && this.#newest !== value
  }

  /** To be called while the log is open only. */
  note<Change extends string>(
    target: Undoable<Change>,
    change: Change,
    first: unknown = null,
    second: unknown = null,
    number = 0,
  ): void {
    this.#last = new Note(target, change, first, second, number, this.#last)
  }

  /** Notes that `change`, which has no other operand than how often it was made, was made once more. */
  noteAgain<Change extends string>(target: Undoable<Change>, change: Change): void {
    const last = this.#last
    if (last !== null && last.target === target && last.change === change) last.number++
    else this.note(target, change, null, null, 1)
  }

  /** Lets `change` happen without notes. */
  aside(change: () => void): void {
    const wasOpen = this.isOpen
    this.isOpen = false
    change()
    this.isOpen = wasOpen
  }

  /** Takes back all that was noted, and closes the log. @throws the first error there is, after trying all the rest */
  undo(): void {
    this.isOpen = false
    const failures: unknown[] = []
    for (let note = this.#last; note !== null; note = note.before) {
      try {
        note.target.undo(note.change, note.first, note.second, note.number)
      } catch (error) {
        failures.push(error)
      }
    }
    if (this.database !== null) this.database.dirty = this.#dirtyBefore
    this.close()
    if (failures.length > 0) throw failures[0]
  }
}

/**
 * The log of this thread. There is one only, however many nodes it runs: a handler runs to its end without a pause, and
 * the only ones that run others within them, scripts and transactions, change nothing by themselves.
 */
export const undoLog = new UndoLog()
