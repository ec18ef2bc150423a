import { stateOf } from './model-record.js'
import { TrackedRecord } from './tracked-record.js'

/** The times of a record: when it was created and last updated. */
export abstract class TimedRecord extends TrackedRecord {
  /** Whether the class keeps a time of creation or of the last update. */
  usesTimestamps(): boolean {
    return this.getCreatedAtColumn() !== null || this.getUpdatedAtColumn() !== null
  }

  /** Name of the attribute that holds the time of creation; null: there is none. */
  getCreatedAtColumn(): string | null {
    return stateOf(this).definition.createdAt
  }

  /** Name of the attribute that holds the time of the last update; null: there is none. */
  getUpdatedAtColumn(): string | null {
    return stateOf(this).definition.updatedAt
  }

  /** Sets the time of creation, if the class has one; in any form that its cast reads. */
  setCreatedAt(moment: unknown): this {
    return this.setTime(this.getCreatedAtColumn(), moment)
  }

  /** Sets the time of the last update, if the class has one. */
  setUpdatedAt(moment: unknown): this {
    return this.setTime(this.getUpdatedAtColumn(), moment)
  }

  /** Now, as a time is stored: ISO 8601 in UTC with milliseconds. */
  freshTimestampString(): string {
    return this.freshTimestamp().toISOString()
  }

  /** Sets the times as a save would: both of a new record, else that of the update; not those that were set by hand. */
  updateTimestamps(): this {
    const state = stateOf(this)
    const now = this.freshTimestamp()
    const times = [state.exists ? null : this.getCreatedAtColumn(), this.getUpdatedAtColumn()]
    for (const name of times) if (name !== null && !state.store.changes().has(name)) this.setTime(name, now)
    return this
  }

  private setTime(name: string | null, moment: unknown): this {
    return name === null ? this : this.setAttribute(name, moment)
  }
}
