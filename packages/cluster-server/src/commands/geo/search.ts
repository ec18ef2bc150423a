import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import type { Reply } from '../../resp/reply.js'
import type { CommandContext } from '../context.js'
import { partialSort } from '../partial-sort.js'
import { storeResult } from '../sorted-set/store-result.js'
import { pointOf, scoresOf } from './cell.js'
import { cellsOf } from './cells-of-shape.js'
import { type Coordinates, coordinatesReply } from './coordinates.js'
import { distanceText } from './distance.js'
import type { SearchRequest } from './search-request.js'
import { distanceWithin, type Shape } from './shape.js'

interface FoundPoint {
  readonly member: string
  readonly score: number
  readonly place: Coordinates
  /** In metres. */
  readonly distance: number
}

/** The members within a shape, cell by cell, each by score; at most `limit`. */
const pointsWithin = (source: SortedSetValue, shape: Shape, limit: number): FoundPoint[] => {
  const found: FoundPoint[] = []
  for (const cell of cellsOf(shape)) {
    const { first, end } = scoresOf(cell)
    const from = source.countBefore((score) => score < first)
    const to = source.countBefore((score) => score < end)
    const { members, scores } = source.slice(from, Math.max(from, to))
    for (let i = 0; i < members.length; i++) {
      if (found.length >= limit) return found
      const score = scores[i] as number
      const place = pointOf(score)
      const distance = distanceWithin(shape, place)
      if (distance !== undefined) found.push({ member: members[i] as string, score, place, distance })
    }
  }
  return found
}

const inOrder = (found: FoundPoint[], { order, count }: SearchRequest): readonly FoundPoint[] => {
  const wanted = count === 0 ? found.length : Math.min(count, found.length)
  if (order !== 'none') {
    const direction = order === 'ascending' ? 1 : -1
    const compare = (a: FoundPoint, b: FoundPoint): number =>
      direction * (a.distance > b.distance ? 1 : a.distance === b.distance ? 0 : -1)
    if (wanted === found.length) found.sort(compare)
    else partialSort(found, compare, 0, wanted - 1)
  }
  return found.slice(0, wanted)
}

/** A score that is no cell is cut to an integer of 64 bits; what has no place in one becomes the least. */
const asInteger = (score: number): number | bigint => {
  const whole = Math.trunc(score)
  if (Number.isSafeInteger(whole)) return whole + 0
  return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : -(2n ** 63n)
}

const describe = (point: FoundPoint, request: SearchRequest, metres: number): Reply => {
  const { withDistance, withHash, withCoordinates } = request
  if (!withDistance && !withHash && !withCoordinates) return point.member
  const facts: Reply[] = [point.member]
  if (withDistance) facts.push(distanceText(point.distance / metres))
  if (withHash) facts.push(asInteger(point.score))
  if (withCoordinates) facts.push(coordinatesReply(point.place))
  return facts
}

/** Answers a search, or stores what it finds. */
export const runSearch = (
  context: CommandContext,
  source: SortedSetValue | undefined,
  request: SearchRequest,
  event: string,
): Reply => {
  const { shape, store } = request
  const limit = request.any ? request.count : Infinity
  const found = source && shape ? inOrder(pointsWithin(source, shape, limit), request) : []
  const metres = shape?.metres ?? 1
  if (store === null) return found.map((point) => describe(point, request, metres))
  const members = found.map(({ member }) => member)
  const scores = found.map(({ distance, score }) => (store.distances ? distance / metres : score))
  return storeResult(context, store.key, { members, scores }, event)
}
