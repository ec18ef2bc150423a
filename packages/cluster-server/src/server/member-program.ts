import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * The build puts each program of a node, with all that it imports, into one file beside its module: a thread takes a
 * third of the time to load it. Without that file (sources that were compiled in some other way) the module itself runs.
 */
const bundleOf = (module: URL): string | null => {
  const path = fileURLToPath(module).replace(/\.js$/, '.bundle.cjs')
  return existsSync(path) ? path : null
}

/** The file that a child process runs for the program at `module`. */
export const processFile = (module: URL): string => bundleOf(module) ?? fileURLToPath(module)

/** What a thread is handed, so that it need not read and compile the program again. */
interface CompiledProgram {
  readonly path: string
  readonly source: string
  /** V8's compiled form of the source. A thread that cannot use it compiles the source. */
  readonly cachedData: Buffer
}

const compiledPrograms = new Map<string, CompiledProgram>()

const compile = (path: string): CompiledProgram => {
  const known = compiledPrograms.get(path)
  if (known !== undefined) return known
  // The parameters are those of Node's own wrapper of a CommonJS module; the line numbers stay as they are in the file.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`
  const program = { path, source, cachedData: new Script(source, { filename: path }).createCachedData() }
  compiledPrograms.set(path, program)
  return program
}

/** Runs in the thread, as CommonJS, where `require` finds Node's own modules; the bundle needs no others. */
const THREAD_START = `
const { path, source, cachedData } = require('node:worker_threads').workerData
const { Script } = require('node:vm')
const program = new Script(source, { filename: path, cachedData }).runInThisContext()
program.call(module.exports, module.exports, require, module, path, require('node:path').dirname(path))
`

/** Starts a thread that runs the program at `module`. */
export const startThread = (module: URL, options: WorkerOptions): Worker => {
  const path = bundleOf(module)
  if (path === null) return new Worker(module, options)
  return new Worker(THREAD_START, { ...options, eval: true, workerData: compile(path) })
}
