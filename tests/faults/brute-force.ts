import type { Connection } from '../../src/connections/connection.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import { recordOfHash } from '../../src/repositories/indexed/record-hash.js'
import { texts } from '../../src/repositories/replies.js'
import type { Candidate } from '../../src/repositories/select-in-memory.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { keysUnder } from '../repositories/index-auditor.js'

/** Every record of a model, read key by key without any index. */
export async function everyRecord(connection: Connection, schema: ModelSchema): Promise<Map<string, Candidate>> {
  const records = new Map<string, Candidate>()
  for (const { keys } of partitionsOf(schema)) {
    const [, stem] = keys
    for (const key of await keysUnder(connection, stem)) {
      const id = decodeURIComponent(key.slice(stem.length))
      const hash = texts(await connection.send({ type: 'command', name: 'HGETALL', keys: [key], args: [] }))
      const found = recordOfHash(id, hash)
      if (found === null) continue
      if (records.has(id)) throw new Error(`two records have the id ${id}`)
      records.set(id, { record: found.record, createdAtMs: found.createdAtMs })
    }
  }
  return records
}
