import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

interface Checks {
  checkImportLevels(directory: string): string[]
  checkFileSizes(directory: string): string[]
  checkPackageLock(directory: string): string[]
  checkDocumentation(directory: string): { problems: string[]; summary: string }
}
const checks: Checks = {
  ...require('../../scripts/check/import-levels.mjs'),
  ...require('../../scripts/check/file-sizes.mjs'),
  ...require('../../scripts/check/documentation.mjs'),
  ...require('../../scripts/check/package-lock.mjs'),
}

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'activeredis-check-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const files = (contents: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
}

describe('import levels', () => {
  beforeEach(() => {
    files({
      'config/import-levels.json': JSON.stringify({
        src: [['errors'], ['left', 'right'], ['top'], ['index']],
        'packages/cluster-server/src': [['(files)'], ['server'], ['index']],
      }),
    })
  })

  test('downward imports are fine, in all their forms', () => {
    files({
      'src/errors/a.ts': 'export const a = 1',
      'src/left/b.ts': "import { a } from '../errors/a.js'\nexport const b = a",
      'src/top/c.ts':
        "export * from '../left/b.js'\nimport type { a } from '../errors/a.js'\nawait import('../right/d.js')",
      'src/right/d.ts': "import {\n  a,\n} from '../errors/a.js'\nimport fs from 'node:fs'",
      'src/index.ts': "export { b } from './left/b.js'",
      'packages/cluster-server/src/slot.ts': '',
      'packages/cluster-server/src/server/s.ts': "import { slot } from '../slot.js'",
    })
    expect(checks.checkImportLevels(directory)).toEqual([])
  })

  test.each([
    [
      'upwards',
      'errors/a.ts',
      "import { b } from '../left/b.js'",
      '[errors] (level 0) imports upwards from [left] (level 1)',
    ],
    ['a type upwards', 'errors/a.ts', "import type { b } from '../left/b.js'", 'imports upwards'],
    ['a re-export upwards', 'errors/a.ts', "export * from '../left/b.js'", 'imports upwards'],
    ['over several lines', 'errors/a.ts', "import {\n  b,\n} from '../left/b.js'", 'src/errors/a.ts:1'],
    ['a dynamic import upwards', 'errors/a.ts', "const b = await import('../left/b.js')", 'imports upwards'],
    [
      'sideways',
      'left/a.ts',
      "import { r } from '../right/r.js'",
      '[left] (level 1) imports sideways from [right] (level 1)',
    ],
    ['out of the tree', 'left/a.ts', "import { x } from '../../tests/x.js'", '../../tests/x.js leaves src'],
    [
      'the server',
      'top/a.ts',
      "import { startNode } from '@activeredis/cluster-server'",
      'must not import @activeredis/cluster-server',
    ],
    ['a folder without a level', 'other/a.ts', '', 'has no level for [other]'],
  ])('%s is refused', (_, path, source, message) => {
    files({ [`src/${path}`]: source })
    const problems = checks.checkImportLevels(directory)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(message)
  })

  test('the server must not import the other package', () => {
    files({ 'packages/cluster-server/src/server/s.ts': "import { Model } from 'activeredis'" })
    expect(checks.checkImportLevels(directory)).toEqual([
      'packages/cluster-server/src/server/s.ts:1: must not import activeredis',
    ])
  })

  test('imports in comments do not count', () => {
    files({ 'src/errors/a.ts': "// import { b } from '../left/b.js'\n/*\nimport { b } from '../left/b.js'\n*/" })
    expect(checks.checkImportLevels(directory)).toEqual([])
  })

  test('files that import each other in a circle are refused, unless only types do', () => {
    files({
      'src/left/a.ts': "import { b } from './b.js'",
      'src/left/b.ts': "import { c } from './c.js'",
      'src/left/c.ts': "import { a } from './a.js'",
      'src/right/a.ts': "import { b } from './b.js'",
      'src/right/b.ts': "import type { a } from './a.js'\nimport { type x } from './a.js'",
    })
    expect(checks.checkImportLevels(directory)).toEqual([
      'src: circle left/a.ts -> left/b.ts -> left/c.ts -> left/a.ts',
    ])
  })
})

describe('file sizes', () => {
  test('500 lines are allowed, 501 are not', () => {
    files({ 'src/a.ts': '\n'.repeat(500), 'src/b.ts': '\n'.repeat(501), 'tests/long.ts': '\n'.repeat(900) })
    expect(checks.checkFileSizes(directory)).toEqual([
      'src/b.ts: 501 lines, 500 are allowed; split it by reason to change',
    ])
  })
})

describe('the package lock', () => {
  const lock = (packages: object): void => files({ 'package-lock.json': JSON.stringify({ packages }) })

  test('is complete when every package that is named is there, nested or above', () => {
    lock({
      '': { dependencies: { a: '^1.0.0' } },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '2.0.0', c: '1.0.0' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', optionalDependencies: { '@c/linux-x64': '1.0.0' } },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/@c/linux-x64': { version: '1.0.0' },
      'packages/p': { dependencies: { c: '1.0.0' } },
    })
    expect(checks.checkPackageLock(directory)).toEqual([])
  })

  test('a package that is missing for any platform is named', () => {
    lock({ 'node_modules/a': { version: '1.0.0', optionalDependencies: { '@a/darwin-arm64': '1.0.0' } } })
    expect(checks.checkPackageLock(directory)).toEqual([
      'package-lock.json: node_modules/a needs @a/darwin-arm64@1.0.0',
      'npm ci would fail; run: node scripts/complete-package-lock.mjs',
    ])
  })
})

describe('documentation', () => {
  beforeEach(() => {
    files({
      'package.json': '{ "type": "module", "scripts": { "test": "" } }',
      'config/tsconfig.base.json': JSON.stringify({
        compilerOptions: {
          target: 'es2023',
          module: 'nodenext',
          strict: true,
          noUncheckedIndexedAccess: true,
          types: [],
        },
      }),
    })
  })
  const document = (...lines: string[]): void => files({ 'README.md': lines.join('\n') })

  test('blocks that compile, run and parse are fine', () => {
    document('# x', '```ts', 'const a: number = 1', '```', '```ts continued run', 'if (a !== 1) throw a', '```')
    files({ 'docs/guide.md': '```json\n{ "a": 1 }\n```\n```sh\nnpm run test\n```' })
    expect(checks.checkDocumentation(directory)).toEqual({
      problems: [],
      summary: '4 blocks in 2 documents, 1 programs run',
    })
  })

  test.each([
    ['a type error', ['text', '```ts', 'const a: string = 1', '```'], 'README.md:3:7: error TS2322'],
    [
      'one in a continued block',
      ['```ts', 'const a = 1', '```', '', '```ts continued', 'const b: string = a', '```'],
      'README.md:6:7',
    ],
    [
      'a block that continues nothing',
      ['```ts continued', '1', '```'],
      'README.md:1: a continued block has nothing before it',
    ],
    ['a program that fails', ['```ts run', "throw new Error('no luck')", '```'], 'ended with status 1'],
    ['JSON that does not parse', ['```json', '{ a }', '```'], 'README.md:1: '],
    [
      'a script that does not exist',
      ['```sh', 'npm run nothing', '```'],
      'README.md:1: package.json has no script nothing',
    ],
  ])('%s is found, with its place', (_, lines, message) => {
    document(...lines)
    const { problems } = checks.checkDocumentation(directory)
    expect(problems.join('\n')).toContain(message)
  })
})
