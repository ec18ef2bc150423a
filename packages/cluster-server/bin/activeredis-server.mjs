#!/usr/bin/env node
import { existsSync } from 'node:fs'

const bundle = new URL('../dist/server/run-program.bundle.cjs', import.meta.url)
const program = existsSync(bundle) ? bundle : new URL('../dist/server/program/run-program.js', import.meta.url)
const { runProgram } = await import(program.href)
await runProgram(process.argv.slice(2))
