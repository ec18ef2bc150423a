import type { ClientState } from '../context.js'

/** Closes the connection of `target` at once; that of `self`, who runs the command, after its answer. */
export const disconnect = (target: ClientState, self: ClientState): void => {
  if (target === self) target.closeAfterReply()
  else target.link?.close()
}
