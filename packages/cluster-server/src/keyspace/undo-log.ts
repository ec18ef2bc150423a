/** What can take back a change of its own. */
export interface Undoable<Change extends string> {
  /**
   * Takes back one change. Whatever was noted after it has been taken back already, and no change is noted meanwhile.
   * The operands are those of the note.
   */
  undo(change: Change, first: unknown, second: unknown, number: number): void
}

/** Target, change, and three operands. */
const FIELDS = 5
/** So few notes stay until those of the next command that writes take their place: what they hold is in memory until then. */
const MOST_LEFT = 4 * FIELDS
/** Room that there is from the beginning and from one command to the next, in fields. */
const ROOM = 1024 * FIELDS

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
  #notes = room(ROOM)
  /** How many fields of `#notes` are in use. */
  #length = 0
  /** The value that was made last while the log is open: nobody has it when the command is undone. */
  #newest: object | null = null

  /** Begins the log of a command; one that was not ended is forgotten. */
  open(database: ChangeCount): void {
    this.#length = 0
    this.#newest = null
    this.database = database
    this.#dirtyBefore = database.dirty
    this.isOpen = true
  }

  /** The command is through. */
  close(): void {
    this.isOpen = false
    if (this.#length > MOST_LEFT) this.#forget()
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
    const at = this.#length
    if (at === this.#notes.length) this.#notes = this.#notes.concat(room(at))
    const notes = this.#notes
    notes[at] = target
    notes[at + 1] = change
    notes[at + 2] = first
    notes[at + 3] = second
    notes[at + 4] = number
    this.#length = at + FIELDS
  }

  /** Notes that `change`, which has no other operand than how often it was made, was made once more. */
  noteAgain<Change extends string>(target: Undoable<Change>, change: Change): void {
    const notes = this.#notes
    const last = this.#length - FIELDS
    if (last >= 0 && notes[last] === target && notes[last + 1] === change) {
      notes[last + 4] = (notes[last + 4] as number) + 1
    } else this.note(target, change, null, null, 1)
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
    const notes = this.#notes
    const failures: unknown[] = []
    for (let at = this.#length - FIELDS; at >= 0; at -= FIELDS) {
      try {
        const target = notes[at] as Undoable<string>
        target.undo(notes[at + 1] as string, notes[at + 2], notes[at + 3], notes[at + 4] as number)
      } catch (error) {
        failures.push(error)
      }
    }
    if (this.database !== null) this.database.dirty = this.#dirtyBefore
    this.#forget()
    if (failures.length > 0) throw failures[0]
  }

  #forget(): void {
    const notes = this.#notes
    if (notes.length > ROOM) this.#notes = room(ROOM)
    // Else what was removed would stay in memory.
    else for (let at = this.#length - 1; at >= 0; at--) notes[at] = null
    this.#length = 0
  }
}

const room = (fields: number): unknown[] => new Array(fields).fill(null)

/**
 * The log of this thread. There is one only, however many nodes it runs: a handler runs to its end without a pause, and
 * the only ones that run others within them, scripts and transactions, change nothing by themselves.
 */
export const undoLog = new UndoLog()
