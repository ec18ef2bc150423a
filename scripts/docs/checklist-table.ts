import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type DefectId, defects, itemSections } from '../../tests/checklist/support/facts.js'
import { type DeclaredDefect, type DeclaredItem, readDeclarations } from './checklist-declarations.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const testFolder = `${root}tests/checklist/`
const documentPath = `${root}docs/checklist.md`

const items = new Map<string, DeclaredItem>()
const defectTests = new Map<string, DeclaredDefect[]>()
const problems: string[] = []

/** Takes what all test files declare, and finds what is declared twice, not at all, or without a reason. */
async function collect(): Promise<void> {
  const known = new Set<string>(Object.values(itemSections).flat())
  for (const name of (await readdir(testFolder)).filter((file) => file.endsWith('.test.ts')).sort()) {
    const declared = readDeclarations(name, await readFile(testFolder + name, 'utf8'))
    for (const item of declared.items) {
      if (items.has(item.id)) problems.push(`${name}: ${item.id} is declared twice.`)
      if (!known.has(item.id)) problems.push(`${name}: there is no item ${item.id}.`)
      if (item.verdict !== 'same' && !item.why)
        problems.push(`${name}: ${item.id} is ${item.verdict} without a reason.`)
      for (const defect of item.defects ?? []) {
        if (!(defect in defects)) problems.push(`${name}: ${item.id} names the defect ${defect}, which does not exist.`)
      }
      items.set(item.id, item)
    }
    for (const test of declared.defects) {
      if (!(test.id in defects)) problems.push(`${name}: there is no defect ${test.id}.`)
      defectTests.set(test.id, [...(defectTests.get(test.id) ?? []), test])
    }
  }
  for (const id of known) if (!items.has(id)) problems.push(`no test declares the item ${id}.`)
  for (const id of Object.keys(defects) as DefectId[]) {
    if (provingItems(id).length === 0 && !defectTests.has(id))
      problems.push(`no test shows that ${id} does not happen.`)
  }
}

function provingItems(defect: DefectId): string[] {
  return [...items.values()].filter((item) => item.defects?.includes(defect)).map(({ id }) => id)
}

function render(): string {
  const all = [...items.values()]
  const count = (verdict: DeclaredItem['verdict']) => all.filter((item) => item.verdict === verdict).length
  const sections = Object.entries(itemSections).map(([title, ids]) => {
    const rows = ids.map((id) => items.get(id)).filter((item) => item !== undefined)
    return [
      `### ${title}\n`,
      '| | promise | | what differs, and why | tested on |',
      '|---|---|---|---|---|',
      ...rows.map(
        (item) =>
          `| ${item.id} | ${cell(item.promise)} | ${item.verdict} | ${cell(item.why ?? '')} | ${where(item.repositories)} |`,
      ),
      '',
    ].join('\n')
  })
  const defectRows = (Object.entries(defects) as [DefectId, string][]).map(([id, text]) => {
    const own = defectTests.has(id) ? [id] : []
    return `| ${id} | ${cell(text)} | ${[...own, ...provingItems(id)].join(', ')} |`
  })
  return [
    '# What is the same as in the PHP library, and what is not\n',
    'ActiveRedis has the public behaviour of the PHP library of that name, in the terms of TypeScript. Each line is a test of that',
    'name in `tests/checklist`, run on the repositories in the last column: `redis` and `indexed` on a real redis-server,',
    '`cluster` and `indexed` on a real cluster, `indexed` on the embedded one too. "mended": kept, but what was wrong, or fits',
    'TypeScript badly, is changed. This page is made from the tests by `node build/scripts/docs/checklist-table.js`.\n',
    `**${all.length} items: ${count('same')} the same, ${count('mended')} mended, ${count('left out')} left out.**\n`,
    '## Items\n',
    ...sections,
    '## Defects of the PHP library, and what happens here\n',
    '| | here | shown by |',
    '|---|---|---|',
    ...defectRows,
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function where(repositories: readonly string[] | null): string {
  if (repositories === null) return 'no server'
  return repositories.length === 4 ? 'all' : repositories.join(', ')
}

await collect()
for (const problem of problems) console.error(`tests/checklist: ${problem}`)
if (problems.length > 0) process.exitCode = 1
const page = render()
if (!process.argv.includes('--check')) await writeFile(documentPath, page)
else if ((await readFile(documentPath, 'utf8').catch(() => '')) !== page) {
  console.error('docs/checklist.md is not current: run node build/scripts/docs/checklist-table.js')
  process.exitCode = 1
}
