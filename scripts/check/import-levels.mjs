// Folders import downwards only: neither upwards nor sideways, and no files in a circle. The levels are data.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { importsOf, sourcesBelow } from './source-imports.mjs'

const FORBIDDEN = {
  src: /^@activeredis\/cluster-server(\/|$)/,
  'packages/cluster-server/src': /^activeredis(\/|$)/,
}

/** The folder directly below the root that a file belongs to; loose files other than `index` are one group. */
const groupOf = (file) => {
  const slash = file.indexOf('/')
  if (slash >= 0) return file.slice(0, slash)
  return file === 'index.ts' ? 'index' : '(files)'
}

/** @returns a line for each violation in the checkout at `directory`. */
export function checkImportLevels(directory = '.') {
  const levels = JSON.parse(readFileSync(`${directory}/config/import-levels.json`, 'utf8'))
  return Object.entries(levels).flatMap(([root, rows]) =>
    existsSync(`${directory}/${root}`) ? checkTree(directory, root, rows) : [],
  )
}

function checkTree(directory, root, rows) {
  const problems = []
  const levelOf = new Map(rows.flatMap((groups, level) => groups.map((group) => [group, level])))
  const files = sourcesBelow(`${directory}/${root}`)
  const known = new Set(files)
  const valueImports = new Map()
  for (const file of files) {
    const group = groupOf(file)
    const level = levelOf.get(group)
    if (level === undefined) {
      problems.push(`${root}/${file}: config/import-levels.json has no level for [${group}]`)
      continue
    }
    valueImports.set(file, [])
    for (const { specifier, line, isTypeOnly } of importsOf(`${directory}/${root}/${file}`)) {
      const at = `${root}/${file}:${line}`
      if (FORBIDDEN[root]?.test(specifier)) {
        problems.push(`${at}: must not import ${specifier}`)
        continue
      }
      if (!specifier.startsWith('.')) continue
      const target = posix.normalize(posix.join(dirname(file), specifier)).replace(/\.js$/, '.ts')
      if (target.startsWith('..')) {
        problems.push(`${at}: ${specifier} leaves ${root}`)
        continue
      }
      if (!isTypeOnly && known.has(target)) valueImports.get(file).push(target)
      const targetGroup = groupOf(target)
      if (targetGroup === group) continue
      const targetLevel = levelOf.get(targetGroup)
      if (targetLevel === undefined || targetLevel < level) continue
      const direction = targetLevel === level ? 'sideways' : 'upwards'
      problems.push(
        `${at}: [${group}] (level ${level}) imports ${direction} from [${targetGroup}] (level ${targetLevel})`,
      )
    }
  }
  return [...problems, ...circles(valueImports).map((circle) => `${root}: circle ${circle.join(' -> ')}`)]
}

/** Every circle found by a depth-first walk, each once. Types are gone when the code runs: only values count. */
function circles(graph) {
  const found = []
  const state = new Map()
  const path = []
  const visit = (file) => {
    state.set(file, 'open')
    path.push(file)
    for (const target of graph.get(file) ?? []) {
      if (state.get(target) === 'open') found.push([...path.slice(path.indexOf(target)), target])
      else if (!state.has(target)) visit(target)
    }
    path.pop()
    state.set(file, 'done')
  }
  for (const file of graph.keys()) if (!state.has(file)) visit(file)
  return found
}
