/** A span of time, Unix ms. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** How long a write may take to reach a replica, on a busy machine. */
export const REPLICATION_LAG_MS = 1_000

/** Whether what was acknowledged in a span of time may have been lost when one of some primaries died. */
export const mayBeLostIn =
  (kills: () => readonly Span[]) =>
  (span: Span): boolean =>
    kills().some((kill) => span.fromMs <= kill.toMs && kill.fromMs <= span.toMs)

/**
 * What a failover may have lost: writes that no replica confirmed, under way while or shortly before a primary was killed.
 * Writers enter them by the name of what they changed; everything else must be as it was acknowledged.
 */
export class Doubts {
  readonly #spans = new Map<string, Span[]>()
  readonly #kills: () => readonly Span[]
  readonly #isLossy: (span: Span) => boolean

  constructor(kills: () => readonly Span[]) {
    this.#kills = kills
    this.#isLossy = mayBeLostIn(kills)
  }

  enter(names: Iterable<string>, fromMs: number, toMs: number): void {
    for (const name of names) this.#spans.set(name, [...(this.#spans.get(name) ?? []), { fromMs, toMs }])
  }

  /** When primaries were lost, for a failure. */
  get losses(): string {
    return this.#kills()
      .map(({ fromMs, toMs }) => `primary lost in ${fromMs} to ${toMs}`)
      .join(', ')
  }

  /** Whether a write of this name may have been lost after it was done. */
  mayBeLost(name: string): boolean {
    return (this.#spans.get(name) ?? []).some(this.#isLossy)
  }
}
