// Code in the documentation compiles, and runs where it says so.
//
//   ```ts            compiles on its own under the strict settings of the sources
//   ```ts continued  compiles after the blocks before it, back to the last one that is not continued
//   ```ts run        is executed as well, with everything before and after it in the same chain
//   ```json          parses
//   ```sh            every `npm run x` in it exists
//
// Programs are run with ACTIVEREDIS_URL naming an embedded cluster of their own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OUTPUT = 'build/readme-check'
const TSC = fileURLToPath(new URL('../../node_modules/typescript/lib/tsc.js', import.meta.url))
const RUN_TIMEOUT_MS = 60_000

/** @returns `{ problems, summary }` of the checkout at `directory`. */
export function checkDocumentation(directory = '.') {
  const problems = []
  const programs = []
  const scripts = Object.keys(JSON.parse(readFileSync(`${directory}/package.json`, 'utf8')).scripts)
  const documents = documentPaths(directory)
  let blockCount = 0
  for (const document of documents) {
    for (const block of codeBlocks(readFileSync(`${directory}/${document}`, 'utf8'))) {
      blockCount += 1
      if (block.language === 'ts') addProgram(programs, document, block, problems)
      if (block.language === 'json') problems.push(...checkJson(document, block))
      if (block.language === 'sh') problems.push(...checkShell(document, block, scripts))
    }
  }
  if (programs.length > 0) problems.push(...compile(directory, programs))
  let ran = 0
  if (problems.length === 0) {
    for (const program of programs.filter((candidate) => candidate.isRun)) {
      problems.push(...run(directory, program))
      ran += 1
    }
  }
  return { problems, summary: `${blockCount} blocks in ${documents.length} documents, ${ran} programs run` }
}

function documentPaths(directory) {
  const guides = existsSync(`${directory}/docs`)
    ? readdirSync(`${directory}/docs`, { recursive: true })
        .map((path) => `docs/${String(path).replaceAll('\\', '/')}`)
        .filter((path) => path.endsWith('.md'))
        .sort()
    : []
  return ['README.md', 'packages/cluster-server/README.md', 'CONTRIBUTING.md', ...guides].filter((path) =>
    existsSync(`${directory}/${path}`),
  )
}

/** Fenced blocks: language, flags, the line of the fence (from 1) and the text. */
function codeBlocks(text) {
  const blocks = []
  let open = null
  text.split('\n').forEach((line, index) => {
    const fence = /^\s*```(.*)$/.exec(line)
    if (fence === null) {
      open?.lines.push(line)
    } else if (open === null) {
      const [language = '', ...flags] = fence[1].trim().split(/\s+/)
      open = { language: language === 'typescript' ? 'ts' : language, flags, line: index + 1, lines: [] }
    } else {
      blocks.push({ ...open, text: open.lines.join('\n') })
      open = null
    }
  })
  return blocks
}

/** Lines of the program and of the document are the same, so that a compiler's message points at the document. */
function addProgram(programs, document, block, problems) {
  const previous = programs.at(-1)
  if (block.flags.includes('continued')) {
    if (previous?.document !== document) {
      problems.push(`${document}:${block.line}: a continued block has nothing before it`)
      return
    }
    const gap = '\n'.repeat(block.line - previous.text.split('\n').length)
    previous.text += `${gap}{\n${block.text}\n}`
    previous.isRun ||= block.flags.includes('run')
    return
  }
  const name = `${document.replaceAll('/', '_').replace(/\.md$/, '')}.${block.line}`
  programs.push({ name, document, text: '\n'.repeat(block.line) + block.text, isRun: block.flags.includes('run') })
}

function compile(directory, programs) {
  const output = `${directory}/${OUTPUT}`
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  for (const { name, text } of programs) writeFileSync(`${output}/${name}.ts`, `${text}\nexport {}\n`)
  const settings = {
    extends: '../../config/tsconfig.base.json',
    compilerOptions: {
      rootDir: '.',
      outDir: 'out',
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ['*.ts'],
  }
  writeFileSync(`${output}/tsconfig.json`, JSON.stringify(settings, null, 2))
  const result = spawnSync(process.execPath, [TSC, '-p', output, '--pretty', 'false'], {
    encoding: 'utf8',
  })
  if (result.status === 0) return []
  const documentOf = new Map(programs.map(({ name, document }) => [name, document]))
  return `${result.stdout}${result.stderr}`
    .trim()
    .split('\n')
    .map((line) =>
      line.replace(/^(?:.*\/)?([^/(]+)\.ts\((\d+),(\d+)\)/, (all, name, row, column) =>
        documentOf.has(name) ? `${documentOf.get(name)}:${row}:${column}` : all,
      ),
    )
}

function run(directory, { name, document }) {
  const result = spawnSync(process.execPath, [`${directory}/${OUTPUT}/out/${name}.js`], {
    encoding: 'utf8',
    timeout: RUN_TIMEOUT_MS,
    env: { ...process.env, ACTIVEREDIS_URL: 'embedded://?primaries=3&replicas=0' },
  })
  if (result.status === 0) return []
  const end =
    result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `ended with status ${result.status}`)
  return [`${document}: the program of line ${name.split('.').at(-1)} ${end}\n${result.stdout}${result.stderr}`]
}

function checkJson(document, block) {
  try {
    JSON.parse(block.text)
    return []
  } catch (error) {
    return [`${document}:${block.line}: ${error.message}`]
  }
}

function checkShell(document, block, scripts) {
  return [...block.text.matchAll(/\bnpm run ([\w:-]+)/g)]
    .filter(([, name]) => !scripts.includes(name))
    .map(([, name]) => `${document}:${block.line}: package.json has no script ${name}`)
}
