import TestSequencer from '@jest/test-sequencer'

/**
 * Suites that take longest, in this order. On a fresh checkout Jest knows nothing but the size of the files, and would begin
 * some of these last, when there is nothing left to run beside them.
 */
const LONG = [
  'tests/contracts/indexed',
  'tests/contracts/cluster',
  'tests/hostile/values',
  'tests/repositories/indexed-traffic',
  'tests/integration/orm',
  'tests/faults/faults',
  'tests/contracts/redis',
  'tests/persistence/snapshot-isolation',
  'tests/repositories/unique-claims',
  'tests/repositories/indexed-concurrency',
  'tests/repositories/moving-records',
  'tests/repositories/migration/migration',
  'tests/repositories/maintenance/verify-and-repair',
  'tests/cli/activeredis',
]

const rankOf = ({ path }) => {
  const rank = LONG.findIndex((name) => path.includes(`/${name}.test.ts`))
  return rank === -1 ? LONG.length : rank
}

/** Begins long suites first. */
export default class LongestFirst extends TestSequencer {
  async sort(tests) {
    const sorted = await super.sort(tests)
    return [...sorted].sort((one, other) => rankOf(one) - rankOf(other))
  }
}
