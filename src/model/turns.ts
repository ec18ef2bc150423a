/**
 * Work under the same name is done one after the other, in the order in which it was given; other work at the same time. For rows of one
 * call that name the same record: where the repository cannot tell two inserts of one id from each other, both would be stored.
 */
export class Turns {
  readonly #latest = new Map<string, Promise<unknown>>()

  /** @param name Null: the work has no name in common with other work. */
  take<Result>(name: string | null, work: () => Promise<Result>): Promise<Result> {
    if (name === null) return work()
    const before = this.#latest.get(name)
    const done = before === undefined ? work() : before.then(work, work)
    this.#latest.set(name, done)
    return done
  }
}
