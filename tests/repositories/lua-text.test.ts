import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import type { Connection, Script } from '../../src/connections/connection.js'
import { compareBytes } from '../../src/repositories/byte-order.js'
import { defineScript } from '../../src/repositories/define-script.js'
import { isLike } from '../../src/repositories/evaluate.js'
import { sortableText } from '../../src/repositories/indexed/score-text.js'
import { conditions } from '../../src/repositories/indexed/scripts/conditions.js'
import { members, prelude } from '../../src/repositories/indexed/scripts/prelude.js'
import { encodeSegment } from '../../src/schema/key-encoding.js'
import { hostileTexts } from '../contracts/hostile-texts.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'

const segments = defineScript(
  'segments',
  prelude,
  members,
  `local answers = {}
for i, text in ipairs(ARGV) do
  local sorted = sortable(text)
  answers[i] = { segment(text), unsegment(segment(text)), sorted, unsortable(sorted) }
end
return answers`,
)
const body = `local left, right = ARGV[1], ARGV[2]
return { before(left, right) and 1 or 0, before(right, left) and 1 or 0 }`
const order = defineScript('order', prelude, members, conditions, body)
const orderWithoutLocale = defineScript(
  'order',
  prelude,
  members,
  conditions.replace(/BYTEWISE = .*/, 'BYTEWISE = false'),
  body,
)
const like = defineScript(
  'like',
  prelude,
  members,
  conditions,
  `local parts = {}
for i = 2, #ARGV do parts[#parts + 1] = ARGV[i] end
return isLike(ARGV[1], parts) and 1 or 0`,
)
const text = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('\0', '\u0001', '\u0002', '%', ':', '{', 'a', 'é', '😀'), maxLength: 6 }),
)

jest.setTimeout(120_000)

describeTargets(['redis-server', 'embedded-node'], (target) => {
  describe('text inside the scripts', () => {
    let connection: Connection
    beforeAll(async () => {
      connection = await openTarget(target)
    })
    afterAll(() => connection.close())
    const run = (script: Script, args: readonly string[]) =>
      connection.send({ type: 'script', script, keys: ['idx:{x}', '{x}:'], args })

    test('is encoded as in TypeScript, and read back', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 20 }), async (texts) => {
          const expected = texts.map((each) => [encodeSegment(each), each, sortableText(each), each])
          expect(await run(segments, texts)).toEqual(expected)
        }),
        { numRuns: 60 },
      )
    })

    test('is ordered by bytes, whatever the collation of the server', async () => {
      await fc.assert(
        fc.asyncProperty(text, text, async (left, right) => {
          const expected = [compareBytes(left, right) < 0 ? 1 : 0, compareBytes(right, left) < 0 ? 1 : 0]
          expect(await run(order, [left, right])).toEqual(expected)
          expect(await run(orderWithoutLocale, [left, right])).toEqual(expected)
        }),
        { numRuns: 300 },
      )
    })

    test('keeps its order in range index members', async () => {
      await fc.assert(
        fc.asyncProperty(text, text, async (left, right) => {
          const members = [`${sortableText(left)}\0${'9'.repeat(13)}`, `${sortableText(right)}\0${'0'.repeat(13)}`]
          const expected = left === right ? 0 : compareBytes(left, right) < 0 ? 1 : 0
          const [isBefore] = (await run(order, members)) as number[]
          expect(isBefore).toBe(expected)
        }),
        { numRuns: 200 },
      )
    })

    test('is like a pattern exactly when it is in TypeScript', async () => {
      const short = fc.string({ unit: fc.constantFrom('a', 'b', '%', '.'), maxLength: 7 })
      await fc.assert(
        fc.asyncProperty(short, fc.array(short, { minLength: 2, maxLength: 4 }), async (value, parts) => {
          expect(await run(like, [value, ...parts])).toBe(isLike(value, { parts }) ? 1 : 0)
        }),
        { numRuns: 300 },
      )
    })
  })
})
