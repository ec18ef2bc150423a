import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../..', `file://${__dirname}/`))
const node = (args: readonly string[]) => promisify(execFile)(process.execPath, args, { cwd: root })

const program = `
import { Attribute, Entity, Model, type Ranged, Searchable } from 'activeredis'
import type { Dayjs } from 'dayjs'

enum Status { New = 'new', Old = 'old' }

@Entity({ timestamps: false })
class Visit extends Model {
  @Attribute() declare id: string
  @Attribute() @Searchable() ip!: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute({ cast: 'datetime' }) seenAt!: Dayjs | null
  @Attribute() startedAt!: Date
  @Attribute() total!: bigint
  @Attribute() active: boolean = true
  @Attribute({ values: Status }) status: Status = Status.New
}

Model.setRepository('array')
const visit = new Visit({ id: 'v', ip: '10.0.0.1', userId: 7, startedAt: 5, total: 5n, status: Status.Old })
await visit.save()
const found = await Visit.where('userId', '>=', 7).where('ip', '10.*').firstOrFail()
console.log([found.ip, found.startedAt.getTime(), found.total, found.active, found.status, found.seenAt].join(' '))
console.log(String(found))
`

/** The same with standard decorators, which have no types to take casts from. */
const standardProgram = `
import { Attribute, Entity, Model, type Ranged, Searchable } from 'activeredis'
import type { Dayjs } from 'dayjs'

enum Status { New = 'new', Old = 'old' }

@Entity({ timestamps: false })
class Visit extends Model {
  id!: string
  @Attribute({ cast: 'string' }) @Searchable() ip!: string
  @Attribute({ cast: 'float' }) @Searchable({ range: true }) accessor userId!: Ranged<number>
  @Attribute({ cast: 'datetime' }) seenAt!: Dayjs | null
  @Attribute({ cast: Date }) accessor startedAt!: Date
  @Attribute({ cast: 'bigint' }) accessor total!: bigint
  @Attribute({ cast: 'boolean' }) accessor active = true
  @Attribute({ values: Status }) status: Status = Status.New
}
`

const programs = [true, false].flatMap((define) => [
  { decorators: 'experimentalDecorators', define, text: program },
  { decorators: 'standard', define, text: standardProgram + program.slice(program.indexOf('Model.setRepository')) },
])

describe('models compiled by TypeScript itself', () => {
  test.each(programs)('work with $decorators decorators, useDefineForClassFields: $define', async (form) => {
    const { decorators, define, text } = form
    const isLegacy = decorators === 'experimentalDecorators'
    mkdirSync(join(root, 'build'), { recursive: true })
    const folder = mkdtempSync(join(root, 'build', 'models-'))
    try {
      writeFileSync(join(folder, 'visit.mts'), text)
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'es2022',
            module: 'nodenext',
            strict: true,
            experimentalDecorators: isLegacy,
            emitDecoratorMetadata: isLegacy,
            useDefineForClassFields: define,
            skipLibCheck: true,
            types: ['node'],
          },
          files: ['visit.mts'],
        }),
      )
      await node(['node_modules/typescript/lib/tsc.js', '-p', folder])
      const { stdout } = await node([join(folder, 'visit.mjs')])
      const [values, json = ''] = stdout.trim().split('\n')
      expect(values).toBe('10.0.0.1 5 5 true old ')
      expect(JSON.parse(json)).toEqual({
        id: 'v',
        ip: '10.0.0.1',
        userId: 7,
        seenAt: null,
        startedAt: '1970-01-01T00:00:00.005Z',
        total: '5',
        active: true,
        status: 'old',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
