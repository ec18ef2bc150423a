import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeBesideRedis } from '../support/server-pair.js'
import {
  luaExpression,
  luaFormat,
  luaPattern,
  luaQuoted,
  luaReplacement,
  luaSubject,
  showExpression,
} from './random-lua.js'
import { ScriptServers } from './server-pair.js'

const full = process.env.FULL === '1'
const SCRIPTS = full ? 20_000 : 1500
const SEED = Number(process.env.SEED ?? 20_261_120)
const BATCH = 250
/** More than a few differences have one cause. */
const SHOWN = 5

let servers: ScriptServers

beforeAll(async () => {
  servers = await ScriptServers.start()
})

afterAll(async () => {
  await servers?.close()
})

const sameAnswers = async (script: fc.Arbitrary<string>): Promise<void> => {
  const scripts = fc.sample(script, { numRuns: SCRIPTS, seed: SEED })
  for (let at = 0; at < scripts.length; at += BATCH) {
    const differences = await servers.differences(scripts.slice(at, at + BATCH))
    expect(differences.slice(0, SHOWN)).toEqual([])
  }
}

/** All results of a call, or its error. */
const results = (call: string): string =>
  `local r = {pcall(function() return ${call} end)} for i = 1, 8 do r[i] = tostring(r[i]) end return r`

describeBesideRedis('random pieces of Lua have the values and the errors that redis-server gives', () => {
  test('expressions with every operator', () => sameAnswers(luaExpression.map(showExpression)), 300_000)

  test('string.find and string.match', () => {
    const call = fc
      .tuple(fc.constantFrom('find', 'match'), luaSubject, luaPattern, fc.integer({ min: -6, max: 6 }))
      .map(([name, subject, pattern, start]) =>
        results(`string.${name}(${luaQuoted(subject)}, ${luaQuoted(pattern)}, ${start})`),
      )
    return sameAnswers(call)
  }, 300_000)

  test('string.gsub', () => {
    const call = fc
      .tuple(luaSubject, luaPattern, luaReplacement)
      .map((parts) => results(`string.gsub(${parts.map(luaQuoted).join(', ')})`))
    return sameAnswers(call)
  }, 300_000)

  test('string.format', () => {
    const call = luaFormat.map(({ format, argument }) => results(`string.format(${luaQuoted(format)}, ${argument})`))
    return sameAnswers(call)
  }, 300_000)

  test('numbers as text, and text as numbers', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer(),
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(Number),
      fc
        .tuple(fc.integer({ min: -99999999, max: 99999999 }), fc.integer({ min: -20, max: 20 }))
        .map(([m, e]) => m * 10 ** e),
    )
    const call = number
      .map((value) => (Number.isFinite(value) ? String(value) : value > 0 ? '1/0' : '-1/0'))
      .map(
        (text) =>
          `return {tostring(${text}), redis.call('echo', ${text}), tostring(tonumber('${text}')), cjson.encode({${text.includes('/') ? 0 : text}})}`,
      )
    return sameAnswers(call)
  }, 300_000)
})
