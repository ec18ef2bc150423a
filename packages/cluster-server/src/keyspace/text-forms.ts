import type { Entry } from './entry.js'
import type { StoredValue } from './value.js'

/**
 * How Redis holds a text whose length and content alone do not tell: `raw`, as it was changed in place, or `embstr`,
 * as it was computed.
 */
export type TextForm = 'raw' | 'embstr'

/** Redis holds longer texts `raw` in any case. */
const LONGEST_DOUBTFUL = 44

/** The entries with such a text. Only short texts are kept here, so that it costs nothing for the others. */
export class TextForms {
  readonly #forms = new Map<Entry, TextForm>()

  get size(): number {
    return this.#forms.size
  }

  of(entry: Entry): TextForm | undefined {
    return this.#forms.get(entry)
  }

  /** The value of `entry` was replaced by one that is held in `form`, or as it comes. */
  note(entry: Entry, value: StoredValue, form: TextForm | undefined): void {
    if (form !== undefined && typeof value === 'string' && value.length <= LONGEST_DOUBTFUL)
      this.#forms.set(entry, form)
    else if (this.#forms.size > 0) this.#forms.delete(entry)
  }

  /** What `of` said of `entry` is so again. */
  restore(entry: Entry, form: TextForm | undefined): void {
    if (form === undefined) this.#forms.delete(entry)
    else this.#forms.set(entry, form)
  }

  forget(entry: Entry): void {
    if (this.#forms.size > 0) this.#forms.delete(entry)
  }
}
