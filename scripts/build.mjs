// Compiles both packages and the TypeScript programs under scripts/ and examples/. Incremental: a current tree costs little.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundlePrograms } from './bundle-programs.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const quiet = process.argv.includes('--quiet')

for (const project of ['cluster-server', 'activeredis', 'scripts']) {
  const result = spawnSync(
    process.execPath,
    ['node_modules/typescript/lib/tsc.js', '-p', `config/tsconfig.${project}.json`],
    {
      stdio: 'inherit',
    },
  )
  if (result.status !== 0) process.exit(result.status ?? 1)
  if (project === 'cluster-server') {
    await bundlePrograms('packages/cluster-server/dist', 'packages/cluster-server/dist/.tsbuildinfo')
  }
  if (!quiet) console.log(`built ${project}`)
}
