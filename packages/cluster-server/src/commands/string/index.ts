import type { Command } from '../command.js'
import { decr, decrby, incr, incrby, incrbyfloat } from './counters.js'
import { get, getdel, getex, strlen } from './get.js'
import { lcs } from './lcs.js'
import { append, getrange, setrange, substr } from './ranges.js'
import { getset, psetex, set, setex, setnx } from './set.js'
import { mget, mset, msetnx } from './several-keys.js'

/** All commands of the group `string`. */
export const stringCommands: readonly Command[] = [
  append,
  decr,
  decrby,
  get,
  getdel,
  getex,
  getrange,
  getset,
  incr,
  incrby,
  incrbyfloat,
  lcs,
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
  substr,
]
