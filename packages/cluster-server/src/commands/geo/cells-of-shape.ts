import { type Area, areaOf, type Cell, cellAt, FINEST_STEP, neighbour } from './cell.js'
import { EARTH_RADIUS, toDegrees, toRadians } from './distance.js'
import { reachOf, type Shape } from './shape.js'

/** Half of the circumference of the earth in the Mercator projection, in metres. */
const MERCATOR_MAX = 20037726.37

/** The step at which a cell and its neighbours cover about `reach` metres around a point. */
const estimatedStep = (reach: number, latitude: number): number => {
  if (reach === 0) return FINEST_STEP
  let step = -1
  for (let range = reach; range < MERCATOR_MAX; range *= 2) step++
  // Meridians come closer to each other towards the poles.
  if (Math.abs(latitude) > 66) step--
  if (Math.abs(latitude) > 80) step--
  return Math.min(FINEST_STEP, Math.max(1, step))
}

/** What a shape covers at most; a box is as wide as on its side that is closer to a pole. */
const boundsOf = (shape: Shape): Area => {
  const { longitude, latitude } = shape.centre
  const height = shape.metres * (shape.type === 'circle' ? shape.radius : shape.height / 2)
  const width = shape.metres * (shape.type === 'circle' ? shape.radius : shape.width / 2)
  const latitudes = toDegrees(height / EARTH_RADIUS)
  const side = latitude < 0 ? latitude - latitudes : latitude + latitudes
  const longitudes = toDegrees(width / EARTH_RADIUS / Math.cos(toRadians(side)))
  return {
    west: longitude - longitudes,
    east: longitude + longitudes,
    south: latitude - latitudes,
    north: latitude + latitudes,
  }
}

/** Whether the neighbours of a cell end before the bounds do. */
const isTooFine = (cell: Cell, bounds: Area): boolean =>
  areaOf(neighbour(cell, 0, 1)).north < bounds.north ||
  areaOf(neighbour(cell, 0, -1)).south > bounds.south ||
  areaOf(neighbour(cell, 1, 0)).east < bounds.east ||
  areaOf(neighbour(cell, -1, 0)).west > bounds.west

/** The neighbours as [east, north], in the order in which Redis searches them. */
const DIRECTIONS = [
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const

const areSame = (one: Cell, other: Cell): boolean =>
  one.column === other.column && one.row === other.row && one.step === other.step

/**
 * The cells that hold every point of a shape, and others: the one of its centre, and those neighbours that reach into
 * it. The order is that of Redis, in which an unsorted search answers. A shape so large that it wraps around the map has
 * neighbours that are the same cell: they follow each other, and are named once.
 */
export const cellsOf = (shape: Shape): readonly Cell[] => {
  const { centre } = shape
  const bounds = boundsOf(shape)
  const estimated = estimatedStep(reachOf(shape), centre.latitude)
  const fine = cellAt(centre, estimated)
  const middle = estimated > 1 && isTooFine(fine, bounds) ? cellAt(centre, estimated - 1) : fine
  const area = areaOf(middle)
  const isCoarse = middle.step < 2
  const cells = [middle]
  for (const [east, north] of DIRECTIONS) {
    const isNeedless =
      (north < 0 && area.south < bounds.south) ||
      (north > 0 && area.north > bounds.north) ||
      (east < 0 && area.west < bounds.west) ||
      (east > 0 && area.east > bounds.east)
    if (isNeedless && !isCoarse) continue
    const cell = neighbour(middle, east, north)
    const previous = cells[cells.length - 1]
    // The first neighbour is not compared with the cell of the centre, in Redis either: they differ.
    if (cells.length === 1 || previous === undefined || !areSame(cell, previous)) cells.push(cell)
  }
  return cells
}
