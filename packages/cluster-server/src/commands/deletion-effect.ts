import type { CommandContext } from './context.js'

/** The command by which replicas hear of a deletion: UNLINK where a `lazyfree` setting leaves the freeing for later. */
export const deletionEffect = (
  { server }: CommandContext,
  setting: 'lazyfree-lazy-expire' | 'lazyfree-lazy-user-del',
): 'DEL' | 'UNLINK' => (server.config.flag(setting) ? 'UNLINK' : 'DEL')
