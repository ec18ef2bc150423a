import { benchCluster } from './cluster.js'
import { benchNode } from './node.js'
import { benchOrm } from './orm.js'
import { benchRdb } from './rdb.js'
import { isWrongUse } from './usage-error.js'

/** The benchmarks by name; `npm run bench -- node` runs one, with what follows it as its options, `npm run bench` all. */
const benchmarks = { node: benchNode, cluster: benchCluster, rdb: benchRdb, orm: benchOrm } as const

const isBenchmark = (name: string): name is keyof typeof benchmarks => Object.hasOwn(benchmarks, name)

const [name, ...options] = process.argv.slice(2)
if (name === undefined) {
  for (const run of Object.values(benchmarks)) await run([])
} else if (isBenchmark(name)) {
  try {
    await benchmarks[name](options)
  } catch (error) {
    if (!isWrongUse(error)) throw error
    console.error(error.message)
    process.exitCode = 2
  }
} else {
  console.error(`There is no benchmark "${name}"; there are: ${Object.keys(benchmarks).join(', ')}`)
  process.exitCode = 2
}
