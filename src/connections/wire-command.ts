import type { Request } from './connection.js'

/** One command as it goes to a server: keys prefixed, all arguments text. */
export interface WireCommand {
  /** Upper case. */
  readonly name: string
  readonly args: string[]
  /** The SHA1 of the script whose source it brings. */
  readonly sourceOf?: string
}

/** The keys of a request as the server sees them. */
export const wireKeys = (request: Request, keyPrefix: string): readonly string[] =>
  keyPrefix === '' ? request.keys : request.keys.map((key) => keyPrefix + key)

/**
 * A request as one command. A script goes by its SHA1 unless `withSource` is set, for a server that does not know it.
 * Numbers are written as JavaScript prints them, which Redis reads back exactly.
 */
export const toWire = (request: Request, keys: readonly string[], withSource: boolean): WireCommand => {
  // One array, filled in place: this runs for every request.
  const args: string[] = []
  let name: string
  switch (request.type) {
    case 'command':
      name = request.name
      break
    case 'script':
      name = withSource ? 'EVAL' : 'EVALSHA'
      args.push(withSource ? request.script.source : request.script.sha1, String(keys.length))
      break
    default:
      throw new TypeError(`not a request: ${String(request satisfies never)}`)
  }
  for (const key of keys) args.push(key)
  for (const argument of request.args) args.push(typeof argument === 'string' ? argument : String(argument))
  return request.type === 'script' && withSource ? { name, args, sourceOf: request.script.sha1 } : { name, args }
}

/** What the request is called in messages: the command's name, or the script's. */
export const requestName = (request: Request): string =>
  request.type === 'command' ? request.name : `script ${request.script.name}`

/** Commands that change nothing and may be asked twice. Of those that this package sends, and their nearest relatives. */
const READ_ONLY = new Set(
  (
    'GET MGET STRLEN GETRANGE EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME DUMP SCAN DBSIZE KEYS RANDOMKEY ' +
    'HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSCAN HSTRLEN HRANDFIELD LLEN LRANGE LINDEX ' +
    'SMEMBERS SISMEMBER SMISMEMBER SCARD SSCAN SINTER SUNION SDIFF SRANDMEMBER ' +
    'ZCARD ZSCORE ZMSCORE ZRANK ZREVRANK ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX ' +
    'ZCOUNT ZLEXCOUNT ZSCAN ZINTER ZUNION ZDIFF ZINTERCARD PING ECHO TIME INFO CLUSTER COMMAND'
  ).split(' '),
)

/** True when a request may be sent again although the server may have executed it: it only reads. */
export const isRepeatable = (request: Request): boolean =>
  request.type === 'command' ? READ_ONLY.has(request.name.toUpperCase()) : request.script.isReadOnly === true
