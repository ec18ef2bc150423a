import type { Command } from '../command.js'
import { hincrby, hincrbyfloat } from './counters.js'
import { hrandfield } from './random.js'
import { hexists, hget, hgetall, hkeys, hlen, hmget, hscan, hstrlen, hvals } from './read.js'
import { hdel, hmset, hset, hsetnx } from './write.js'

/** All commands of the group `hash`. */
export const hashCommands: readonly Command[] = [
  hdel,
  hexists,
  hget,
  hgetall,
  hincrby,
  hincrbyfloat,
  hkeys,
  hlen,
  hmget,
  hmset,
  hrandfield,
  hscan,
  hset,
  hsetnx,
  hstrlen,
  hvals,
]
