import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { targetUrl } from '../support/open-target.js'
import { describeTargets, serverKinds, unavailableReason } from '../support/targets.js'

const root = join(__dirname, '../..')
const isBuilt = existsSync(join(root, 'dist/index.js'))

const run = async (program: string, url: string): Promise<unknown> => {
  const file = join(__dirname, 'programs', program)
  // A program that a socket or a timer keeps alive is killed, and so fails.
  const { stdout } = await promisify(execFile)(process.execPath, [file, url], { cwd: root, timeout: 50_000 })
  return JSON.parse(stdout)
}

const programs = ['visits.mjs', 'visits.cjs']
const expected = { isFound: true, left: 0, handles: [] }

if (isBuilt) {
  describeTargets(serverKinds, (target) => {
    test.each(programs)('the built package works in %s, and leaves no handle open', async (program) => {
      expect(await run(program, targetUrl(target))).toEqual(expected)
    })
  })
} else {
  test.skip('skipped: the package is not built (npm run build)', () => {})
}

const embedded = unavailableReason('embedded-cluster')
if (isBuilt && embedded === undefined) {
  test.each(programs)('%s starts an embedded cluster of its own, and leaves nothing of it', async (program) => {
    expect(await run(program, 'embedded://?primaries=3&replicas=1')).toEqual(expected)
  })
} else {
  test.skip(`skipped: ${embedded ?? 'the package is not built'}`, () => {})
}
