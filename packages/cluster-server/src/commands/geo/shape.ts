import type { Coordinates } from './coordinates.js'
import { distanceBetween, latitudeDistance, roughDistanceBetween } from './distance.js'

/** Where a search looks; sizes in the unit that was asked for, which has `metres` metres. */
export type Shape = { readonly centre: Coordinates; readonly metres: number } & (
  | { readonly type: 'circle'; readonly radius: number }
  | { readonly type: 'box'; readonly width: number; readonly height: number }
)

/** How far a rough distance may be off. */
const MARGIN = 1.000001

/** The distance of a point from the centre in metres; undefined outside of the shape. */
export const distanceWithin = (shape: Shape, point: Coordinates): number | undefined => {
  const { centre } = shape
  if (shape.type === 'circle') {
    const radius = shape.radius * shape.metres
    if (roughDistanceBetween(centre, point) > radius * MARGIN) return undefined
    const distance = distanceBetween(centre, point)
    return distance > radius ? undefined : distance
  }
  if (latitudeDistance(point.latitude, centre.latitude) > (shape.height * shape.metres) / 2) return undefined
  const width = (shape.width * shape.metres) / 2
  const abeam = { longitude: centre.longitude, latitude: point.latitude }
  if (roughDistanceBetween(point, abeam) > width * MARGIN) return undefined
  return distanceBetween(point, abeam) > width ? undefined : distanceBetween(centre, point)
}

/** The distance in metres from the centre to the border, at most. */
export const reachOf = (shape: Shape): number => {
  if (shape.type === 'circle') return shape.radius * shape.metres
  const { width, height, metres } = shape
  return Math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * metres
}
