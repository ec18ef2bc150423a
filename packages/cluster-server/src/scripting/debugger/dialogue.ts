/** A connection that is talked to without a turn of the event loop. */
export interface Dialogue {
  /** Waits for what comes next, as latin1; null when the other side has gone. */
  read(): string | null
  write(text: string): void
}
