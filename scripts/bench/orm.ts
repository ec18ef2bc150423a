import { keepAwake } from './awake.js'
import { growth } from './orm/growth.js'
import { hydration } from './orm/hydration.js'
import { inserts } from './orm/inserts.js'
import { memory } from './orm/memory.js'
import { besideNohm } from './orm/nohm.js'
import { type OrmOptions, readOptions } from './orm/options.js'
import { partitions, queries } from './orm/queries.js'
import { printResult } from './orm/report.js'
import { saves } from './orm/saves.js'
import type { Bench, Suite } from './orm/suite.js'
import { startTarget, type Target } from './orm/target.js'
import { types } from './orm/types.js'
import { isInstalled } from './programs.js'
import { median } from './statistics.js'

/** All measurements, in the order of the rows. */
const suites: readonly Suite[] = [saves, inserts, besideNohm, queries, partitions, growth, memory, hydration, types]
/** Awaited requests by which the way to the server and back is told. */
const PINGS = 2_000

/**
 * Prints what models cost beside the same work done by hand or by others, as ratios of interleaved rounds; judged by gates on a
 * real redis-server, and the rows that can be compared there also on a real cluster and an embedded one.
 */
export const benchOrm = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const letSleep = options.isAwake ? await keepAwake() : () => {}
  try {
    await benchTargets(options)
  } finally {
    letSleep()
  }
}

const benchTargets = async (options: OrmOptions): Promise<void> => {
  const hasRedis = await isInstalled('redis-server')
  for (const name of options.targets) {
    if (name !== 'embedded' && !hasRedis) {
      console.log(`orm on ${name}: left out, because redis-server is not on the path`)
      continue
    }
    const target = await startTarget(name)
    const bench: Bench = {
      target,
      options,
      wants: (...names) => names.some((row) => options.rows.includes(row)),
      report: (result) => {
        if (options.rows.includes(result.name)) printResult(result, name === 'redis')
      },
    }
    const judged = `${options.isAwake ? ', processors kept awake' : ''}${name === 'redis' ? '' : '; not judged by the gates'}`
    console.log(`orm on ${target.label}; an awaited PING takes ${await roundTripMicroseconds(target)} us${judged}`)
    try {
      for (const suite of suites) await suite(bench)
    } finally {
      await target.stop()
    }
  }
}

/** The median of what the shortest request takes: no single request is faster, whoever sends it. */
const roundTripMicroseconds = async ({ raw }: Target): Promise<string> => {
  const taken: number[] = []
  for (let ping = 0; ping < PINGS; ping++) {
    const start = performance.now()
    await raw.ping()
    taken.push(performance.now() - start)
  }
  return (median(taken) * 1000).toFixed(0)
}
