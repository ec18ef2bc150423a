// npm run check: everything about the sources that can be checked without running the tests. Runs all steps and fails
// if any does. Nothing is written, except below build/.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { checkDocumentation } from './check/documentation.mjs'
import { checkFileSizes } from './check/file-sizes.mjs'
import { checkImportLevels } from './check/import-levels.mjs'
import { checkPackageLock } from './check/package-lock.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** Runs a program of a dependency; its output is the problem when it fails. */
const program = (...args) => {
  const result = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return result.status === 0 ? [] : [`${result.stdout}${result.stderr}`.trim() || String(result.error)]
}

/** Each step returns its problems, or `{ problems, summary }`. */
const steps = {
  'formatter and linter': () => program('node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '.'),
  'types (tsc, strict)': () =>
    program('node_modules/typescript/lib/tsc.js', '-p', 'tsconfig.json', '--pretty', 'false'),
  'import levels': checkImportLevels,
  'file sizes': checkFileSizes,
  'package lock': checkPackageLock,
  documentation: checkDocumentation,
  'command table': () => program('build/scripts/docs/command-table.js', '--check'),
  'acceptance list': () => program('build/scripts/docs/checklist-table.js', '--check'),
}

/** A step that breaks is a step that failed; the others run all the same. */
const outcomeOf = (step) => {
  try {
    const outcome = step()
    return Array.isArray(outcome) ? { problems: outcome } : outcome
  } catch (error) {
    return { problems: [String(error?.stack ?? error)] }
  }
}

let failed = 0
for (const [name, step] of Object.entries(steps)) {
  const startedMs = performance.now()
  const { problems, summary } = outcomeOf(step)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const verdict = problems.length === 0 ? 'ok    ' : 'FAILED'
  console.log(`${verdict} ${name.padEnd(22)} ${seconds.padStart(5)} s${summary === undefined ? '' : `  (${summary})`}`)
  for (const problem of problems) console.log(problem.replace(/^/gm, '         '))
  if (problems.length > 0) failed += 1
}
if (failed > 0) console.log(`${failed} of ${Object.keys(steps).length} steps failed`)
process.exitCode = failed > 0 ? 1 : 0
