// npm run coverage: which lines of the server's cluster and peers folders their tests run, as a table. Arguments go to
// Jest. What a test starts as a process of its own does not count.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from '@swc/core'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const PACKAGE = 'packages/cluster-server'
const FOLDERS = ['cluster', 'peers']
const REPORT = 'build/coverage'

rmSync(REPORT, { recursive: true, force: true })
const run = spawnSync(
  process.execPath,
  [
    ...['node_modules/jest/bin/jest.js', '--config', 'config/jest.config.mjs', '--selectProjects', 'cluster-server'],
    ...['--coverage', '--coverageProvider', 'v8', '--coverageReporters', 'json-summary', '--coverageDirectory', REPORT],
    ...FOLDERS.flatMap((folder) => ['--collectCoverageFrom', `${PACKAGE}/src/${folder}/**/*.ts`]),
    ...['--testPathPatterns', ...FOLDERS.map((folder) => `${PACKAGE}/tests/(server/)?${folder}/`)],
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)

/** A file of types has no line to run, and would count as one of which none was. */
const holdsCode = (path) => {
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, minify: { format: { comments: false } } },
  })
  return !/^\s*(export\s*\{\s*\};?\s*)?$/.test(code)
}

const summary = JSON.parse(readFileSync(`${REPORT}/coverage-summary.json`, 'utf8'))
const files = Object.entries(summary)
  .filter(([path]) => path !== 'total' && holdsCode(path))
  .map(([path, { lines }]) => ({ path: relative(`${root}/${PACKAGE}/src`, path).split(sep).join('/'), ...lines }))
  .sort((a, b) => (a.path < b.path ? -1 : 1))

const row = (name, covered, total) => {
  const percent = total === 0 ? 100 : (100 * covered) / total
  console.log(
    `${name.padEnd(44)} ${String(covered).padStart(6)} ${String(total).padStart(6)} ${percent.toFixed(2).padStart(7)} %`,
  )
}

console.log(`\n${'lines'.padEnd(44)} ${'run'.padStart(6)} ${'of'.padStart(6)}`)
for (const folder of FOLDERS) {
  const inside = files.filter(({ path }) => path.startsWith(`${folder}/`))
  for (const { path, covered, total } of inside) row(path, covered, total)
  const sum = (field) => inside.reduce((total, file) => total + file[field], 0)
  row(`all of ${folder}`, sum('covered'), sum('total'))
  console.log()
}
process.exitCode = run.status ?? 1
