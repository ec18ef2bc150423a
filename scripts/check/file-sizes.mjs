// A file over 500 lines does more than one thing. Tests may be long: a long table is one thing.
import { existsSync, readFileSync } from 'node:fs'
import { sourcesBelow } from './source-imports.mjs'

const LONGEST = 500

const ROOTS = ['src', 'packages/cluster-server/src', 'scripts', 'examples']

/** @returns a line for each file in the checkout at `directory` that is too long. */
export function checkFileSizes(directory = '.') {
  return ROOTS.filter((root) => existsSync(`${directory}/${root}`)).flatMap((root) =>
    sourcesBelow(`${directory}/${root}`).flatMap((file) => {
      const lines = readFileSync(`${directory}/${root}/${file}`, 'utf8').split('\n').length - 1
      return lines > LONGEST
        ? [`${root}/${file}: ${lines} lines, ${LONGEST} are allowed; split it by reason to change`]
        : []
    }),
  )
}
