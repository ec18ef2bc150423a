import { setTimeout as delay } from 'node:timers/promises'
import { createRandom, type Random } from '../repositories/random.js'
import type { FaultCluster } from './fault-cluster.js'

const FAULTS = ['slot', 'kill', 'lag', 'slot', 'promote'] as const

/** What a cluster went through. */
export interface Survived {
  kills: number
  /** Kills of primaries that had no replica any more for a moment. */
  losses: number
  /** Times for which the replicas of a primary were left behind. */
  lags: number
  promotions: number
  slots: number
  keys: number
  cuts: number
  lostAnswers: number
}

/**
 * Breaks a cluster for a time, in all ways in turn: connections are cut and answers lost all the while; slots are moved,
 * primaries killed and started again, replicas left behind and promoted, one after the other, with pauses of up to `pauseMs`. Ends when the
 * last of these is mended.
 */
export async function breakCluster(
  cluster: FaultCluster,
  slots: readonly number[],
  seed: number,
  runMs: number,
  pauseMs: number,
): Promise<Survived> {
  const survived = { kills: 0, losses: 0, lags: 0, promotions: 0, slots: 0, keys: 0, cuts: 0, lostAnswers: 0 }
  let isRunning = true
  const cutting = (async () => {
    const choice = createRandom(seed + 200)
    while (isRunning) {
      await delay(50 + choice.below(250))
      if (choice.below(2) === 0) {
        cluster.cutConnections(choice.below(6))
        survived.cuts += 1
      } else {
        await cluster.loseAnswers(choice.below(6), 2 + choice.below(20))
        survived.lostAnswers += 1
      }
    }
  })()
  try {
    const choice = createRandom(seed + 300)
    const endMs = Date.now() + runMs
    for (let turn = 0; Date.now() < endMs; turn += 1) {
      await breakSomething(cluster, slots, FAULTS[turn % FAULTS.length]!, choice, survived)
      await delay(choice.below(pauseMs))
    }
  } finally {
    isRunning = false
    await cutting
  }
  return survived
}

/** As a sentence. */
export function survivedText({ kills, losses, lags, promotions, slots, keys, cuts, lostAnswers }: Survived): string {
  return `${kills} kills (${losses} of them with a loss), ${lags} lags of replicas, ${promotions} promotions, ${slots} slots moved with ${keys} keys, ${cuts} cuts, ${lostAnswers} losses of answers`
}

async function breakSomething(
  cluster: FaultCluster,
  slots: readonly number[],
  fault: (typeof FAULTS)[number],
  choice: Random,
  survived: Survived,
): Promise<void> {
  const primary = choice.of(await cluster.primaries())
  switch (fault) {
    case 'slot': {
      const others = slots.filter((slot) => !primary.ranges.some(([from, to]) => from <= slot && slot <= to))
      const moved = others.length === 0 ? 0 : await cluster.moveSlot(choice.of(others), primary, choice.below(80))
      survived.keys += moved
      if (moved > 0) survived.slots += 1
      break
    }
    case 'kill': {
      const aloneMs = survived.kills % 2 === 0 ? 50 + choice.below(300) : 0
      await cluster.killPrimary(primary, { aloneMs })
      survived.kills += 1
      if (aloneMs > 0) survived.losses += 1
      survived.promotions += 1
      break
    }
    case 'lag':
      await cluster.holdBackReplicas(primary, 50 + choice.below(400))
      survived.lags += 1
      break
    case 'promote':
      await cluster.promoteReplica(primary)
      survived.promotions += 1
      break
    default:
      throw new TypeError(String(fault satisfies never))
  }
}
