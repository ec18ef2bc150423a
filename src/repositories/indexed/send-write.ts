import type { Connection, Script } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Partition } from './layout.js'

/** Calls one script that changes records of a partition. */
export function sendWrite(
  connection: Connection,
  _schema: ModelSchema,
  partition: Partition,
  script: Script,
  args: readonly (string | number)[],
): Promise<unknown> {
  return connection.send({ type: 'script', script, keys: partition.keys, args })
}
