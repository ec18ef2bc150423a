import { type Coordinates, LARGEST_LATITUDE, LARGEST_LONGITUDE } from './coordinates.js'

/**
 * A rectangle of a grid over the map: `2 ** step` columns from west to east, and as many rows from south to north.
 * The eastern and northern edges of the map belong to a column and a row of their own, outside of the grid.
 */
export interface Cell {
  readonly column: number
  readonly row: number
  readonly step: number
}

/** What a cell covers, in degrees. */
export interface Area {
  readonly west: number
  readonly east: number
  readonly south: number
  readonly north: number
}

/** The step of the cells whose numbers are the scores of a geo index: 52 bits, which a double holds. */
export const FINEST_STEP = 26

const LONGITUDES = 2 * LARGEST_LONGITUDE
const LATITUDES = LARGEST_LATITUDE + LARGEST_LATITUDE
const UPPER_HALF = 2 ** 32

/** Spreads 16 bits over the even bits of 32. */
const spread = (bits: number): number => {
  let spreading = bits & 0xffff
  spreading = (spreading | (spreading << 8)) & 0x00ff00ff
  spreading = (spreading | (spreading << 4)) & 0x0f0f0f0f
  spreading = (spreading | (spreading << 2)) & 0x33333333
  return (spreading | (spreading << 1)) & 0x55555555
}

/** Gathers the even bits of 32 in 16. */
const gather = (bits: number): number => {
  let gathering = bits & 0x55555555
  gathering = (gathering | (gathering >>> 1)) & 0x33333333
  gathering = (gathering | (gathering >>> 2)) & 0x0f0f0f0f
  gathering = (gathering | (gathering >>> 4)) & 0x00ff00ff
  return (gathering | (gathering >>> 8)) & 0xffff
}

const interleaved = (even: number, odd: number): number => (spread(even) | (spread(odd) << 1)) >>> 0

/** The number of the cell of a point in a grid of latitudes up to `largestLatitude`. */
const cellIn = ({ longitude, latitude }: Coordinates, largestLatitude: number, step: number): Cell => {
  const side = 2 ** step
  return {
    column: Math.trunc(((longitude + LARGEST_LONGITUDE) / LONGITUDES) * side),
    row: Math.trunc(((latitude + largestLatitude) / (largestLatitude + largestLatitude)) * side),
    step,
  }
}

/** The cell of a point. */
export const cellAt = (point: Coordinates, step: number): Cell => cellIn(point, LARGEST_LATITUDE, step)

/** The score of the first point of a cell, and the one behind its last: cells are numbered along a Z-order curve. */
export const scoresOf = ({ column, row, step }: Cell): { readonly first: number; readonly end: number } => {
  const upper = interleaved(row >>> 16, column >>> 16) * UPPER_HALF
  const lower = interleaved(row, column)
  const size = 2 ** (2 * (FINEST_STEP - step))
  // One rounding only, as a conversion from a 64-bit integer has: on the edges a number has more than 53 bits.
  return { first: (upper + lower) * size, end: (upper + (lower + 1)) * size }
}

/** The score under which a point is stored. */
export const scoreOf = (point: Coordinates): number => scoresOf(cellAt(point, FINEST_STEP)).first

/** The same score as the decimal digits of the 64-bit integer, which a double does not always hold. */
export const scoreText = (point: Coordinates): string => {
  const { column, row } = cellAt(point, FINEST_STEP)
  const upper = interleaved(row >>> 16, column >>> 16)
  const lower = interleaved(row, column)
  const score = upper * UPPER_HALF + lower
  return String(Number.isSafeInteger(score) ? score : (BigInt(upper) << 32n) | BigInt(lower))
}

/** The area of a cell. */
export const areaOf = ({ column, row, step }: Cell): Area => {
  const side = 2 ** step
  // The next column is counted in 32 bits, which only a score that is no point exceeds.
  const nextColumn = (column + 1) >>> 0
  const nextRow = (row + 1) >>> 0
  return {
    west: -LARGEST_LONGITUDE + (column / side) * LONGITUDES,
    east: -LARGEST_LONGITUDE + (nextColumn / side) * LONGITUDES,
    south: -LARGEST_LATITUDE + (row / side) * LATITUDES,
    north: -LARGEST_LATITUDE + (nextRow / side) * LATITUDES,
  }
}

/** A score as a 64-bit integer, in halves. What has no place in one becomes what x86 makes of it. */
const halvesOf = (score: number): { readonly upper: number; readonly lower: number } => {
  if (score >= 0 && score < Number.MAX_SAFE_INTEGER) {
    return { upper: Math.floor(score / UPPER_HALF), lower: score >>> 0 }
  }
  const whole = Number.isFinite(score) ? BigInt(Math.trunc(score)) : 0n
  const overflown = score >= 2 ** 64 ? 0n : score < -(2 ** 63) ? 1n << 63n : whole
  const bits = BigInt.asUintN(64, overflown)
  return { upper: Number(bits >> 32n), lower: Number(bits & 0xffffffffn) }
}

const clamped = (value: number, largest: number): number => Math.max(-largest, Math.min(largest, value))

/** The middle of the cell that a score stands for. */
export const pointOf = (score: number): Coordinates => {
  const { upper, lower } = halvesOf(score)
  const column = ((gather(upper >>> 1) << 16) | gather(lower >>> 1)) >>> 0
  const row = ((gather(upper) << 16) | gather(lower)) >>> 0
  const { west, east, south, north } = areaOf({ column, row, step: FINEST_STEP })
  return {
    longitude: clamped((west + east) / 2, LARGEST_LONGITUDE),
    latitude: clamped((south + north) / 2, LARGEST_LATITUDE),
  }
}

/** The neighbour of a cell; the map is a torus. Only a direction that is taken brings a cell of the edge into the grid. */
export const neighbour = ({ column, row, step }: Cell, east: -1 | 0 | 1, north: -1 | 0 | 1): Cell => {
  const side = 2 ** step
  return {
    column: east === 0 ? column : (column + east + side) % side,
    row: north === 0 ? row : (row + north + side) % side,
    step,
  }
}

const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'
const TEXT_LENGTH = 11
const LETTER_BITS = 5

/**
 * The geohash of a point as others know it: the grid covers the poles, and the last of eleven letters, for which 52 bits
 * are not enough, is a 0.
 */
export const geohashText = (point: Coordinates): string => {
  const { column, row } = cellIn(point, 90, FINEST_STEP)
  const upper = interleaved(row >>> 16, column >>> 16)
  const lower = interleaved(row, column)
  const bits = (BigInt(upper) << 32n) | BigInt(lower)
  let text = ''
  for (let i = 1; i < TEXT_LENGTH; i++) {
    text += ALPHABET[Number((bits >> BigInt(2 * FINEST_STEP - i * LETTER_BITS)) & 31n)]
  }
  return `${text}0`
}
