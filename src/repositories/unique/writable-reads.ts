import type { Connection, Request } from '../../connections/connection.js'
import { defineQueryScript } from '../define-script.js'
import { lua } from '../lua.js'
import { ConnectionView } from './connection-view.js'

/** Reads a hash as a command that could write. Keys: the hash. Returns its fields. */
const readHashScript = defineQueryScript('read-hash', lua`return redis.call('HGETALL', KEYS[1])`)

/**
 * A view whose hashes are read by a script, which a server takes for a write: one that hands its slots over in a failover holds it
 * back until it knows the outcome. A plain read it would still answer, from data that its successor has changed already.
 */
export function writableReads(inner: Connection): Connection {
  return new ConnectionView(inner, asScript)
}

function asScript(request: Request): Request {
  if (request.type !== 'command' || request.name !== 'HGETALL') return request
  return { type: 'script', script: readHashScript, keys: request.keys, args: [] }
}
