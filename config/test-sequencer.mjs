import TestSequencer from '@jest/test-sequencer'

/**
 * Suites that take longest, in this order. On a fresh checkout Jest knows nothing but the size of the files, and would begin
 * some of these last, when there is nothing left to run beside them. Those behind the first have servers of their own: suites
 * that share the embedded cluster wait for each other there.
 */
const LONG = [
  'tests/contracts/indexed',
  'tests/faults/faults',
  'tests/cluster/moving-slots',
  'tests/cluster/failover',
  'tests/dispatch/broken-off-commands',
  'tests/persistence/snapshot-isolation',
  'tests/cli/activeredis',
  'tests/scripts/demo',
  'tests/differential/random-streams',
  'tests/hostile/values',
  'tests/contracts/cluster',
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
