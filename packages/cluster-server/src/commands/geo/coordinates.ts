import { formatFixed, formatHuman } from '../../fixed-point.js'
import { DoubleReply, type Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, doubleArgument } from '../arguments.js'

/** A point on the earth, in degrees. */
export interface Coordinates {
  readonly longitude: number
  readonly latitude: number
}

/** The limits of the projection EPSG:3857; the poles have no place in the index. */
export const LARGEST_LONGITUDE = 180
export const LARGEST_LATITUDE = 85.05112878

/** Longitude and latitude at `index` and behind it. @throws WireError */
export const coordinatesArgument = (argv: readonly string[], index: number): Coordinates => {
  const longitude = doubleArgument(argument(argv, index))
  const latitude = doubleArgument(argument(argv, index + 1))
  if (Math.abs(longitude) > LARGEST_LONGITUDE || Math.abs(latitude) > LARGEST_LATITUDE) {
    const pair = `${formatFixed(longitude, 6)},${formatFixed(latitude, 6)}`
    throw wireError(`ERR invalid longitude,latitude pair ${pair}`)
  }
  return { longitude, latitude }
}

/** Longitude and latitude as Redis answers them: doubles with 17 decimals. */
export const coordinatesReply = ({ longitude, latitude }: Coordinates): Reply => [
  new DoubleReply(longitude, formatHuman(longitude)),
  new DoubleReply(latitude, formatHuman(latitude)),
]
