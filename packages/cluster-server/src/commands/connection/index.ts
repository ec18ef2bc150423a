import type { Command } from '../command.js'
import { asking, echo, ping, quit, readonly, readwrite, reset, select } from './basic.js'
import { client } from './client.js'
import { auth, hello } from './hello.js'

/** All commands about the connection itself. */
export const connectionCommands: readonly Command[] = [
  asking,
  auth,
  client,
  echo,
  hello,
  ping,
  quit,
  readonly,
  readwrite,
  reset,
  select,
]
