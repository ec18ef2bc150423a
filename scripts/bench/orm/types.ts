import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { interleaved } from '../statistics.js'
import { besideMs } from './report.js'
import type { Suite } from './suite.js'

const execute = promisify(execFile)
const MODELS = 50
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const compiler = join(root, 'node_modules/typescript/lib/tsc.js')

/** The time that tsc takes for a project of 50 models with 500 queries, beside the same classes and questions on arrays. */
export const types: Suite = async (bench) => {
  if (bench.target.name !== 'redis' || !bench.wants('types')) return
  await mkdir(join(root, 'build'), { recursive: true })
  const directory = await mkdtemp(join(root, 'build', 'types-'))
  try {
    const models = await project(join(directory, 'models'), modelSource)
    const plain = await project(join(directory, 'plain'), plainSource)
    await models()
    await plain()
    const paired = await interleaved({
      rounds: bench.options.rounds ?? 7,
      ours: models,
      peer: plain,
    })
    const perModel = `${((paired.ours.ms - paired.peer.ms) / MODELS).toFixed(1)} ms for each model with its 10 queries`
    bench.report({ name: 'types', ratio: 1 / paired.ratio, detail: `${besideMs(paired)}, ${perModel}` })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Writes a project and returns its compilation, which fails if the project has an error. */
const project = async (directory: string, source: (number: number) => string): Promise<() => Promise<unknown>> => {
  await mkdir(directory)
  const names = Array.from({ length: MODELS }, (_, number) => `visit-${number}.mts`)
  await Promise.all(names.map((name, number) => writeFile(join(directory, name), source(number))))
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    types: ['node'],
  }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names }))
  return () => execute(process.execPath, [compiler, '-p', directory])
}

const modelSource = (number: number): string => `
import { Attribute, Model, type Ranged, Searchable } from 'activeredis'

export class Visit${number} extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute({ cast: 'string' }) @Searchable() declare device: string | null
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare userId${number}: Ranged<number>
  @Attribute({ cast: Date }) @Searchable({ range: true }) declare seenAt: Ranged<Date>
  @Attribute() declare path: string
  @Attribute({ cast: 'json' }) declare metadata: { readonly tags: readonly string[] }
  @Attribute() declare durationMs: number
  @Attribute() declare isBot: boolean
}

export const queries = async (): Promise<unknown[]> => [
  await Visit${number}.where('country', 'C1').get(),
  await Visit${number}.where('userId${number}', '>=', 5).orderBy('userId${number}', 'desc').limit(10).get(),
  await Visit${number}.where('seenAt', 'between', [new Date(0), new Date()]).count(),
  await Visit${number}.where({ country: 'C1', device: null }).first(),
  await Visit${number}.whereIn('userId${number}', [1, 2, 3]).ids(),
  await Visit${number}.where('country', 'like', 'C*').orWhere('device', '!=', 'D1').get(),
  await Visit${number}.whereNull('device').latest('seenAt').get(),
  await Visit${number}.query().where((group) => group.where('isBot', true).orWhere('country', 'C2')).exists(),
  await Visit${number}.query().max('seenAt'),
  await Visit${number}.create({ country: 'C1', device: null, userId${number}: 7, metadata: { tags: [] } }),
]
`

const plainSource = (number: number): string => `
export class Visit${number} {
  declare id: string
  declare country: string
  declare device: string | null
  declare userId${number}: number
  declare seenAt: Date
  declare path: string
  declare metadata: { readonly tags: readonly string[] }
  declare durationMs: number
  declare isBot: boolean
}

const visits: Visit${number}[] = []

export const queries = (): unknown[] => [
  visits.filter((visit) => visit.country === 'C1'),
  visits.filter((visit) => visit.userId${number} >= 5).sort((a, b) => b.userId${number} - a.userId${number}).slice(0, 10),
  visits.filter((visit) => visit.seenAt >= new Date(0) && visit.seenAt <= new Date()).length,
  visits.find((visit) => visit.country === 'C1' && visit.device === null),
  visits.filter((visit) => [1, 2, 3].includes(visit.userId${number})).map((visit) => visit.id),
  visits.filter((visit) => visit.country.startsWith('C') || visit.device !== 'D1'),
  visits.filter((visit) => visit.device === null).sort((a, b) => Number(b.seenAt) - Number(a.seenAt)),
  visits.some((visit) => visit.isBot || visit.country === 'C2'),
  visits.reduce((greatest, visit) => Math.max(greatest, Number(visit.seenAt)), 0),
  Object.assign(new Visit${number}(), { country: 'C1', device: null, userId${number}: 7, metadata: { tags: [] } }),
]
`
