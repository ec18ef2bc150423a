import type { Command } from '../command.js'
import { geoadd } from './add.js'
import { georadius, georadiusbymember, georadiusbymemberRo, georadiusRo } from './georadius.js'
import { geosearch, geosearchstore } from './geosearch.js'
import { geodist, geohash, geopos } from './places.js'

/** All commands of the group `geo`. */
export const geoCommands: readonly Command[] = [
  geoadd,
  geodist,
  geohash,
  geopos,
  georadius,
  georadiusRo,
  georadiusbymember,
  georadiusbymemberRo,
  geosearch,
  geosearchstore,
]
