import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { difference, type Question } from '../../scripts/demo/question.js'
import { describeTargets, serverKinds, unavailableReason } from '../support/targets.js'

const root = join(__dirname, '../..')
const program = join(root, 'build/scripts/demo/main.js')

/** Runs the demo to its end. One that does not end by itself is killed, and has no exit code. */
const demo = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [program, ...args], { cwd: root, timeout: 50_000 })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const [code] = await once(child, 'close')
  return { code, output, errors }
}

const rightAnswers = {
  code: 0,
  output: expect.stringMatching(
    /No key is left under the key prefix .*\nEvery answer equals that of the plain array\.\n$/,
  ),
}

if (existsSync(program)) {
  describeTargets(serverKinds, (target) => {
    test('the demo gets every answer right, and removes what it stored', async () => {
      expect(await demo('--limit', '2000', '--url', target.url)).toMatchObject(rightAnswers)
    })
  })

  const embedded = unavailableReason('embedded-cluster')
  const testEmbedded = embedded === undefined ? test : test.skip
  testEmbedded(`the demo starts a cluster of its own, and ends${embedded ? ` (${embedded})` : ''}`, async () => {
    const { code, output } = await demo('--limit', '2000')
    expect({ code, output }).toMatchObject(rightAnswers)
    expect(output).toMatch(/^An embedded cluster of three primaries \(\S+, \S+, \S+\) and three replicas is up/)
    expect(output.match(/ yes$/gm)).toHaveLength(12)
  })

  test.each([
    [['--limit', '7'], /whole number of at least 2000, not "7"/],
    [['--rows', '7'], /--rows/],
    [['--url', 'http://127.0.0.1'], /scheme/],
  ])('%j is refused with the usage or the reason', async (args, reason) => {
    const { code, errors } = await demo(...args)
    expect(code).toBe(2)
    expect(errors).toMatch(reason)
  })

  test('a server that is out of reach ends the demo with its address', async () => {
    const { code, errors } = await demo('--url', 'redis://127.0.0.1:1')
    expect(code).toBe(1)
    expect(errors).toMatch(/127\.0\.0\.1:1/)
  })
} else {
  test.skip('skipped: the demo is not built (npm run build)', () => {})
}

describe('two answers', () => {
  const ordered = { ordered: true } as Question
  const unordered = { ordered: false } as Question

  test('differ by a row that is missing, added, exchanged or, where order matters, elsewhere', () => {
    expect(difference(ordered, { ids: ['a', 'b'], rows: 2 }, { ids: ['a', 'b'], rows: 2 })).toBeNull()
    expect(difference(unordered, { ids: ['b', 'a'], rows: 2 }, { ids: ['a', 'b'], rows: 2 })).toBeNull()
    expect(difference(ordered, { ids: ['b', 'a'], rows: 2 }, { ids: ['a', 'b'], rows: 2 })).toBe(
      'row 1 is b instead of a',
    )
    expect(difference(unordered, { ids: ['a'], rows: 1 }, { ids: ['a', 'b'], rows: 2 })).toBe('1 rows instead of 2')
    expect(difference(unordered, { ids: ['a', 'c'], rows: 2 }, { ids: ['a', 'b'], rows: 2 })).toMatch(/c instead of b/)
    expect(difference(ordered, { ids: ['a', 'b'], rows: 1 }, { ids: ['a'], rows: 1 })).toMatch(/row/)
  })
})
