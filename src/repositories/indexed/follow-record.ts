import { setTimeout } from 'node:timers/promises'
import type { Partition } from './layout.js'

/** How often a record that keeps moving is followed, and the pause in between. */
const MOST_ATTEMPTS = 50
const RETRY_MS = 2

/**
 * Does something where a record is, and again where it has gone if it was not there any more: between the look for a record of which
 * nobody knows the hash tag and what is done there it can have changed its partition.
 *
 * @param locate The partition of the record; null where it is nowhere.
 * @param isAbsent Tells the answer of a partition that does not have the record.
 * @returns The answer of the partition that had it; of `nowhere`, where none has.
 */
export async function followRecord<Answer>(
  locate: () => Promise<Partition | null>,
  nowhere: Partition,
  ask: (partition: Partition) => Promise<Answer>,
  isAbsent: (answer: Answer) => boolean,
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const partition = await locate()
    const answer = await ask(partition ?? nowhere)
    if (partition === null || !isAbsent(answer) || attempt === MOST_ATTEMPTS) return answer
    await setTimeout(RETRY_MS)
  }
}
