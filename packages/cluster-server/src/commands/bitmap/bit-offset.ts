import { wireError } from '../../wire-errors.js'
import { integerArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'

const BAD_OFFSET = wireError('ERR bit offset is not an integer or out of range')

/** The offset of a bit; a text `#n` counts in fields of `width` bits where that is given. @throws WireError */
export const bitOffset = (context: CommandContext, text: string, width?: number): number => {
  const inFields = width !== undefined && text.startsWith('#')
  const offset = integerArgument(inFields ? text.slice(1) : text, BAD_OFFSET) * (inFields ? width : 1)
  const limit = context.client.isReplicationStream ? Infinity : context.server.config.number('proto-max-bulk-len')
  if (offset < 0 || Math.floor(offset / 8) >= limit) throw BAD_OFFSET
  return offset
}
