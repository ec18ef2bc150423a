import { benchOrm } from './orm.js'
import { benchServer } from './server.js'

/** The benchmarks by name; `npm run bench -- server` runs one, `npm run bench` all. */
const benchmarks = { server: benchServer, orm: benchOrm } as const

const isBenchmark = (name: string): name is keyof typeof benchmarks => Object.hasOwn(benchmarks, name)

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benchmarks)
for (const name of names) {
  if (!isBenchmark(name)) {
    console.error(`There is no benchmark "${name}"; there are: ${Object.keys(benchmarks).join(', ')}`)
    process.exitCode = 2
    break
  }
  await benchmarks[name]()
}
