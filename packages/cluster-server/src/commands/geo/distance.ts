import { wireError } from '../../wire-errors.js'
import type { Coordinates } from './coordinates.js'
import { arcSine, cosine, sine } from './trigonometry.js'

/** Mean radius of the earth in metres; WGS-84, as in Redis. */
export const EARTH_RADIUS = 6372797.560856
const RADIANS = Math.PI / 180
const DECIMALS = 10_000
/** What a C conversion to a 64-bit integer makes of anything that is none. */
const NO_INTEGER = '-922337203685477.5808'

const BAD_UNIT = wireError('ERR unsupported unit provided. please use M, KM, FT, MI')

const METRES: ReadonlyMap<string, number> = new Map([
  ['m', 1],
  ['km', 1000],
  ['ft', 0.3048],
  ['mi', 1609.34],
])

/** How many metres a unit has. @throws WireError */
export const unitArgument = (text: string): number => {
  const metres = METRES.get(text.toLowerCase())
  if (metres === undefined) throw BAD_UNIT
  return metres
}

export const toRadians = (degrees: number): number => degrees * RADIANS
export const toDegrees = (radians: number): number => radians / RADIANS

/** Metres along a meridian. */
export const latitudeDistance = (one: number, other: number): number =>
  EARTH_RADIUS * Math.abs(toRadians(other) - toRadians(one))

/** Metres along a great circle, by the haversine formula, to the last bit but for what trigonometry leaves open. */
export const distanceBetween = (one: Coordinates, other: Coordinates): number => {
  const v = sine((toRadians(other.longitude) - toRadians(one.longitude)) / 2)
  if (v === 0) return latitudeDistance(one.latitude, other.latitude)
  const latitude = toRadians(one.latitude)
  const otherLatitude = toRadians(other.latitude)
  const u = sine((otherLatitude - latitude) / 2)
  const a = u * u + cosine(latitude) * cosine(otherLatitude) * v * v
  return 2 * EARTH_RADIUS * arcSine(Math.sqrt(a))
}

/** The same distance to about one part in ten million, which is enough to tell most points that are too far. */
export const roughDistanceBetween = (one: Coordinates, other: Coordinates): number => {
  const v = Math.sin((toRadians(other.longitude) - toRadians(one.longitude)) / 2)
  const latitude = toRadians(one.latitude)
  const otherLatitude = toRadians(other.latitude)
  const u = Math.sin((otherLatitude - latitude) / 2)
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(u * u + Math.cos(latitude) * Math.cos(otherLatitude) * v * v))
}

/** A distance with four decimals. */
export const distanceText = (distance: number): string => {
  if (distance === 0) return '0.0000'
  const scaled = roundHalfEven(distance * DECIMALS)
  if (!(Math.abs(scaled) < 2 ** 63)) return NO_INTEGER
  const digits = String(BigInt(Math.abs(scaled))).padStart(5, '0')
  return `${scaled < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`
}

const roundHalfEven = (value: number): number => {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
