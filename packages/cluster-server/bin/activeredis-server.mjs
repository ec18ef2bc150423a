#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const bundle = fileURLToPath(new URL('../dist/server/run-program.bundle.cjs', import.meta.url))
// `import` of the bundle would read all of it once more for its exports, which takes longer than everything else here.
const { runProgram } = existsSync(bundle)
  ? createRequire(import.meta.url)(bundle)
  : await import(new URL('../dist/server/program/run-program.js', import.meta.url).href)
await runProgram(process.argv.slice(2))
