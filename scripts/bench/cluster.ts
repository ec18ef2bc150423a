import { benchFailover } from './cluster/failover.js'
import { benchIdle } from './cluster/idle.js'
import { benchMigrate } from './cluster/migrate.js'
import { benchRedirection } from './cluster/redirection.js'
import { benchReshard } from './cluster/reshard.js'
import { benchSlot } from './cluster/slot.js'
import { benchViews } from './cluster/views.js'
import { isInstalled } from './programs.js'
import { UsageError } from './usage-error.js'

const besideRedis = (bench: () => Promise<void>) => async (): Promise<void> => {
  for (const program of ['redis-server', 'redis-cli']) {
    if (!(await isInstalled(program))) {
      console.log(`cluster: left out, because ${program} is not on the path`)
      return
    }
  }
  await bench()
}

const sections = {
  slot: benchSlot,
  redirection: besideRedis(benchRedirection),
  migrate: besideRedis(benchMigrate),
  reshard: besideRedis(benchReshard),
  views: besideRedis(benchViews),
  failover: besideRedis(benchFailover),
  idle: besideRedis(benchIdle),
} as const

const isSection = (name: string): name is keyof typeof sections => Object.hasOwn(sections, name)

/**
 * Measures nodes of a cluster beside those of redis-server, and says whether they are as fast as is expected of them.
 *
 * @param options names of sections; none: all of them
 */
export const benchCluster = async (options: readonly string[]): Promise<void> => {
  for (const name of options) {
    if (!isSection(name))
      throw new UsageError(`There is no section "${name}"; there are: ${Object.keys(sections).join(', ')}`)
  }
  const chosen = options.length > 0 ? options.filter(isSection) : (Object.keys(sections) as (keyof typeof sections)[])
  for (const name of chosen) await sections[name]()
}
