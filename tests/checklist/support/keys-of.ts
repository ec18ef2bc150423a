import type { Store } from '../../model/support/stores.js'
import { keysUnder } from '../../repositories/index-auditor.js'

/** All keys of the suite that begin so, without the prefix of the connection; sorted. None in memory. */
export async function keysOf({ connections, repository }: Store, start = ''): Promise<string[]> {
  return repository === 'array' ? [] : keysUnder(await connections.connection('default'), start)
}

/** Sends one command on the keys of the suite. */
export async function command(
  { connections }: Store,
  name: string,
  key: string,
  ...args: (string | number)[]
): Promise<unknown> {
  return (await connections.connection('default')).send({ type: 'command', name, keys: [key], args })
}
