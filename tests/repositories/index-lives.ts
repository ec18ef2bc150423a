import type { Connection } from '../../src/connections/connection.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { keysUnder } from './index-auditor.js'

/**
 * Compares how long the index keys of a model live with what their records demand: a key expires only if every record in it
 * does, and not before the last of them; what is kept for that is right. Returns the differences; none is right.
 */
export async function auditLives(connection: Connection, schema: ModelSchema): Promise<string[]> {
  const differences: string[] = []
  const ask = (name: string, key: string, ...args: (string | number)[]) =>
    connection.send({ type: 'command', name, keys: [key], args })
  const expiryOf = async (key: string) => Number(await ask('PEXPIRETIME', key))
  for (const { keys } of partitionsOf(schema)) {
    const [index] = keys
    const deadlines = new Map<string, number>()
    const scores = (await ask('ZRANGE', `${index}:%expiry`, 0, -1, 'WITHSCORES')) as string[]
    for (let at = 0; at < scores.length; at += 2) deadlines.set(scores[at]!, Number(scores[at + 1]))
    const mixed = (await ask('HGETALL', `${index}:%mixed`)) as string[]
    const counts = new Map<string, number>()
    for (let at = 0; at < mixed.length; at += 2) counts.set(mixed[at]!, Number(mixed[at + 1]))
    counts.delete('')
    let latest = 0
    for (const key of await keysUnder(connection, index)) {
      const suffix = key.slice(index.length)
      if (suffix.startsWith(':%') && !suffix.startsWith(':%null')) continue
      const members = (await ask('ZRANGE', key, 0, -1)) as string[]
      const ids = members.map((member) => idOfMember(suffix, member))
      const expiring = ids.flatMap((id) => deadlines.get(id) ?? [])
      const expiresAtMs = await expiryOf(key)
      if (expiring.length < ids.length && expiresAtMs !== -1)
        differences.push(`${key} expires, but not all its records`)
      if (expiring.length === ids.length && expiresAtMs < Math.max(...expiring)) {
        differences.push(`${key} expires at ${expiresAtMs}, before ${Math.max(...expiring)}`)
      }
      latest = Math.max(latest, expiresAtMs)
      const count = expiring.length < ids.length ? expiring.length : 0
      if (suffix !== '' && (counts.get(suffix) ?? 0) !== count) {
        differences.push(`${key} counts ${counts.get(suffix)}, not ${count}`)
      }
      counts.delete(suffix)
      if (suffix === '' && (await expiryOf(`${index}:%schema`)) !== expiresAtMs) {
        differences.push(`${index}:%schema does not live as long as ${index}`)
      }
    }
    for (const [suffix, count] of counts) differences.push(`${index}${suffix} does not exist and counts ${count}`)
    const lives = await expiryOf(index)
    if (lives > 0 && lives < latest) differences.push(`${index} expires before keys that derive from it`)
    for (const key of deadlines.size > 0 ? [`${index}:%expiry`, `${index}:%terms`] : []) {
      if ((await expiryOf(key)) !== lives) differences.push(`${key} does not live as long as ${index}`)
    }
  }
  return differences
}

/** Members of range indexes have more than the id: 13 digits before it, and a text and NUL before these. */
function idOfMember(suffix: string, member: string): string {
  if (suffix === '' || suffix.split(':').length > 2) return member
  return member.slice(member.lastIndexOf('\0') + 1 + 13)
}
