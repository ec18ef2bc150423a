import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criteria, Order, Position } from '../repositories/criteria.js'
import type { QueryTrace, RecordPage } from '../repositories/repository.js'
import { ComputingQuery } from './computing-query.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import { wholeNumber } from './query-base.js'

/** Rows of one page, and the way to the next. */
export interface Page<T> {
  readonly rows: readonly T[]
  /** To be passed to `after` or `cursorPaginate`; null when no row is known to follow. */
  readonly next: string | null
  /** To be passed to `cursorPaginate` as `before`; null on the first page. */
  readonly previous: string | null
  readonly trace: QueryTrace
}

/** A page by its number, with the totals. */
export interface NumberedPage<T> {
  readonly rows: readonly T[]
  /** The number of this page; the first is 1. */
  readonly page: number
  /** Rows of a page at most. */
  readonly size: number
  /** All rows of the query. */
  readonly total: number
  /** The number of the last page; 1 where there is no row. */
  readonly lastPage: number
  /** The numbers of the first and the last row of this page, counted from 1; null on a page without rows. */
  readonly from: number | null
  readonly to: number | null
  readonly hasMore: boolean
}

/** Which page `cursorPaginate` returns. */
export interface CursorPageOptions {
  /** Rows at most, at least 1. */
  readonly size: number
  /** The `next` of a page; null: the first page. */
  readonly after?: string | null
  /** The `previous` of a page. */
  readonly before?: string | null
}

/** How rows are streamed. */
export interface StreamOptions {
  /** Rows fetched at a time; default 500. */
  readonly size?: number
  /** Fetches the next page while the rows of one are worked on; never more than one ahead. Default true. */
  readonly prefetch?: boolean
}

/** Rows fetched at a time by `for await` and `each`. */
const STREAM_SIZE = 500

/** Rows in pages and streams. */
export abstract class PagedQuery<T extends object> extends ComputingQuery<T> {
  /** The rows with the cursors around them and what the answer cost; a page of `limit` rows. */
  async page(): Promise<Page<T>> {
    const criteria = this.criteria()
    const { records, positions, hasMore, trace } = await this.answer(criteria)
    const [first, last] = [positions[0], positions[records.length - 1]]
    const next = hasMore && last ? encodeCursor(this.scope, last) : null
    const previous = criteria.after !== null && first ? encodeCursor(this.scope, first) : null
    return { rows: await this.materialise(records), next, previous, trace }
  }

  /**
   * A page of `size` rows after a cursor, or the one that ends before a cursor. Pages never repeat a row whose place in the order
   * stays, however many rows are written or deleted between them. Throws `InvalidArgumentError` for a cursor of another query or
   * a mangled one, and for two cursors.
   */
  async cursorPaginate({ size, after = null, before = null }: CursorPageOptions): Promise<Page<T>> {
    this.#requireWhole('cursorPaginate')
    const limit = wholeNumber('size', size, 1)
    if (before === null) return this.limit(limit).after(after).page()
    if (after !== null) throw new InvalidArgumentError('A page comes after a cursor or before one, not both.')
    const { scope } = this
    const place = decodeCursor(scope, before)
    const criteria = { ...this.criteria(), order: reversed(this.order), limit, after: reversedPlace(place) }
    const { records, positions, hasMore, trace } = await this.answer(criteria)
    const [nearest, farthest] = [positions[0], positions[records.length - 1]]
    const cursorOf = (position: Position) =>
      encodeCursor(scope, this.order.length === 0 ? { ...position, values: [] } : position)
    return {
      rows: await this.materialise([...records].reverse()),
      next: nearest ? cursorOf(nearest) : null,
      previous: hasMore && farthest ? cursorOf(farthest) : null,
      trace,
    }
  }

  /**
   * The rows of a page by its number, and how many there are of rows and pages: a count and a page, asked at the same time. Rows
   * that are written or deleted between two pages move the others; `cursorPaginate` has no such gaps, and deep pages are cheaper.
   */
  async paginate(page: number, size: number): Promise<NumberedPage<T>> {
    this.#requireWhole('paginate')
    const asked = this.forPage(page, size)
    const [total, { records }] = await Promise.all([this.count(), asked.answer(asked.criteria())])
    const rows = await this.materialise(records)
    const before = (page - 1) * size
    const to = before + rows.length
    const from = rows.length === 0 ? null : before + 1
    const lastPage = Math.max(1, Math.ceil(total / size))
    return { rows, page, size, total, lastPage, from, to: from === null ? null : to, hasMore: to < total }
  }

  /**
   * Calls a function with `size` rows at a time, the last time with what is left, never with none; it is awaited, and
   * `false` stops. Rows may be written and deleted meanwhile: each row whose place in the order stays comes once.
   */
  async chunk(size: number, callback: (rows: T[]) => unknown): Promise<void> {
    for await (const records of this.pages(wholeNumber('size', size, 1))) {
      if ((await callback(await this.materialise(records))) === false) return
    }
  }

  /** Calls a function with each row and its number, beginning at 0; it is awaited, and `false` stops. */
  async each(callback: (row: T, index: number) => unknown, size = STREAM_SIZE): Promise<void> {
    let index = 0
    await this.chunk(size, async (rows) => {
      for (const row of rows) if ((await callback(row, index++)) === false) return false
      return true
    })
  }

  /**
   * All rows, one after the other. The next page is fetched while the rows of one are worked on, and no further: a slow consumer
   * holds at most two pages. Leaving the loop ends it.
   *
   *     for await (const visit of Visit.query().lazy({ size: 100 })) await send(visit)
   */
  async *lazy({ size = STREAM_SIZE, prefetch = true }: StreamOptions = {}): AsyncGenerator<T, void, undefined> {
    const pages = this.pages(wholeNumber('size', size, 1))
    if (!prefetch) {
      for await (const records of pages) yield* await this.materialise(records)
      return
    }
    let next = ahead(pages.next())
    try {
      for (;;) {
        const page = await next.promise
        if (page.done) return
        next = ahead(pages.next())
        yield* await this.materialise(page.value)
      }
    } finally {
      await next.settled
      await pages.return()
    }
  }

  /** `for await (const row of query)`: the same as `lazy()`. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.lazy()
  }

  /** The rows as they are stored, `size` at a time; `change` changes what is asked. */
  protected async *pages(
    size: number,
    change: Partial<Criteria> = {},
  ): AsyncGenerator<RecordPage['records'], void, undefined> {
    const whole = { ...this.criteria(), ...change }
    let left = whole.limit ?? Number.POSITIVE_INFINITY
    let place: { offset: number; after: Position | null } = { offset: whole.offset, after: whole.after }
    while (left > 0) {
      const page = await this.answer({ ...whole, ...place, limit: Math.min(size, left) })
      if (page.records.length > 0) yield page.records
      const last = page.positions[page.records.length - 1]
      if (!page.hasMore || !last) return
      left -= page.records.length
      place = { offset: 0, after: last }
    }
  }

  #requireWhole(method: string): void {
    const { offset, limit, cursor } = this.question
    if (offset === 0 && limit === null && cursor === null) return
    throw new InvalidArgumentError(`${method} decides where a page begins and ends: leave out limit, offset and after.`)
  }
}

/** A promise of later: its failure is reported where it is awaited, and only there. */
function ahead<Value>(promise: Promise<Value>): { readonly promise: Promise<Value>; readonly settled: Promise<void> } {
  return {
    promise,
    settled: promise.then(
      () => {},
      () => {},
    ),
  }
}

/** The opposite order: what came last comes first. */
function reversed(order: readonly Order[]): readonly Order[] {
  if (order.length === 0) return [{ attribute: null, direction: 'desc' }]
  return order.map(({ attribute, direction }) => {
    return { attribute, direction: direction === 'asc' ? 'desc' : 'asc', nulls: 'first' }
  })
}

function reversedPlace(place: Position): Position {
  return place.values.length > 0 ? place : { ...place, values: [String(place.createdAtMs)] }
}
