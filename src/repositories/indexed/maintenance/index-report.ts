/**
 * What is wrong with an entry. `missing`: a record lacks it. `stale`: its record says something else. `orphaned`: it has no
 * record.
 */
export type IndexFinding = 'missing' | 'stale' | 'orphaned'

/** One finding, for a person. */
export interface IndexExample {
  readonly finding: IndexFinding
  /** Id of the record; the member of the entry where no id can be read from it. */
  readonly id: string
  /** The key of the entry, without the connection's key prefix. */
  readonly key: string
}

/** The findings in one index. */
export interface IndexFindings {
  /** The attribute; `name (range)` for its range index, `a + b` for a composite; `(all records)`, `(deadlines)`, `(terms)`, `(lifetimes)`, `(unknown keys)`. */
  readonly index: string
  readonly missing: number
  readonly stale: number
  readonly orphaned: number
  /** The first findings. */
  readonly examples: readonly IndexExample[]
}

/** What `verify`, `repair` and `rebuild` saw. */
export interface IndexReport {
  /** Class name of the model. */
  readonly model: string
  /** Partitions that were gone through to the end in this run. */
  readonly partitions: number
  /** Records looked at. */
  readonly records: number
  /** Entries looked at from the side of the indexes. */
  readonly entries: number
  readonly missing: number
  readonly stale: number
  readonly orphaned: number
  /** Records and entries that were put right; 0 for `verify`. */
  readonly mended: number
  /** Indexes with findings. */
  readonly indexes: readonly IndexFindings[]
  /** Attributes whose index does not hold all records yet; their entries are not judged. See `build`. */
  readonly notReady: readonly string[]
  /** Attributes whose index another release has written and this one does not know. See `prune`. */
  readonly unknown: readonly string[]
  /** True when nothing was found and every index is ready. */
  readonly isClean: boolean
}

/** Examples kept for each index. */
const MOST_EXAMPLES = 10

/** Collects findings. */
export class IndexReportBuilder {
  readonly #model: string
  readonly #indexes = new Map<string, { missing: number; stale: number; orphaned: number; examples: IndexExample[] }>()
  readonly #notReady = new Set<string>()
  readonly #unknown = new Set<string>()
  #partitions = 0
  #records = 0
  #entries = 0
  #mended = 0

  constructor(model: string) {
    this.#model = model
  }

  get records(): number {
    return this.#records
  }

  get entries(): number {
    return this.#entries
  }

  get mended(): number {
    return this.#mended
  }

  get findings(): number {
    let sum = 0
    for (const { missing, stale, orphaned } of this.#indexes.values()) sum += missing + stale + orphaned
    return sum
  }

  addPartition(): void {
    this.#partitions++
  }

  addRecords(count: number): void {
    this.#records += count
  }

  addEntries(count: number): void {
    this.#entries += count
  }

  addMended(count: number): void {
    this.#mended += count
  }

  addNotReady(attributes: readonly string[]): void {
    for (const attribute of attributes) this.#notReady.add(attribute)
  }

  addUnknown(attributes: readonly string[]): void {
    for (const attribute of attributes) this.#unknown.add(attribute)
  }

  addFinding(index: string, finding: IndexFinding, id: string, key: string): void {
    const found = this.#indexes.get(index) ?? { missing: 0, stale: 0, orphaned: 0, examples: [] }
    this.#indexes.set(index, found)
    found[finding]++
    if (found.examples.length < MOST_EXAMPLES) found.examples.push({ finding, id, key })
  }

  report(): IndexReport {
    const indexes = [...this.#indexes].map(([index, found]) => ({ index, ...found }))
    const sum = (finding: IndexFinding) => indexes.reduce((total, found) => total + found[finding], 0)
    return {
      model: this.#model,
      partitions: this.#partitions,
      records: this.#records,
      entries: this.#entries,
      missing: sum('missing'),
      stale: sum('stale'),
      orphaned: sum('orphaned'),
      mended: this.#mended,
      indexes,
      notReady: [...this.#notReady].sort(),
      unknown: [...this.#unknown].sort(),
      isClean: this.findings === 0 && this.#notReady.size === 0,
    }
  }
}
