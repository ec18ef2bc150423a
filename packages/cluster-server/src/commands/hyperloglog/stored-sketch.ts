import { wireError } from '../../wire-errors.js'
import type { CommandContext } from '../context.js'
import { Sketch } from './sketch.js'

/** The text of a sketch does not describe exactly as many registers as there are. */
export const CORRUPTED = wireError('INVALIDOBJ Corrupted HLL object detected')

/** The sketch at `key`; undefined without one. @throws WireError for anything else. */
export const sketchAt = ({ db }: CommandContext, key: string): Sketch | undefined => {
  const text = db.getString(key)
  return text === undefined ? undefined : Sketch.from(text)
}

/** Stores what was changed, and keeps a deadline. To look at a sketch is to change it: Redis holds its text `raw` then. */
export const keepSketch = ({ db }: CommandContext, key: string, sketch: Sketch): void =>
  db.replace(key, sketch.text, 'raw')

/** From this size on a sparse sketch becomes dense. */
export const sparseLimit = ({ server }: CommandContext): number => server.config.number('hll-sparse-max-bytes')
