import { constants } from 'node:buffer'
import { wireError } from '../wire-errors.js'
import type { CommandContext } from './context.js'

const TOO_LONG = wireError('ERR string exceeds maximum allowed size (proto-max-bulk-len)')

/**
 * Refuses a string of more than `proto-max-bulk-len` bytes, or of more than V8 can hold (24 bytes short of 512 MiB).
 * @throws WireError
 */
export const checkLength = (context: CommandContext, length: number): void => {
  const limit = context.client.isReplicationStream ? Infinity : context.server.config.number('proto-max-bulk-len')
  if (length > limit || length > constants.MAX_STRING_LENGTH) throw TOO_LONG
}
