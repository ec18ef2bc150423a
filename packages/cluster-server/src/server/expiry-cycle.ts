import type { Database } from '../keyspace/database.js'

const SAMPLE = 20
/** A database is sampled again while more than this share of the sample had expired. */
const TOLERATED_SHARE = 0.1
const BUDGET_MS = 10

/**
 * Removes expired keys that nobody asks for: samples the keys with a deadline, goes on while many of them had expired,
 * and stops after 10 ms, so that clients never wait longer. Whatever is left is found by the next cycle.
 */
export const runExpiryCycle = (databases: readonly Database[], random: () => number, elapsedMs: () => number): void => {
  for (const database of databases) {
    if (database.ownDeadlines.size > 0) database.ownDeadlines.step((key) => database.expireIfDue(key))
    let again = database.deadlineCount > 0
    while (again && elapsedMs() < BUDGET_MS) {
      const { sampled, removed } = database.expireSample(SAMPLE, random)
      again = removed > sampled * TOLERATED_SHARE && database.deadlineCount > 0
    }
  }
}
