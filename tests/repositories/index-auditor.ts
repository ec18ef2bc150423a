import type { Connection, Request } from '../../src/connections/connection.js'
import { indexKind } from '../../src/repositories/indexed/index-plan.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import { scoreOf, scoreText } from '../../src/repositories/indexed/score-text.js'
import { encodeSegment } from '../../src/schema/key-encoding.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'

/** All keys of a server or a cluster under a prefix of the connection's, without it. */
export async function keysUnder(connection: Connection, start: string): Promise<string[]> {
  const keys = new Set<string>()
  for (const primary of await connection.primaries()) {
    let cursor = '0'
    do {
      const pattern = `${connection.keyPrefix}${start}*`
      const args = [cursor, 'MATCH', pattern, 'COUNT', 1000]
      const [outcome] = await primary.execute([{ type: 'command', name: 'SCAN', keys: [], args }])
      if (!outcome!.ok) throw outcome!.error
      const [next, found] = outcome!.value as [string, string[]]
      for (const key of found) keys.add(key.slice(connection.keyPrefix.length))
      cursor = String(next)
    } while (cursor !== '0')
  }
  return [...keys].sort()
}

/**
 * Compares every index entry of a model with the records, both ways: what the records say that must exist, against
 * every member of every index key that does exist. Returns the differences; none is right.
 */
export async function auditIndexes(connection: Connection, schema: ModelSchema): Promise<string[]> {
  const differences: string[] = []
  for (const { keys } of partitionsOf(schema)) {
    const [index, stem] = keys
    const expected = new Map<string, Map<string, string>>()
    const expect = (key: string, member: string, score: string) => {
      if (!expected.has(key)) expected.set(key, new Map())
      expected.get(key)!.set(member, score)
    }
    for (const key of await keysUnder(connection, stem)) {
      const hash = pairs((await ask(connection, 'HGETALL', key)) as string[])
      const id = decodeURIComponent(key.slice(stem.length))
      const stamp = hash.get('')
      if (stamp === undefined) {
        if (hash.size > 0) differences.push(`${key} has no time of creation`)
        continue
      }
      expect(index, id, stamp)
      for (const attribute of schema.searchable) {
        const value = hash.get(attribute.name) ?? null
        const name = `${index}:${encodeSegment(attribute.name)}`
        expect(`${name}:${encodeSegment(value)}`, id, stamp)
        const kind = indexKind(attribute)
        if (value !== null && kind === 's') expect(name, `${stamp}${id}`, scoreText(attribute.cast.rank(value)))
        if (value !== null && kind === 't') expect(name, `${sortable(value)}\0${stamp}${id}`, '0')
      }
      for (const { attributes } of schema.composites) {
        const label = attributes.map(({ name }) => encodeSegment(name)).join('%+')
        const values = attributes.map(({ name }) => encodeSegment(hash.get(name) ?? null)).join('%+')
        expect(`${index}:${label}:${values}`, id, stamp)
      }
      const deadline = Number(await ask(connection, 'PEXPIRETIME', key))
      if (deadline > 0) expect(`${index}:%expiry`, id, String(deadline))
    }
    const terms = new Set(((await ask(connection, 'HKEYS', `${index}:%terms`)) as string[]) ?? [])
    // Beside the indexes lie keys of other kinds, whose names begin with % and a letter, as no attribute's does.
    const actualKeys = (await keysUnder(connection, index)).filter(
      (key) => !/^:%(?!expiry$)[a-z]/.test(key.slice(index.length)),
    )
    for (const key of new Set([...actualKeys, ...expected.keys()])) {
      const actual = pairs((await ask(connection, 'ZRANGE', key, 0, -1, 'WITHSCORES')) as string[])
      const wanted = expected.get(key) ?? new Map()
      for (const [member, score] of actual) {
        if (!wanted.has(member)) differences.push(`stale: ${JSON.stringify(member)} in ${key}`)
        else if (scoreOf(wanted.get(member)) !== scoreOf(String(score))) {
          differences.push(`score of ${JSON.stringify(member)} in ${key}: ${score}, not ${wanted.get(member)}`)
        }
      }
      for (const member of wanted.keys()) {
        if (!actual.has(member)) differences.push(`missing: ${JSON.stringify(member)} in ${key}`)
      }
    }
    const expiring = expected.get(`${index}:%expiry`) ?? new Map()
    for (const id of expiring.keys()) if (!terms.has(id)) differences.push(`no terms of ${id} in ${index}`)
    for (const id of terms) if (!expiring.has(id)) differences.push(`stale terms of ${id} in ${index}`)
  }
  return differences
}

async function ask(connection: Connection, name: string, key: string, ...args: (string | number)[]): Promise<unknown> {
  const request: Request = { type: 'command', name, keys: [key], args }
  return connection.send(request)
}

function pairs(flat: readonly string[]): Map<string, string> {
  const map = new Map<string, string>()
  for (let at = 0; at < flat.length; at += 2) map.set(flat[at]!, flat[at + 1]!)
  return map
}

function sortable(text: string): string {
  return text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\0', '\u0001\u0001')
}
