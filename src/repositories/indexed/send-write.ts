import type { Connection, Script } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { sendGuarded } from './guarded-calls.js'
import type { Partition } from './layout.js'

/** Calls one script that changes records of a partition, behind its guard. */
export function sendWrite(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  script: Script,
  args: readonly (string | number)[],
): Promise<unknown> {
  return sendGuarded(connection, schema, { partition, script, args })
}
