import type { Connection } from '../../connections/connection.js'
import { hashSlot } from '../../schema/hash-slot.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criteria } from '../criteria.js'
import type { QueryPlan } from '../repository.js'
import { fixedKeys, scanPattern } from './hash-key.js'
import { idsOf } from './hash-reader.js'

/** How a search of hashes would go: by their keys where these are known, else over all keys of every primary. */
export async function explainSearch(
  connection: Connection,
  schema: ModelSchema,
  { where }: Criteria,
): Promise<QueryPlan> {
  const ids = idsOf(schema, where)
  const fixed = ids?.map((id) => fixedKeys(schema, id)).filter((keys) => keys !== null) ?? []
  const isDirect = ids !== null && fixed.length === ids.length
  const nodes = (await connection.primaries()).map((primary) => primary.address)
  const plan = isDirect ? 'the keys' : `SCAN ${scanPattern(schema, connection.keyPrefix, ids, where)}`
  return {
    access: isDirect ? 'keys' : 'scan',
    plan: `${plan}; test in memory`,
    tested: [],
    ordering: 'sorted',
    candidates: isDirect ? fixed.length : null,
    estimatedRows: null,
    slots: fixed.flatMap(([key = '']) => [key]).map((key) => hashSlot(connection.keyPrefix + key)),
    nodes,
    commands: isDirect ? fixed.length : nodes.length,
  }
}
